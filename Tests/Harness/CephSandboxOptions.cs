namespace Mooring.Harness;

/// <summary>What a throw-away Ceph looks like.</summary>
public sealed record CephSandboxOptions
{
    /// <summary>Everything lies here; emptied at the start.</summary>
    public required string Directory { get; init; }

    /// <summary>The loopback address of all daemons.</summary>
    public string Address { get; init; } = "127.0.0.90";

    /// <summary>The pools, three replicas each, prepared for rbd.</summary>
    public IReadOnlyList<string> Pools { get; init; } = ["rbd"];

    /// <summary>How much each OSD keeps in memory at most, in bytes; taken only when it is used.</summary>
    public long MemoryBytes { get; init; } = 4L << 30;

    /// <summary>Further lines of ceph.conf's global section.</summary>
    public IReadOnlyList<string> Configuration { get; init; } = [];

    /// <summary>The most that the start may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(90);
}
