using Mooring.Client;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

public class FailoverTests
{
    private const long CopyBytes = 1L << 30;

    [Fact]
    public async Task An_owner_that_was_stopped_beyond_its_lease_does_not_act_when_it_goes_on()
    {
        await using var cluster = await TestCluster.StartAsync();
        var owner = await cluster.OwnerAsync();
        var process = cluster.Nodes.ProcessOf(owner);

        await process.StopAsync();
        string successor = owner;
        await TestCluster.UntilAsync("another node owns the virtual IP", async () => (successor = await cluster.OwnerAsync()) != owner);
        var during = await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("during"), 1 << 20), Change.New());
        Assert.NotEqual(owner, during.DeliveredBy);
        process.Continue();

        // It takes its hands off the address, begins anew, and joins again; all the while only the successor answers on the address.
        await TestCluster.UntilAsync("all three nodes are up and one of them owns the address", async () =>
        {
            Assert.NotEqual(owner, await cluster.OwnerAsync());
            var nodes = await cluster.Client.ListNodesAsync();
            return nodes.Count(n => n.State == "up") == 3 && nodes.Single(n => n.VipOwner).Name == successor;
        });
        // Whether it hears first that its lease is over or that it was removed, is chance; either way it ends what it was.
        Assert.Contains("begins anew", await File.ReadAllTextAsync(cluster.Nodes.LogFile(owner)), StringComparison.Ordinal);
        for (var i = 0; i < 30; i++)
        {
            using var fresh = cluster.NewClient();
            var made = await fresh.RunAsync(new CreateVolume(TestCluster.Volume($"after-{i}"), 1 << 20), Change.New());
            Assert.Equal(successor, made.DeliveredBy);
        }
        var history = (await cluster.Client.GetVipAsync()).History;
        Assert.Equal(history.Select(h => h.Epoch).OrderDescending(), history.Select(h => h.Epoch));
        Assert.Equal(successor, history[0].Owner);
    }

    [Fact]
    public async Task Operations_that_were_under_way_when_all_nodes_died_finish_when_they_come_back()
    {
        await using var cluster = await TestCluster.StartAsync();
        var source = await cluster.FilledAsync("source", CopyBytes);
        var copy = await cluster.Client.RunAsync(new CopyVolume(TestCluster.Volume("target"), source), Change.New() with { NoWait = true });
        await TestCluster.UntilAsync("the copy is in the middle", async () => (await cluster.Client.GetOperationAsync(copy.Id)).Progress is > 0.1 and < 1);

        await Task.WhenAll(cluster.Nodes.NodeNames.Select(cluster.Nodes.KillAsync));
        foreach (var node in cluster.Nodes.NodeNames)
            cluster.Nodes.Launch(node, new Dictionary<string, string>());
        var result = await cluster.Client.WaitAsync(copy.Id, null);

        Assert.Equal(("succeeded", 2), (result.State, result.Attempts));
        await cluster.NoStrayImageAsync();
        Assert.Equal(1, await cluster.EffectsAsync(result));
        Assert.True(await cluster.Store.SameBytesAsync(source, TestCluster.Volume("target")), "the copy has other bytes than its source");
    }

    [Theory]
    [InlineData("store")]
    [InlineData("sql")]
    public async Task A_stream_of_requests_loses_nothing_when_the_owner_is_killed(string journal)
    {
        await using var cluster = await TestCluster.StartAsync(settings: $"journal={journal}");
        var owner = await cluster.OwnerAsync();
        var made = new List<OperationShape>();
        var firstMade = new TaskCompletionSource();
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++)
            {
                var result = await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume($"c{caller}-{i}"), 1 << 20), Change.New());
                lock (made)
                    made.Add(result);
                firstMade.TrySetResult();
            }
        })).ToArray();
        await firstMade.Task.WaitAsync(TestCluster.Limit);

        await cluster.Nodes.KillAsync(owner);
        await Task.WhenAll(callers);

        Assert.All(made, o => Assert.Equal("succeeded", o.State));
        Assert.Equal(120, made.Select(o => o.Result!.Id).Distinct().Count());
        Assert.Equal(120, (await cluster.Store.ImagesAsync("rbd")).Count);
    }

    [Fact]
    public async Task A_killed_node_comes_back_with_the_same_identity()
    {
        await using var cluster = await TestCluster.StartAsync();
        var owner = await cluster.OwnerAsync();

        await cluster.Nodes.KillAsync(owner);
        await TestCluster.UntilAsync("another node owns the virtual IP", async () => await cluster.OwnerAsync() != owner);
        await TestCluster.UntilAsync("the others say that its process has ended", async () =>
            (await cluster.Client.ListNodesAsync()).Any(n => n.Name == owner && n is { State: "away", Away: { } why } && why.StartsWith("its process has ended", StringComparison.Ordinal)));
        cluster.Nodes.Launch(owner, new Dictionary<string, string>());
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);

        await TestCluster.UntilAsync("three nodes are up under their names", async () =>
            (await cluster.Client.ListNodesAsync()).Where(n => n.State == "up").Select(n => n.Name).Order().SequenceEqual(["node-1", "node-2", "node-3"]));
    }

    [Fact]
    public async Task A_node_that_is_asked_to_stop_hands_the_address_over()
    {
        await using var cluster = await TestCluster.StartAsync();
        var owner = await cluster.OwnerAsync();

        Assert.True(await cluster.Nodes.ProcessOf(owner).TerminateAsync(TimeSpan.FromSeconds(60)), $"{owner} did not end by itself:\n{cluster.Logs()}");

        await TestCluster.UntilAsync("another node owns the virtual IP", async () => await cluster.OwnerAsync() != owner);
        await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("after"), 1 << 20), Change.New());
    }
}
