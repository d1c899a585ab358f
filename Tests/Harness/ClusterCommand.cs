using Mooring.Client;

namespace Mooring.Harness;

/// <summary><c>build.cs -- up|down|status</c>: a cluster that stays, in <c>.run</c>.</summary>
public static class ClusterCommand
{
    private const string Directory = ".run";

    /// <summary>Starts a cluster, or one node of it that has ended.</summary>
    /// <param name="configuration">Debug or Release.</param>
    /// <param name="nodes">How many nodes; null for three.</param>
    /// <param name="node">The one node to start again; null for a cluster.</param>
    /// <param name="onCeph">Whether to use a real Ceph.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> UpAsync(string configuration, string? nodes, string? node, bool onCeph)
    {
        var running = NodeCluster.Find(Directory);
        if (node is not null)
        {
            if (running is null)
                throw new HarnessException("no cluster runs; start one with: dotnet run build.cs -- up");
            running.Launch(node, new Dictionary<string, string>());
            await running.WaitReadyAsync(TimeSpan.FromSeconds(60));
            Console.WriteLine($"{node} is back");
            return 0;
        }
        if (running is not null && running.NodeNames.Any(n => running.ProcessOf(n).IsAlive))
            throw new HarnessException("a cluster runs already; end it with: dotnet run build.cs -- down");
        var count = 3;
        if (nodes is not null && (!int.TryParse(nodes, out count) || count is < 1 or > 9))
            throw new HarnessException($"--nodes {nodes}: expected 1 to 9");
        await DotNet.BuildProgramsAsync(configuration, Programs.NodeProject, Programs.ClientProject);
        var ceph = onCeph ? (await CephCommand.EnsureAsync(Console.WriteLine)).Ceph : null;
        var cluster = await NodeCluster.StartAsync(new NodeClusterOptions
        {
            Directory = Directory, Nodes = count, CephConf = ceph?.ConfPath, Configuration = configuration,
        });
        Console.WriteLine($"{count} nodes run; clients reach them at {cluster.Endpoint}");
        Console.WriteLine($"try: Hosts/Cli/bin/{configuration}/net10.0/mooring node list");
        return 0;
    }

    /// <summary>Ends the cluster. Its data stay.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> DownAsync()
    {
        if (NodeCluster.Find(Directory) is not { } cluster)
        {
            Console.WriteLine("no cluster runs");
            return 0;
        }
        await cluster.StopAsync();
        Console.WriteLine("the cluster has ended; its data stay in .run/data");
        return 0;
    }

    /// <summary>Shows the cluster.</summary>
    /// <returns>0 when it answers.</returns>
    public static async Task<int> StatusAsync()
    {
        if (NodeCluster.Find(Directory) is not { } cluster)
        {
            Console.WriteLine("no cluster runs");
            return 1;
        }
        foreach (var name in cluster.NodeNames)
            Console.WriteLine($"{name}  {cluster.EndpointOf(name)}  pid {cluster.ProcessOf(name).Pid}  {(cluster.ProcessOf(name).IsAlive ? "runs" : "has ended")}");
        using var client = new MooringClient(new MooringClientOptions { Endpoint = cluster.Endpoint, Timeout = TimeSpan.FromSeconds(5) });
        try
        {
            var vip = await client.GetVipAsync();
            Console.WriteLine($"virtual IP {vip.Address}:{vip.Port} is on {vip.Owner} (epoch {vip.Epoch})");
            return 0;
        }
        catch (MooringUnreachableException e)
        {
            Console.WriteLine(e.Message);
            return 1;
        }
    }
}
