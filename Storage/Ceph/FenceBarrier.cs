using System.Text.Json;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Makes a committed fence hold everywhere. The monitors' commit alone does not: a placement group goes on serving the fenced client until its OSD has
/// got the new map (seen: an append of a fenced journal succeeded after the command had returned). So this connection learns the new map and
/// asks every placement group that Mooring uses for something; a placement group takes over the map of a request before it serves it.
/// </summary>
internal sealed class FenceBarrier(CephStoreOptions options)
{
    private const int RequestsInFlight = 256;

    private readonly object _lock = new();
    private Task _running = Task.CompletedTask;
    private Task? _next;

    /// <summary>Returns after a pass that began after this call; calls that wait together share one.</summary>
    public Task PassAsync(CephConnection connection)
    {
        lock (_lock)
            return _next ??= StartAfterAsync(_running, connection);
    }

    private async Task StartAfterAsync(Task running, CephConnection connection)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _running = done.Task;
            _next = null;
        }
        try
        {
            await RunAsync(connection).ConfigureAwait(false);
        }
        finally
        {
            done.SetResult();
        }
    }

    private async Task RunAsync(CephConnection connection)
    {
        const string what = "complete a fence";
        connection.Check(await connection.CatchUpAsync(CancellationToken.None).ConfigureAwait(false), what);
        var pools = await connection.ControlAsync(_ => Pools(connection), CancellationToken.None).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(options.FenceBarrierTimeout);
        try
        {
            await Parallel.ForEachAsync(
                pools.SelectMany(pool => PlacementGroups.NamesFor(pool.Groups).Select(name => (pool.Io, name))),
                new ParallelOptions { MaxDegreeOfParallelism = RequestsInFlight, CancellationToken = limit.Token },
                async (target, cancellationToken) =>
                {
                    var result = await ReadOperation.StatAsync(target.Io, target.name).WaitAsync(cancellationToken).ConfigureAwait(false);
                    if (result is < 0 and not (CephErrors.NotFound or CephErrors.TimedOut))
                        throw connection.Failure(result, what);
                }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A placement group that answers nobody serves the fenced client neither; its OSDs have the new map long before it comes back.
        }
    }

    private List<(IoContextHandle Io, int Groups)> Pools(CephConnection connection)
    {
        var output = connection.MonitorCommand("""{"prefix":"osd pool ls","detail":"detail","format":"json"}"""u8.ToArray(), "list pools");
        using var document = JsonDocument.Parse(output);
        var pools = new List<(IoContextHandle, int)>();
        foreach (var pool in document.RootElement.EnumerateArray())
        {
            var name = pool.GetProperty("pool_name").GetString()!;
            if (name != options.MetadataPool && !pool.GetProperty("application_metadata").TryGetProperty("rbd", out _))
                continue;
            try
            {
                pools.Add((connection.Open(name, ""), pool.GetProperty("pg_num").GetInt32()));
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Removed meanwhile.
            }
        }
        return pools;
    }
}
