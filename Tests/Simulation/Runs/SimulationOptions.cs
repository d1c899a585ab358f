namespace Mooring.Tests.Simulation.Runs;

/// <summary>What a run is made of.</summary>
/// <param name="Seed">Where all chance comes from.</param>
/// <param name="Mutation">The safeguard that is taken out.</param>
/// <param name="Trace">Whether lines are printed.</param>
public sealed record SimulationOptions(long Seed, Mutation Mutation = Mutation.None, bool Trace = false)
{
    public int ClientCount { get; init; } = 4;

    /// <summary>How often each node is made to begin anew; 0: harm is done by chance instead.</summary>
    public int Rounds { get; init; }

    /// <summary>Requests of each client; with rounds as many as come while they last.</summary>
    public int RequestCount => Rounds > 0 ? int.MaxValue : 8;

    public int VolumeCount { get; init; } = 6;

    /// <summary>For how long harm is done.</summary>
    public TimeSpan Harm { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>When harm must have ended.</summary>
    public TimeSpan HarmMax => Harm + TimeSpan.FromSeconds(30) + (Rounds * TimeSpan.FromMinutes(5));

    /// <summary>Within this time after all is healed everything must have ended.</summary>
    public TimeSpan Recovery { get; init; } = TimeSpan.FromSeconds(120);
}
