using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>A test that is skipped, with the reason, where there can be no hosts of their own.</summary>
public sealed class HostsFactAttribute : FactAttribute
{
    public HostsFactAttribute() => Skip = HostNetwork.WhyNot;
}

/// <summary>The virtual IP on real interfaces: three nodes, each on a host of its own, and what a client on the same link sees.</summary>
public class HostsTests
{
    private const int Port = 18470;

    // 2 s are asked of the kernel, which may add 0.35 s; the rest is for a busy machine.
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromSeconds(4);

    [HostsFact]
    public async Task The_address_of_a_killed_owner_answers_on_another_host_and_goes_from_the_first_by_itself()
    {
        await using var cluster = await TestCluster.StartOnHostsAsync("eye-1", "eye-2", "eye-3", "third");
        var owner = await cluster.OwnerAsync();
        var eyes = await OpenEyesAsync(cluster);
        await EventuallyAsync("the owner accepts", () => eyes[owner].Accepted.Count > 20);
        var third = await LinkListener.OpenAsync(cluster.Hosts, "third");

        var killed = Stopwatch.StartNew();
        await cluster.Nodes.KillAsync(owner);
        await TestCluster.UntilAsync("the kernel has taken both addresses off", async () => !await HasAddressAsync(cluster, owner), LifetimeMax);
        Assert.True(killed.Elapsed < LifetimeMax);
        var made = await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("after"), 1 << 20), Change.New());

        var successor = made.DeliveredBy!;
        Assert.NotEqual(owner, successor);
        Assert.True(await HasAddressAsync(cluster, successor));
        await EventuallyAsync("the successor accepts", () => eyes[successor].Accepted.Count > 20);
        await RequireOneAtATimeAsync(eyes, owner, successor);
        await AnswersAsync(cluster.Hosts.Vip6);

        // Each form five times, the last three seconds after the first.
        var mac = cluster.Hosts.MacOf(successor);
        foreach (var (form, address) in new[] { ("request", cluster.Hosts.Vip), ("reply", cluster.Hosts.Vip), ("advertisement", cluster.Hosts.Vip6) })
        {
            List<long> Times() => [.. third.Heard.Where(a => (a.Form, a.Address, a.From) == (form, address, mac)).Select(a => a.At)];
            await EventuallyAsync($"{form}s are heard for 3 s", () => Times() is { Count: >= 5 } times && Stopwatch.GetElapsedTime(times[0], times[^1]).TotalSeconds > 2.8);
        }
        await third.CloseAsync();

        // As something else may leave it: for ever.
        await cluster.Hosts.RunAsync(owner, $"ip addr add {cluster.Hosts.Vip}/32 dev eth0");
        cluster.Nodes.Launch(owner, new Dictionary<string, string>());
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
        Assert.False(await HasAddressAsync(cluster, owner));
        Assert.Contains("was on this host before the start, and was taken off", await File.ReadAllTextAsync(cluster.Nodes.LogFile(owner)), StringComparison.Ordinal);
    }

    [HostsFact]
    public async Task Of_a_stopped_owner_and_its_successor_never_both_accept_and_old_connections_are_reset()
    {
        await using var cluster = await TestCluster.StartOnHostsAsync("eye-1", "eye-2", "eye-3");
        var owner = await cluster.OwnerAsync();
        var eyes = await OpenEyesAsync(cluster);
        await EventuallyAsync("the owner accepts", () => eyes[owner].Accepted.Count > 20);
        using var old = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await old.ConnectAsync(IPEndPoint.Parse(cluster.Nodes.Endpoint));

        await cluster.Nodes.ProcessOf(owner).StopAsync();
        var successor = owner;
        await TestCluster.UntilAsync("another node owns the virtual IP", async () => (successor = await cluster.OwnerAsync()) != owner);
        Assert.False(await HasAddressAsync(cluster, owner), "the address of a stopped process stays");
        await EventuallyAsync("the successor accepts", () => eyes[successor].Accepted.Count > 20);
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The first goes out, the answer to it is the reset.
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < TestCluster.Limit; await Task.Delay(10))
                await old.SendAsync(new byte[1]);
        });
        Assert.Contains(reset.SocketErrorCode, new[] { SocketError.ConnectionReset, SocketError.Shutdown });
        cluster.Nodes.ProcessOf(owner).Continue();
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);

        await RequireOneAtATimeAsync(eyes, owner, successor);
        Assert.Equal(successor, await cluster.OwnerAsync());
        Assert.False(await HasAddressAsync(cluster, owner));
    }

    [HostsFact]
    public async Task An_owner_that_is_cut_off_gives_the_address_up_and_stays_without_it_when_it_is_back()
    {
        await using var cluster = await TestCluster.StartOnHostsAsync("eye-1", "eye-2", "eye-3");
        var owner = await cluster.OwnerAsync();
        var eyes = await OpenEyesAsync(cluster);
        await EventuallyAsync("the owner accepts", () => eyes[owner].Accepted.Count > 20);

        await cluster.Hosts.PlugAsync(owner, on: false);
        var successor = owner;
        await TestCluster.UntilAsync("another node owns the virtual IP", async () => (successor = await cluster.OwnerAsync()) != owner);
        Assert.False(await HasAddressAsync(cluster, owner), "the address is on both hosts");
        await cluster.Hosts.PlugAsync(owner, on: true);
        await TestCluster.UntilAsync("all three nodes are up", async () => (await cluster.Client.ListNodesAsync()).Count(n => n.State == "up") == 3);

        await EventuallyAsync("the successor accepts", () => eyes[successor].Accepted.Count > 20);
        await RequireOneAtATimeAsync(eyes, owner, successor);
        Assert.False(await HasAddressAsync(cluster, owner));
    }

    [HostsFact]
    public async Task An_owner_whose_clients_side_alone_is_cut_off_leaves_the_address_to_one_whose_is_not()
    {
        // Nodes and store go on to reach each other by eth0.
        await using var cluster = await TestCluster.StartOnHostsAsync(
            async hosts =>
            {
                foreach (var node in (string[])["node-1", "node-2", "node-3"])
                    await hosts.RunAsync(node, "ip link add public type veth peer name switch && ip link set public up && ip link set switch up");
            },
            "vip.interface=public");
        var owner = await cluster.OwnerAsync();
        var others = cluster.Nodes.NodeNames.Where(n => n != owner).ToList();
        using var node = cluster.NewClient(others[0]);

        await cluster.Hosts.RunAsync(owner, "ip link set switch down");
        await TestCluster.UntilAsync("another node owns the virtual IP", async () => (await node.ListNodesAsync()).Any(n => n.VipOwner && n.Name != owner));
        await TestCluster.UntilAsync("the node is back, and says what is wrong", async () => (await node.ListNodesAsync())
            .Any(n => n.Name == owner && n is { State: "up", VipOwner: false, Health: { VipLink: "failed", RbdLink: "ok" } health } && health.Problem!.StartsWith("public, where", StringComparison.Ordinal)));
        Assert.False(await HasAddressAsync(cluster, owner));

        await cluster.Hosts.RunAsync(owner, "ip link set switch up");
        await TestCluster.UntilAsync("the node is well again", async () => (await node.ListNodesAsync()).Any(n => n.Name == owner && n.Health is { VipLink: "ok", Problem: null }));
    }

    [HostsFact]
    public async Task A_stranger_with_the_address_is_told_with_its_hardware_address_and_not_joined()
    {
        await using var cluster = await TestCluster.StartOnHostsAsync("stranger");
        var owner = await cluster.OwnerAsync();
        await cluster.Hosts.RunAsync("stranger", $"ip addr add {cluster.Hosts.Vip}/32 dev eth0");
        var mac = cluster.Hosts.MacOf("stranger");

        // Asking for another host from the address is claiming it; the owner contradicts.
        await cluster.Hosts.InAsync("stranger", () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(cluster.Hosts.Vip), 0));
            return socket.SendTo(new byte[1], new IPEndPoint(IPAddress.Parse(cluster.Hosts.AddressOf(owner)), 9));
        });
        await SaysAsync(cluster, [owner], $"another machine claims {cluster.Hosts.Vip}, which this node owns: {mac}");

        await cluster.Nodes.KillAsync(owner);
        var others = cluster.Nodes.NodeNames.Where(n => n != owner).ToArray();
        await SaysAsync(cluster, others, $"another machine has {cluster.Hosts.Vip}: {mac} answers for it");
        foreach (var other in others)
            Assert.False(await HasAddressAsync(cluster, other));

        await cluster.Hosts.RunAsync("stranger", $"ip addr del {cluster.Hosts.Vip}/32 dev eth0");
        Assert.NotEqual(owner, (await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("after"), 1 << 20), Change.New())).DeliveredBy);
    }

    [HostsFact]
    public async Task An_owner_that_is_asked_to_stop_resets_its_connections_and_takes_the_address_off_first()
    {
        await using var cluster = await TestCluster.StartOnHostsAsync();
        var owner = await cluster.OwnerAsync();
        using var open = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await open.ConnectAsync(IPEndPoint.Parse(cluster.Nodes.Endpoint));
        var ended = Assert.ThrowsAsync<SocketException>(async () => await open.ReceiveAsync(new byte[1]));

        Assert.True(await cluster.Nodes.ProcessOf(owner).TerminateAsync(TimeSpan.FromSeconds(60)), cluster.Logs());

        Assert.Equal(SocketError.ConnectionReset, (await ended.WaitAsync(TestCluster.Limit)).SocketErrorCode);
        Assert.False(await HasAddressAsync(cluster, owner));
        await TestCluster.UntilAsync("another node owns the virtual IP", async () => await cluster.OwnerAsync() != owner);
    }

    private static async Task<Dictionary<string, AddressEye>> OpenEyesAsync(TestCluster cluster)
    {
        var eyes = new Dictionary<string, AddressEye>();
        for (var i = 1; i <= 3; i++)
            eyes[$"node-{i}"] = await AddressEye.OpenAsync(cluster.Hosts, $"eye-{i}", $"node-{i}", Port);
        return eyes;
    }

    // Once the successor has accepted, the owner before accepts no more; and the third never did.
    private static async Task RequireOneAtATimeAsync(Dictionary<string, AddressEye> eyes, string owner, string successor)
    {
        foreach (var eye in eyes.Values)
            await eye.CloseAsync();
        var first = eyes[successor].Accepted[0];
        var late = eyes[owner].Accepted.Where(look => look.Begin > first.End).ToList();
        Assert.True(late.Count == 0, $"{owner} accepted {late.Count} connections after {successor} did, the last {Stopwatch.GetElapsedTime(first.End, late.LastOrDefault()?.Begin ?? 0)} later");
        Assert.All(eyes.Where(e => e.Key != owner && e.Key != successor), e => Assert.Empty(e.Value.Accepted));
    }

    private static async Task<bool> HasAddressAsync(TestCluster cluster, string node)
    {
        var addresses = await cluster.Hosts.RunAsync(node, "ip -o addr show dev eth0");
        return addresses.Contains($" {cluster.Hosts.Vip}/", StringComparison.Ordinal) || addresses.Contains($" {cluster.Hosts.Vip6}/", StringComparison.Ordinal);
    }

    private static async Task AnswersAsync(string address)
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Parse(address), Port).WaitAsync(TestCluster.Limit);
    }

    private static Task SaysAsync(TestCluster cluster, string[] nodes, string line) => EventuallyAsync(
        $"a node says: {line}", () => nodes.Any(n => File.ReadAllText(cluster.Nodes.LogFile(n)).Contains(line, StringComparison.Ordinal)));

    private static Task EventuallyAsync(string what, Func<bool> holds) => TestCluster.UntilAsync(what, () => Task.FromResult(holds()));
}
