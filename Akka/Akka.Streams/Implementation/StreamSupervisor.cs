using Akka.Actor;

namespace Akka.Streams.Implementation;

/// <summary>Parent of the actors of one materializer's streams.</summary>
internal sealed class StreamSupervisor : ActorBase
{
    public static Props Props() => Actor.Props.Create<StreamSupervisor>().WithDeploy(Deploy.Local);

    protected override bool Receive(object message) => false;

    // A stream reports its own failures; an actor of one that fails all the same cannot go on in the middle.
    protected override SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.StoppingStrategy;
}
