using Mooring.Client;

namespace Mooring.Tests.Cluster;

/// <summary>The virtual IP moves, and nodes are drained and resumed, while volumes are made and files written.</summary>
public class NodeOrderTests
{
    [Fact]
    public async Task The_address_moves_to_the_node_that_is_named_and_no_request_fails()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var stream = new VolumeStream(cluster, "moving");
        await stream.MoreAsync();
        foreach (var node in cluster.Nodes.NodeNames.Reverse())
        {
            Assert.Equal(node, await cluster.Client.MoveVipAsync(node));
            Assert.Equal(node, await cluster.OwnerAsync());
            Assert.EndsWith("which handed it over", (await cluster.Client.GetVipAsync()).History[0].Reason, StringComparison.Ordinal);
            await UpAsync(cluster, 3);
            await stream.MoreAsync();
        }

        var made = await stream.EndAsync();

        Assert.Equal(3, made.Select(o => o.DeliveredBy).Distinct().Count());
        var refused = await Assert.ThrowsAsync<MooringException>(() => cluster.Client.MoveVipAsync("nobody"));
        Assert.Equal("there is no node nobody", refused.Message);
    }

    [Fact]
    public async Task A_drained_node_carries_nothing_until_it_is_resumed_whatever_becomes_of_its_process()
    {
        await using var cluster = await TestCluster.StartAsync();
        var owner = await cluster.OwnerAsync();
        var others = cluster.Nodes.NodeNames.Where(n => n != owner).ToArray();
        using (var stream = new VolumeStream(cluster, "draining"))
        {
            await stream.MoreAsync();

            Assert.Equal("drained", (await cluster.Client.DrainNodeAsync(owner)).State);

            await stream.MoreAsync();
            await stream.EndAsync();
        }
        await cluster.Nodes.KillAsync(owner);
        cluster.Nodes.Launch(owner, new Dictionary<string, string>());
        await cluster.SaysAsync(owner, "this node is drained", times: 2);
        using (var stream = new VolumeStream(cluster, "drained"))
        {
            await stream.MoreAsync();
            Assert.DoesNotContain(owner, (await stream.EndAsync()).Select(o => o.ExecutedBy));
        }
        Assert.Equal("drained", (await cluster.Client.DrainNodeAsync(owner)).State);

        await cluster.Client.DrainNodeAsync(others[0]);
        var refused = await Assert.ThrowsAsync<MooringException>(() => cluster.Client.DrainNodeAsync(others[1]));
        Assert.Equal($"no node but {others[1]} can serve: start or resume another one first", refused.Message);
        Assert.Equal("up", (await cluster.Client.ResumeNodeAsync(others[0])).State);
        Assert.Equal("up", (await cluster.Client.ResumeNodeAsync(owner)).State);
        await UpAsync(cluster, 3);
    }

    [Fact]
    public async Task A_file_goes_on_being_written_when_its_writer_is_drained()
    {
        await using var cluster = await FileFailoverTests.StartAsync();
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];

        var (after, checksum) = await FileFailoverTests.WriteThroughAsync(cluster, area, () => cluster.Client.DrainNodeAsync(area.Writer!));

        Assert.NotEqual(area.Writer, after.Writer);
        Assert.Equal(FileFailoverTests.Crc(FileFailoverTests.LargeBytes), checksum);
    }

    private static Task UpAsync(TestCluster cluster, int count) =>
        TestCluster.UntilAsync($"{count} nodes are up", async () => (await cluster.Client.ListNodesAsync()).Count(n => n.State == "up") == count);
}
