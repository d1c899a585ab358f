using System.Runtime.CompilerServices;
using Akka.Simulation;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <summary>One node's way to the journal.</summary>
public class SimulatedEventLog(SimulatedCeph ceph, SimulatedProcess process) : IEventLog
{
    private const double ReadMilliseconds = 0.4;
    private const double WriteMilliseconds = 0.8;

    private readonly Dictionary<string, Task<bool>> _latest = [];
    private readonly FenceAddress _address = ceph.NewAddress(process.Host);

    public virtual Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
    {
        var copies = events.Select(e => (ReadOnlyMemory<byte>)e.ToArray()).ToList();
        return _latest[stream] = AppendAfterAsync(
            _latest.GetValueOrDefault(stream),
            () => Call($"append {stream} {firstNumber}", WriteMilliseconds, Writing(() => Append(ceph.Journal, stream, firstNumber, copies)), cancellationToken));
    }

    public virtual async IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Event)> ReadAsync(
        string stream, long fromNumber, long toNumber, long limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = await Call(
            $"read {stream} {fromNumber}",
            ReadMilliseconds,
            () => ceph.Journal.Of(stream).Events.Where(e => e.Key >= fromNumber && e.Key <= toNumber).Take((int)Math.Min(limit, int.MaxValue)).ToList(),
            cancellationToken);
        foreach (var (number, bytes) in page)
            yield return (number, bytes);
    }

    public Task<long> GetHighestNumberAsync(string stream, CancellationToken cancellationToken) =>
        Call($"highest of {stream}", ReadMilliseconds, () => ceph.Journal.Of(stream).Highest, cancellationToken);

    public Task DeleteAsync(string stream, long toNumber, CancellationToken cancellationToken) => Call($"delete {stream} {toNumber}", WriteMilliseconds, () =>
    {
        var log = ceph.Journal.Of(stream);
        foreach (var number in log.Events.Keys.TakeWhile(n => n <= toNumber).ToList())
            log.Events.Remove(number);
        return true;
    }, cancellationToken);

    public Task PutSnapshotAsync(string stream, long number, DateTime timestamp, ReadOnlyMemory<byte> snapshot, CancellationToken cancellationToken)
    {
        var copy = snapshot.ToArray();
        return Call(
            $"snapshot {stream} {number}",
            WriteMilliseconds,
            Writing(() => ceph.Journal.Of(stream).Snapshots[number] = (timestamp, copy)),
            cancellationToken);
    }

    public virtual Task<IReadOnlyList<(long Number, DateTime Timestamp)>> ListSnapshotsAsync(string stream, CancellationToken cancellationToken) =>
        Call<IReadOnlyList<(long, DateTime)>>(
            $"snapshots of {stream}", ReadMilliseconds, () => [.. ceph.Journal.Of(stream).Snapshots.Reverse().Select(s => (s.Key, s.Value.Timestamp))], cancellationToken);

    public Task<ReadOnlyMemory<byte>?> GetSnapshotAsync(string stream, long number, CancellationToken cancellationToken) =>
        Call<ReadOnlyMemory<byte>?>(
            $"get snapshot {stream} {number}",
            ReadMilliseconds,
            () => ceph.Journal.Of(stream).Snapshots.TryGetValue(number, out var found) ? found.Bytes : null,
            cancellationToken);

    public Task DeleteSnapshotAsync(string stream, long number, CancellationToken cancellationToken) =>
        Call($"delete snapshot {stream} {number}", WriteMilliseconds, () => ceph.Journal.Of(stream).Snapshots.Remove(number), cancellationToken);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>What the journal does with an append: nothing, and false, when another writer has got ahead.</summary>
    protected virtual bool Append(SimulatedJournal journal, string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events) =>
        journal.Append(stream, firstNumber, events);

    // One write of a stream at a time, in order; what waits for one that is refused is refused with it (Storage/Ceph/JournalAppends.cs).
    private static async Task<bool> AppendAfterAsync(Task<bool>? before, Func<Task<bool>> append)
    {
        try
        {
            if (before is { IsCompleted: false } && !await before)
                return false;
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
        {
            // It belongs to who waits for that one; this one may fare better.
        }
        return await append();
    }

    private Func<T> Writing<T>(Func<T> work) => ceph.Taking(ceph.JournalFaults, () =>
        ceph.Fenced.Contains(_address) ? throw new BlockStoreException(ErrorKind.Fenced, $"connection {_address} is fenced", 108) : work());

    private Task<T> Call<T>(string name, double milliseconds, Func<T> work, CancellationToken cancellationToken) =>
        ceph.Call(process, ceph.JournalFaults, name, milliseconds, work, cancellationToken);
}
