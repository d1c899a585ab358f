namespace Mooring.Tests.Simulation.Store;

/// <summary>The one journal of all nodes: an event's stream and number are unique.</summary>
public sealed class SimulatedJournal
{
    private readonly SortedDictionary<string, Log> _logs = new(StringComparer.Ordinal);

    /// <summary>Told of every event that is in the journal from now on: stream, number, bytes.</summary>
    public Action<string, long, ReadOnlyMemory<byte>> Appended { get; set; } = (_, _, _) => { };

    public Log Of(string stream)
    {
        if (!_logs.TryGetValue(stream, out var log))
            _logs[stream] = log = new Log();
        return log;
    }

    public bool Append(string stream, long first, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        var log = Of(stream);
        if (log.Highest != first - 1)
            return false;
        foreach (var bytes in events)
        {
            log.Events[++log.Highest] = bytes;
            Appended(stream, log.Highest, bytes);
        }
        return true;
    }

    public sealed class Log
    {
        public long Highest { get; set; }

        public SortedDictionary<long, ReadOnlyMemory<byte>> Events { get; } = [];

        public SortedDictionary<long, (DateTime Timestamp, ReadOnlyMemory<byte> Bytes)> Snapshots { get; } = [];
    }
}
