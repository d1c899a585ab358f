using Petabridge.Cmd.Client;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;

namespace Mooring.Tests.Actors.PetabridgeCmdSpecs;

/// <summary>The palettes <c>cluster</c> and <c>cluster-sharding</c> on nodes of this process.</summary>
public sealed class ClusterPalettesSpec : IAsyncLifetime
{
    private const string Settings = """petabridge.cmd { host = "127.0.0.1", port = 0 }""";

    private readonly List<ClusterNode> _nodes = [];

    public Task InitializeAsync()
    {
        _nodes.Add(ClusterNode.Start(Settings));
        _nodes.Add(ClusterNode.Start(Settings));
        foreach (var node in _nodes)
        {
            var cmd = PetabridgeCmd.Get(node.System);
            cmd.RegisterCommandPalette(ClusterCommands.Instance);
            cmd.RegisterCommandPalette(ClusterShardingCommands.Instance);
            cmd.Start();
        }
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task A_node_joins_on_command_and_both_are_shown()
    {
        await using var first = await ConnectAsync(_nodes[0]);
        await using var second = await ConnectAsync(_nodes[1]);
        var address = _nodes[0].Address.ToString();

        Assert.Equal("ok", (await ConsoleSystem.RunAsync(first, "cluster", "join", address)).Status);
        await _nodes[0].Sees<Akka.Cluster.ClusterEvent.MemberUp>(_nodes[0].Address);
        Assert.Equal("ok", (await ConsoleSystem.RunAsync(second, "cluster", "join", "-a", address)).Status);
        await ClusterNode.AllSeeUp(_nodes[0], _nodes[1]);

        var (_, _, shown) = await ConsoleSystem.RunAsync(first, "cluster", "show");
        Assert.All(_nodes, node => Assert.Contains($"{node.Address} | [] | up | reachable | ", shown, StringComparison.Ordinal));
        Assert.EndsWith("Count: 2 nodes\n", shown, StringComparison.Ordinal);
        Assert.StartsWith($"{_nodes[1].Address} | [] | up | ", (await ConsoleSystem.RunAsync(second, "cluster", "status")).Output, StringComparison.Ordinal);
        Assert.Contains((await ConsoleSystem.RunAsync(first, "cluster", "leader")).Output.Trim(), _nodes.Select(n => n.Address.ToString()));
        Assert.StartsWith("already-exists", (await ConsoleSystem.RunAsync(first, "cluster", "join", address)).Error, StringComparison.Ordinal);
        Assert.Equal("Count: 0 nodes\n", (await ConsoleSystem.RunAsync(first, "cluster", "show", "--role", "nobody")).Output);
    }

    [Fact]
    public async Task A_member_leaves_on_command_and_a_console_sees_it_happen()
    {
        await FormAsync();
        await using var tail = await ConnectAsync(_nodes[0]);
        await using var client = await ConnectAsync(_nodes[0]);
        var leaving = _nodes[1].Address.ToString();
        var (up, removed) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var cancel = new CancellationTokenSource();
        var run = tail.RunAsync(
            ["cluster", "tail"],
            (text, _) => (text.EndsWith($"{leaving} | MemberUp", StringComparison.Ordinal) ? up : text.EndsWith($"{leaving} | MemberRemoved", StringComparison.Ordinal) ? removed : null)?.TrySetResult(),
            cancel.Token);
        await up.Task.WaitAsync(ConsoleSystem.Limit);

        Assert.Equal(("ok", "", $"{leaving} leaves\n"), await ConsoleSystem.RunAsync(client, "cluster", "leave", leaving));

        await removed.Task.WaitAsync(ConsoleSystem.Limit);
        await cancel.CancelAsync();
        Assert.Equal(("cancelled", ""), await run.WaitAsync(ConsoleSystem.Limit));
    }

    [Fact]
    public async Task A_member_is_downed_on_command()
    {
        await FormAsync();
        await using var client = await ConnectAsync(_nodes[0]);

        Assert.Equal("ok", (await ConsoleSystem.RunAsync(client, "cluster", "down", _nodes[1].Address.ToString())).Status);

        await _nodes[0].Sees<Akka.Cluster.ClusterEvent.MemberRemoved>(_nodes[1].Address);
    }

    [Theory]
    [InlineData("down", "nonsense", "invalid-argument: 'nonsense' is not an address")]
    [InlineData("down", "akka://node", "invalid-argument: 'akka://node' is not an address")]
    [InlineData("leave", "akka.tcp://node@127.0.0.1:1", "not-found: akka.tcp://node@127.0.0.1:1 is no member")]
    [InlineData("join", "", "invalid-argument: '' is not an address")]
    public async Task What_names_no_member_changes_nothing(string command, string address, string expected)
    {
        await using var client = await ConnectAsync(_nodes[0]);

        var (status, error, _) = await ConsoleSystem.RunAsync(client, "cluster", command, address);

        Assert.Equal("failed", status);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_cluster_there_is_no_leader()
    {
        await using var client = await ConnectAsync(_nodes[0]);

        Assert.Equal("not-found: the cluster has no leader now", (await ConsoleSystem.RunAsync(client, "cluster", "leader")).Error);
        Assert.Contains(" | removed | ", (await ConsoleSystem.RunAsync(client, "cluster", "status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_type_that_is_not_hosted_has_no_stats()
    {
        await using var client = await ConnectAsync(_nodes[0]);

        Assert.Equal(("ok", "", ""), await ConsoleSystem.RunAsync(client, "cluster-sharding", "regions"));
        Assert.StartsWith("not-found: this node hosts no type 'nix'", (await ConsoleSystem.RunAsync(client, "cluster-sharding", "region-stats", "nix")).Error, StringComparison.Ordinal);
    }

    private async Task FormAsync()
    {
        _nodes[0].Cluster.Join(_nodes[0].Address);
        await _nodes[0].Sees<Akka.Cluster.ClusterEvent.MemberUp>(_nodes[0].Address);
        _nodes[1].Cluster.Join(_nodes[0].Address);
        await ClusterNode.AllSeeUp(_nodes[0], _nodes[1]);
    }

    private static Task<CmdClient> ConnectAsync(ClusterNode node) =>
        CmdClient.ConnectAsync("127.0.0.1", ((System.Net.IPEndPoint)PetabridgeCmd.Get(node.System).ListensOn!).Port, null, null, CancellationToken.None);
}
