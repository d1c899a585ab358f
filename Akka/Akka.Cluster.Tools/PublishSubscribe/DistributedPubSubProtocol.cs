using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>What is registered on one node, and how new that knowledge is.</summary>
internal sealed record Bucket(Address Owner, long Version, ImmutableDictionary<string, Registration> Content);

/// <summary>Who is registered; null: who was registered has been removed.</summary>
internal sealed record Registration(long Version, IActorRef? Ref);

/// <summary>How new the sender's knowledge of each node is; the receiver answers with what is newer.</summary>
internal sealed record Status(ImmutableDictionary<Address, long> Versions, bool IsReplyToStatus) : IDistributedPubSubMessage, IDeadLetterSuppression;

/// <summary>What the receiver does not know yet.</summary>
internal sealed record Delta(ImmutableList<Bucket> Buckets) : IDistributedPubSubMessage, IDeadLetterSuppression;

/// <summary>To one subscriber of the group that receives this.</summary>
internal sealed record SendToOneSubscriber(object Message) : IDistributedPubSubMessage, IWrappedMessage;

/// <summary>A group of a topic has begun to exist.</summary>
internal sealed record RegisterTopic(IActorRef TopicRef) : INoSerializationVerificationNeeded;

/// <summary>A topic has done what was asked; the mediator acknowledges.</summary>
internal sealed record Subscribed(SubscribeAck Ack, IActorRef Subscriber) : INoSerializationVerificationNeeded;

internal sealed record Unsubscribed(UnsubscribeAck Ack, IActorRef Subscriber) : INoSerializationVerificationNeeded;

/// <summary>A topic or group has been without subscribers for long.</summary>
internal sealed class NoMoreSubscribers : INoSerializationVerificationNeeded
{
    public static readonly NoMoreSubscribers Instance = new();
}

/// <summary>The parent keeps subscriptions back: a topic that is still empty may stop now.</summary>
internal sealed class TerminateRequest : INoSerializationVerificationNeeded
{
    public static readonly TerminateRequest Instance = new();
}

/// <summary>A subscriber came just before <see cref="TerminateRequest"/>; the topic lives on.</summary>
internal sealed class NewSubscriberArrived : INoSerializationVerificationNeeded
{
    public static readonly NewSubscriberArrived Instance = new();
}

/// <summary>Time to look for registrations and topics that nobody needs any more.</summary>
internal sealed class Prune : INoSerializationVerificationNeeded
{
    public static readonly Prune Instance = new();
}

/// <summary>Time to talk to another mediator.</summary>
internal sealed class GossipTick : INoSerializationVerificationNeeded
{
    public static readonly GossipTick Instance = new();
}
