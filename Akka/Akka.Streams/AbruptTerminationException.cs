using Akka.Actor;

namespace Akka.Streams;

/// <summary>The actor of a stream was stopped before the stream had ended: its materializer or actor system was shut down.</summary>
public class AbruptTerminationException : Exception
{
    /// <summary>The stream's actor.</summary>
    public readonly IActorRef Actor;

    /// <summary>For the stream's actor.</summary>
    public AbruptTerminationException(IActorRef actor)
        : base($"Processor actor [{actor}] terminated abruptly") => Actor = actor;
}
