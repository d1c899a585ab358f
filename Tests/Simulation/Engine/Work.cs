using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

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
        Mailbox mailbox => $"runs {ActorOf(mailbox)?.Self.Path.ToStringWithoutAddress()}{Messages(mailbox.MessageQueue)}",
        var other => other.GetType().Name,
    };

    // What waits in a mailbox, as far as one can see.
    private static string Messages(IMessageQueue queue) => queue switch
    {
        UnboundedMessageQueue unbounded when unbounded.HasMessages => $": {string.Join(", ", QueueOf(unbounded).Select(e => e.Message.GetType().Name))}",
        DequeWrapperMessageQueue deque => Messages(QueueOf(deque)),
        _ => "",
    };

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Actor")]
    private static extern ActorCell? ActorOf(Mailbox mailbox);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_queue")]
    private static extern ref ConcurrentQueue<Envelope> QueueOf(UnboundedMessageQueue queue);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "MessageQueue")]
    private static extern ref IMessageQueue QueueOf(DequeWrapperMessageQueue queue);
}
