using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Util;

namespace Akka.Cluster;

/// <summary>Messages among the cluster's own actors, on this node and others.</summary>
internal static class InternalClusterAction
{
    /// <summary>A node asks a member to take it in; repeated until welcomed.</summary>
    internal sealed record Join(UniqueAddress Node, ImmutableHashSet<string> Roles, AppVersion AppVersion) : IClusterMessage;

    /// <summary>The answer to <see cref="Join"/>: the state that now contains the joining node.</summary>
    internal sealed record Welcome(UniqueAddress From, Gossip Gossip) : IClusterMessage;

    /// <summary>Local command to join through the first seed node that answers.</summary>
    internal sealed record JoinSeedNodes(ImmutableList<Address> SeedNodes);

    /// <summary>Asks a seed node whether it is in a cluster.</summary>
    internal sealed record InitJoin : IClusterMessage, IDeadLetterSuppression
    {
        public static readonly InitJoin Instance = new();
    }

    /// <summary>Join me.</summary>
    internal sealed record InitJoinAck(Address Address) : IClusterMessage, IDeadLetterSuppression;

    /// <summary>I am not in a cluster myself.</summary>
    internal sealed record InitJoinNack(Address Address) : IClusterMessage, IDeadLetterSuppression;

    /// <summary>The exiting node has finished its work and shuts down: it can be removed without being unreachable first.</summary>
    internal sealed record ExitingConfirmed(UniqueAddress Address) : IClusterMessage, IDeadLetterSuppression;

    /// <summary>Coordinated shutdown has passed the exiting phase.</summary>
    internal sealed class ExitingCompleted : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly ExitingCompleted Instance = new();
    }

    /// <summary>A periodic or self-sent trigger.</summary>
    internal enum Tick
    {
        Gossip,
        Reap,
        LeaderActions,

        /// <summary>Act on what has just changed, without waiting for the periodic ticks.</summary>
        Flush,
        JoinRetry,
    }

    internal interface ISubscriptionMessage;

    internal sealed record Subscribe(IActorRef Subscriber, ClusterEvent.SubscriptionInitialStateMode InitialStateMode, ImmutableHashSet<Type> To) : ISubscriptionMessage;

    internal sealed record Unsubscribe(IActorRef Subscriber, Type? To) : ISubscriptionMessage, IDeadLetterSuppression;

    internal sealed record SendCurrentClusterState(IActorRef Receiver) : ISubscriptionMessage;

    internal sealed record AddOnMemberUpListener(Action Callback) : INoSerializationVerificationNeeded;

    internal sealed record AddOnMemberRemovedListener(Action Callback) : INoSerializationVerificationNeeded;

    /// <summary>The core daemon hands its latest view to the event publisher.</summary>
    internal sealed record PublishChanges(MembershipState State) : INoSerializationVerificationNeeded;
}
