namespace Akka.Simulation;

/// <summary>One piece of work in the queue of a world.</summary>
internal sealed class Work(SimulatedProcess? process, object what, Action action)
{
    public SimulatedProcess? Process { get; } = process;

    public object What { get; } = what;

    public Action Action { get; } = action;

    /// <summary>Asked before it is done.</summary>
    public Func<bool>? Cancelled { get; init; }

    public bool IsCancelled => Cancelled?.Invoke() == true;

    public string Describe() => What switch
    {
        string text => text,
        Akka.Dispatch.Mailbox mailbox => $"runs {mailbox.Actor?.Self.Path.ToStringWithoutAddress()}",
        Actor.ScheduledWork scheduled => $"timer {scheduled}",
        var other => other.GetType().Name,
    };
}
