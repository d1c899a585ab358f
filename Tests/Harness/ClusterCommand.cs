using Mooring.Client;

namespace Mooring.Harness;

/// <summary><c>build.cs -- up|down|status</c>: a cluster that stays, in <c>.run</c>.</summary>
internal static class ClusterCommand
{
    private const string Directory = ".run";
    private const string Options = ".run/supervisor.json";

    /// <summary>Starts a cluster, or one node of it that has ended.</summary>
    /// <param name="nodes">How many nodes; null for three.</param>
    /// <param name="node">The one node to start again; null for a cluster.</param>
    /// <param name="onCeph">Whether to use a real Ceph.</param>
    /// <param name="onHosts">Whether each node is on a host of its own: a network namespace.</param>
    /// <param name="plain">Whether whoever reaches the nodes may do everything, without TLS.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> UpAsync(string? nodes, string? node, bool onCeph, bool onHosts, bool plain)
    {
        using var interruption = Interruption.Handle();
        if (node is not null)
            return await UpNodeAsync(node);
        if (NodeClusterState.Read(Directory) is { Owner.IsAlive: true })
            throw new HarnessException("a cluster runs already; end it with: dotnet run build.cs -- down");
        var count = 3;
        if (nodes is not null && (!int.TryParse(nodes, out count) || count is < 1 or > 9))
            throw new HarnessException($"--nodes {nodes}: expected 1 to 9");
        if (onHosts && (onCeph ? "Ceph is not reached from hosts of their own yet: --hosts without --ceph" : HostNetwork.WhyNot) is { } why)
            throw new HarnessException(why);
        var (cephDirectory, cephConf) = onCeph ? await CephCommand.ToUseAsync(Console.WriteLine) : (null, null);
        if (onCeph)
            Console.WriteLine(cephConf is null ? "starting a throw-away Ceph and the nodes" : $"using the Ceph that runs ({cephConf})");
        var supervisor = await SupervisorLink.StartAsync(Options, new SupervisorOptions(Directory, count, cephDirectory, cephConf, Hosts: onHosts, Plain: plain));
        var cluster = NodeClusterState.Read(Directory)!;
        Console.WriteLine($"{count} nodes run; clients reach them at {cluster.Endpoint}{(plain ? "" : $" by TLS, with a token; 'mooring' knows both, others find them in {Directory}/tls")}");
        if (onHosts)
            Console.WriteLine($"each is in a network namespace of its own; look into node-1's with: nsenter --net={cluster.Nodes[0].Namespace} ip addr");
        Console.WriteLine($"process {supervisor.Pid} watches them and tells what it sees in {SupervisorLink.LogOf(Options)}; their logs: {Directory}/node-1.log ...");
        Console.WriteLine($"try: {Path.GetRelativePath(".", Programs.Mooring)} node list");
        return 0;
    }

    /// <summary>Ends the cluster and what was started with it. Its data stay.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> DownAsync()
    {
        if (NodeClusterState.Read(Directory) is not { } cluster)
        {
            Console.WriteLine("no cluster runs");
            return 0;
        }
        await cluster.Owner.TerminateAsync(TimeSpan.FromSeconds(60));
        NodeClusterState.Forget(Directory);
        Console.WriteLine(
            cluster.CephConf is null ? $"the cluster has ended; its data stay in {Directory}/data"
            : CephCommand.Runs ? "the cluster has ended; the Ceph that it used runs on, end it with: dotnet run build.cs -- ceph down"
            : "the cluster and its Ceph have ended; their data are gone");
        return 0;
    }

    /// <summary>Shows the cluster.</summary>
    /// <returns>0 when it answers.</returns>
    public static async Task<int> StatusAsync()
    {
        if (NodeClusterState.Read(Directory) is not { } cluster)
        {
            Console.WriteLine("no cluster runs; start one with: dotnet run build.cs -- up");
            return 1;
        }
        if (!cluster.Owner.IsAlive)
        {
            Console.WriteLine("the process that ran the cluster was killed, and its nodes with it; start them again with: dotnet run build.cs -- up");
            return 1;
        }
        foreach (var node in cluster.Nodes)
        {
            var state = node.Ended is { } how ? $"{how}; start it again with: dotnet run build.cs -- up --node {node.Name}" : $"runs as process {node.Pid}";
            Console.WriteLine($"{node.Name}  {node.Address}:{node.HttpPort}  {state}{(node.Restarts > 0 ? $"; began anew {node.Restarts} times" : "")}");
        }
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = TimeSpan.FromSeconds(5), CaFile = cluster.CaFile, Token = cluster.Token });
        try
        {
            var vip = await client.GetVipAsync();
            Console.WriteLine($"virtual IP {vip.Address}:{vip.Port} is on {vip.Owner} (epoch {vip.Epoch})");
            return 0;
        }
        catch (MooringUnreachableException e)
        {
            Console.WriteLine($"virtual IP {cluster.Endpoint}: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> UpNodeAsync(string node)
    {
        if (NodeClusterState.Read(Directory) is not { Owner.IsAlive: true })
            throw new HarnessException("no cluster runs; start one with: dotnet run build.cs -- up");
        if (await SupervisorLink.AskAsync(Options, $"start {node}") is not "ok" and var why)
            throw new HarnessException(why ?? $"the cluster's supervisor does not answer; see {SupervisorLink.LogOf(Options)}");
        Console.WriteLine($"{node} is back");
        return 0;
    }
}
