using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>Makes the stash that an actor's declaration asks for.</summary>
public static class StashFactory
{
    public static IStash CreateStash<T>(this IActorContext context) where T : ActorBase => context.CreateStash(typeof(T));

    public static IStash CreateStash(this IActorContext context, IActorStash actorInstance) => context.CreateStash(actorInstance.GetType());

    public static IStash CreateStash(this IActorContext context, Type actorType)
    {
        if (!typeof(IActorStash).IsAssignableFrom(actorType))
            throw new ArgumentException($"Actor {actorType} implements an unrecognized subclass of {typeof(IActorStash)} - cannot instantiate", nameof(actorType));
        var cell = (ActorCell)context;
        return new StashImpl(cell, CapacityOf(cell, actorType));
    }

    private static int CapacityOf(ActorCell cell, Type actorType)
    {
        var props = cell.Props;
        if (props.Deploy.StashCapacity != Deploy.NoStashSize) return props.Deploy.StashCapacity;
        var configured = cell.System.Mailboxes.StashCapacity(props.Deploy.Dispatcher, props.Deploy.Mailbox);
        if (configured >= 0) return configured;
        // a bounded stash is as large as the bounded mailbox unless something else is set
        return typeof(IWithBoundedStash).IsAssignableFrom(actorType) && cell.System.Mailboxes.GetMailboxType(props, null) is Dispatch.BoundedDequeBasedMailbox bounded
            ? bounded.Capacity
            : -1;
    }
}
