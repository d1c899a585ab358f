using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Dispatch;

namespace Akka.Simulation;

/// <summary>One piece of work in the queue of a world.</summary>
internal sealed class Work(SimulatedProcess? process, object what, Action action)
{
    public SimulatedProcess? Process { get; } = process;

    public Action Action { get; } = action;

    /// <summary>Asked before it is done.</summary>
    public Func<bool>? Cancelled { get; init; }

    public bool IsCancelled => Cancelled?.Invoke() == true;

    public override string ToString() => what switch
    {
        string text => text,
        Mailbox mailbox => $"runs {ActorOf(mailbox)?.Self.Path.ToStringWithoutAddress()}",
        var other => other.GetType().Name,
    };

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Actor")]
    private static extern ActorCell? ActorOf(Mailbox mailbox);
}
