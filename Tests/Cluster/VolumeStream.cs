using System.Collections.Concurrent;
using Mooring.Client;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Callers that make volumes through the virtual IP, one after the other, until they are told to end. None may fail.</summary>
internal sealed class VolumeStream : IDisposable
{
    private readonly TestCluster _cluster;
    private readonly string _prefix;
    private readonly MooringClient _client;
    private readonly ConcurrentQueue<OperationShape> _made = new();
    private readonly Task[] _callers;
    private volatile bool _stop;

    public VolumeStream(TestCluster cluster, string prefix, int callers = 4)
    {
        (_cluster, _prefix, _client) = (cluster, prefix, cluster.NewClient());
        _callers = [.. Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !_stop; i++)
                _made.Enqueue(await _client.RunAsync(new CreateVolume(TestCluster.Volume($"{prefix}-{caller}-{i}"), 1 << 20), Change.New()));
        }))];
    }

    /// <summary>Waits until so many further ones have been made.</summary>
    public async Task MoreAsync(int count = 20)
    {
        var until = _made.Count + count;
        await TestCluster.UntilAsync($"{count} volumes more are made", async () =>
        {
            if (_callers.FirstOrDefault(c => c.IsFaulted) is { } failed)
                await failed;
            return _made.Count >= until;
        });
    }

    /// <summary>Ends it: every request had one answer, and every answer one effect.</summary>
    public async Task<IReadOnlyList<OperationShape>> EndAsync()
    {
        _stop = true;
        await Task.WhenAll(_callers).WaitAsync(TestCluster.Limit);
        Assert.All(_made, o => Assert.Equal("succeeded", o.State));
        Assert.Equal(_made.Count, _made.Select(o => o.Result!.Id).Distinct().Count());
        Assert.Equal(_made.Count, (await _cluster.Store.ImagesAsync("rbd")).Count(i => i.Name.StartsWith(_prefix, StringComparison.Ordinal)));
        return [.. _made];
    }

    public void Dispose()
    {
        _stop = true;
        _client.Dispose();
    }
}
