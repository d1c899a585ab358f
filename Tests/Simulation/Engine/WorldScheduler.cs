namespace Akka.Simulation;

/// <summary>Runs tasks in the world, as work of the process that has them queued.</summary>
internal sealed class WorldScheduler(SimulationWorld world) : TaskScheduler
{
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Has something run at once with this as the current scheduler, so that what it begins goes on here.</summary>
    public void Run(Action action)
    {
        if (Current == this)
        {
            action();
            return;
        }
        var task = new Task(action);
        task.RunSynchronously(this);
        task.GetAwaiter().GetResult();
    }

    protected override void QueueTask(Task task) => world.AddSoon(world.Running, "task", () => TryExecuteTask(task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
