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

    /// <summary>
    /// How long the monitor collects changes of its maps. Each snapshot and each fence waits for it: tests of what is done, not of how long it takes, take
    /// less than Ceph's second.
    /// </summary>
    public TimeSpan CollectingTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most that the start may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(90);
}
