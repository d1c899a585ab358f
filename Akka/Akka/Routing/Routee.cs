using Akka.Actor;

namespace Akka.Routing;

/// <summary>Somebody to whom a message can be routed; this one is nobody.</summary>
public class Routee
{
    public static readonly Routee NoRoutee = new();

    public virtual void Send(object message, IActorRef sender)
    {
    }

    public static Routee FromActorRef(IActorRef actorRef) => new ActorRefRoutee(actorRef);
}

/// <summary>An actor to whom messages are routed.</summary>
public class ActorRefRoutee(IActorRef actor) : Routee
{
    public IActorRef Actor { get; } = actor;

    public override void Send(object message, IActorRef sender) => Actor.Tell(message, sender);
}

/// <summary>All of these get the message.</summary>
public class SeveralRoutees(Routee[] routees) : Routee
{
    public override void Send(object message, IActorRef sender)
    {
        foreach (var routee in routees) routee.Send(message, sender);
    }
}
