namespace Mooring.Tests.Simulation.Faults;

/// <summary>Does harm for a while, and leaves a healed world.</summary>
public interface INemesis
{
    /// <summary>Whether it does no more.</summary>
    bool IsOver { get; }

    /// <summary>Does it.</summary>
    Task RunAsync();
}
