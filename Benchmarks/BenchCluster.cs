using Mooring.Harness;

namespace Mooring.Benchmarks;

/// <summary>Three nodes for one measurement, on the embedded store or on a Ceph. What was started for them ends with them.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    public const int HttpPort = 28470;

    private readonly string _directory = WorkDirectory.Create(".run", "bench-");
    private CephSandbox? _ceph;
    private bool _started;

    private BenchCluster()
    {
    }

    public NodeCluster Nodes { get; private set; } = null!;

    public string? CephConf => _ceph?.ConfPath;

    public static async Task<BenchCluster> StartAsync(bool onCeph = false, int subnet = 8, string? program = null, HostNetwork? hosts = null)
    {
        var cluster = new BenchCluster();
        try
        {
            if (onCeph)
                (cluster._ceph, cluster._started) = await CephCommand.EnsureAsync(Console.WriteLine);
            cluster.Nodes = await NodeCluster.StartAsync(new NodeClusterOptions
            {
                Directory = cluster._directory, CephConf = cluster.CephConf, Program = program, Subnet = subnet, Hosts = hosts, HttpPort = HttpPort, ClusterPort = 24053,
            });
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Nodes is not null)
            await Nodes.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        if (_started)
            await _ceph!.StopAsync();
    }
}
