using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Event;

/// <summary>A node is gone for good: whoever is watched there is dead.</summary>
internal sealed record AddressTerminated(Address Address) : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression;

/// <summary>Tells the watchers of remote actors that a whole address is gone. Apart from the event stream, for it must not be filtered.</summary>
internal sealed class AddressTerminatedTopic : IExtension
{
    private ImmutableHashSet<IActorRef> _subscribers = [];

    public static AddressTerminatedTopic Get(ActorSystem system) => AddressTerminatedTopicProvider.Instance.Apply(system);

    public void Subscribe(IActorRef subscriber) => ImmutableInterlocked.Update(ref _subscribers, static (set, item) => set.Add(item), subscriber);

    public void Unsubscribe(IActorRef subscriber) => ImmutableInterlocked.Update(ref _subscribers, static (set, item) => set.Remove(item), subscriber);

    public void Publish(AddressTerminated message)
    {
        foreach (var subscriber in Volatile.Read(ref _subscribers)) subscriber.Tell(message, ActorRefs.NoSender);
    }
}

/// <summary>Makes the topic of an actor system.</summary>
internal sealed class AddressTerminatedTopicProvider : ExtensionIdProvider<AddressTerminatedTopic>
{
    public static readonly AddressTerminatedTopicProvider Instance = new();

    public override AddressTerminatedTopic CreateExtension(ExtendedActorSystem system) => new();
}
