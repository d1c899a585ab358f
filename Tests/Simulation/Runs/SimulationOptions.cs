namespace Mooring.Tests.Simulation.Runs;

/// <summary>What a run is made of.</summary>
/// <param name="Seed">Where all chance comes from.</param>
/// <param name="Mutation">The safeguard that is taken out.</param>
/// <param name="Trace">Whether lines are printed.</param>
public sealed record SimulationOptions(long Seed, Mutation Mutation = Mutation.None, bool Trace = false)
{
    public int ClientCount { get; init; } = 4;

    public int RequestCount { get; init; } = 8;

    public int VolumeCount { get; init; } = 6;

    /// <summary>For how long harm is done.</summary>
    public TimeSpan Harm { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Within this time after all is healed everything must have ended.</summary>
    public TimeSpan Recovery { get; init; } = TimeSpan.FromSeconds(120);
}
