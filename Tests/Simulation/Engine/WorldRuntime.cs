using Akka.Actor.Internal;

namespace Akka.Simulation;

/// <summary>What rewritten assemblies get in a world: the clock of the process that runs, the world's chance and scheduler.</summary>
internal sealed class WorldRuntime(SimulationWorld world) : SimulatedRuntime
{
    private readonly TimeProvider _clock = new SimulatedClock(world, null);

    public override TimeProvider Time => world.Running?.Clock ?? _clock;

    public override Random Chance { get; } = world.Stream("actors");

    public override TaskScheduler Scheduler => world.Scheduler;

    public override void WaitFor(Task task)
    {
        // What happens meanwhile is not done by the actor that waits.
        var waiting = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = null;
        try
        {
            world.Scheduler.Run(() => world.WorkUntil(task));
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = waiting;
        }
    }
}
