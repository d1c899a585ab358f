using Akka.Actor;

namespace Akka.Dispatch.MessageQueues;

/// <summary>The user messages of a mailbox: many may put in, the owner takes out.</summary>
public interface IMessageQueue
{
    bool HasMessages { get; }

    int Count { get; }

    void Enqueue(IActorRef receiver, Envelope envelope);

    bool TryDequeue(out Envelope envelope);

    /// <summary>The owner is dead: what is left goes to dead letters.</summary>
    void CleanUp(IActorRef owner, IMessageQueue deadletters);
}
