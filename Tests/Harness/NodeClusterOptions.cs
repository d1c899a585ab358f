namespace Mooring.Harness;

/// <summary>A cluster of storage nodes on this machine.</summary>
public sealed record NodeClusterOptions
{
    /// <summary>Where its state, logs and (embedded) data lie.</summary>
    public required string Directory { get; init; }

    /// <summary>How many nodes, named node-1, node-2 and so on.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>The third number of the loopback addresses 127.0.<c>Subnet</c>.11 and up; the virtual IP ends in 100. Clusters that run at
    /// the same time take different ones.</summary>
    public int Subnet { get; init; }

    /// <summary>Hosts with the nodes' names, each of which runs on its own and shares a real address; null for loopback addresses.</summary>
    public HostNetwork? Hosts { get; init; }

    /// <summary>The HTTP port.</summary>
    public int HttpPort { get; init; } = 8470;

    /// <summary>The cluster port.</summary>
    public int ClusterPort { get; init; } = 4053;

    /// <summary>Ceph's configuration file; null for the embedded store.</summary>
    public string? CephConf { get; init; }

    /// <summary>Further <c>--set key=value</c> for every node.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Whether the nodes speak TLS over HTTP, on their data ports and to each other, with certificates that <c>mooring cluster init</c> makes.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether they ask for tokens, and keep an audit log. <see cref="NodeCluster.Token"/> is an admin's, which <c>mooring cluster init</c> makes. With <see cref="Tls"/> only.</summary>
    public bool Tokens { get; init; }

    /// <summary>Further environment variables for every node.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Told what happens to nodes by itself: that one has ended or was started again.</summary>
    public Action<string>? Tell { get; init; }

    /// <summary>Another <c>mooringd</c> than this checkout's.</summary>
    public string? Program { get; init; }

    /// <summary>How long the start may take.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(120);
}
