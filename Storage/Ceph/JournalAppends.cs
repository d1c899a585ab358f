using Mooring.Messages;
using Mooring.Storage.Ceph.Native;
using Mooring.Storage.EventLog;

namespace Mooring.Storage.Ceph;

/// <summary>
/// The appends to one object of the event log. A write compares the highest number of every stream in it. When it is refused, the streams that have
/// moved on are told so, and the others go out again.
/// </summary>
internal sealed class JournalAppends(CephConnection connection, string oid, EventLogLimits limits) : AppendQueue($"the journal object {oid}", limits)
{
    protected override async Task WriteAsync(List<Append> batch)
    {
        for (var pending = batch; pending.Count > 0;)
        {
            connection.ThrowIfUnusable();
            var result = await Compose(pending).RunAsync(connection.Metadata, oid).ConfigureAwait(false);
            if (result != CephErrors.Cancelled)
            {
                if (result < 0)
                    throw connection.Failure(result, $"append to the journal object {oid}");
                Accept(pending);
                return;
            }
            pending = Refuse(pending, await FindStaleAsync(pending).ConfigureAwait(false));
        }
    }

    private static WriteOperation Compose(List<Append> appends)
    {
        var operation = new WriteOperation().Create();
        var compared = new HashSet<string>(StringComparer.Ordinal);
        foreach (var append in appends)
        {
            if (compared.Add(append.Stream))
                operation.OmapEquals(new JournalKeys(append.Stream).Highest, JournalKeys.Text(append.FirstNumber - 1));
        }
        foreach (var append in appends)
        {
            var keys = new JournalKeys(append.Stream);
            for (var i = 0; i < append.Events.Count; i++)
                operation.OmapSet(keys.Event(append.FirstNumber + i), append.Events[i].Span);
            operation.OmapSet(keys.Highest, JournalKeys.Text(append.NextNumber - 1));
        }
        return operation;
    }

    private async Task<HashSet<string>> FindStaleAsync(List<Append> refused)
    {
        var streams = refused.GroupBy(append => append.Stream).Select(stream => stream.First()).ToList();
        if (streams.Count == 1)
            return [streams[0].Stream];
        var (result, entries) = await ReadOperation.OmapAsync(connection.Metadata, oid, [.. streams.Select(first => new JournalKeys(first.Stream).Highest)])
            .ConfigureAwait(false);
        connection.Check(result, $"read the journal object {oid}");
        var highest = entries.ToDictionary(entry => Convert.ToHexString(entry.Key), entry => JournalKeys.Number(entry.Value));
        var stale = streams.FindAll(
            first => highest.GetValueOrDefault(Convert.ToHexString(new JournalKeys(first.Stream).Highest)) != first.FirstNumber - 1);
        // Numbers only rise, so whatever refused the write is still there to be seen; without that this would not end.
        return stale.Count > 0
            ? stale.Select(first => first.Stream).ToHashSet(StringComparer.Ordinal)
            : throw new BlockStoreException(ErrorKind.Internal, $"the journal object {oid} refused a write whose numbers are all right");
    }
}
