namespace Akka.Simulation;

/// <summary>
/// What rewritten assemblies get in place of the runtime's clock, chance, scheduler and blocking waits. Without a world it is the runtime's
/// own, so that a rewritten assembly can be used outside of one too.
/// </summary>
public class SimulatedRuntime
{
    private static readonly SimulatedRuntime System = new();

    /// <summary>The one in force.</summary>
    public static SimulatedRuntime Current { get; private set; } = System;

    /// <summary>The time, and timers.</summary>
    public virtual TimeProvider Time => TimeProvider.System;

    /// <summary>Where chance comes from.</summary>
    public virtual Random Chance => Random.Shared;

    /// <summary>Where tasks run in place of the thread pool.</summary>
    public virtual TaskScheduler Scheduler => TaskScheduler.Default;

    /// <summary>Called before code blocks until a task is done: returns when it is.</summary>
    /// <param name="task">The task; it may have failed then.</param>
    public virtual void WaitFor(Task task)
    {
    }

    /// <summary>Puts one in force.</summary>
    /// <param name="runtime">It; null for the runtime's own.</param>
    public static void Use(SimulatedRuntime? runtime) => Current = runtime ?? System;
}
