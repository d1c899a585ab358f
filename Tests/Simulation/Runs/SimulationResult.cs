namespace Mooring.Tests.Simulation.Runs;

/// <summary>How a run went.</summary>
public sealed record SimulationResult(
    long Seed, double VirtualSeconds, long Steps, ulong TraceHash, int Accepted, int Succeeded, SortedDictionary<string, int> Injected, IReadOnlyList<string> Violations)
{
    /// <summary>Results that were delivered to an actor.</summary>
    public int Delivered { get; init; }

    /// <summary>Operations that were cancelled.</summary>
    public int Cancelled { get; init; }

    /// <summary>Numbered messages that entities got.</summary>
    public long Numbered { get; init; }
}
