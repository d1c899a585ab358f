using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster.Tools.Client;

/// <summary>Marks the messages between a client and a receptionist.</summary>
public interface IClusterClientMessage;

/// <summary>Marks what a client is asked to send.</summary>
public interface IClusterClientProtocolMessage;

public interface IGetContactPoints;

public interface ISubscribeContactPoints;

public interface IUnsubscribeContactPoints;

/// <summary>A change of what a client knows of receptionists.</summary>
public interface IContactPointChange
{
    ActorPath ContactPoint { get; }
}

/// <summary>A change of the clients that a receptionist serves.</summary>
public interface IClusterClientInteraction
{
    IActorRef ClusterClient { get; }
}

/// <summary>Asks a client for its <see cref="ContactPoints"/>.</summary>
public sealed class GetContactPoints : IGetContactPoints
{
    public static readonly GetContactPoints Instance = new();

    private GetContactPoints()
    {
    }
}

/// <summary>Tells a client to report changes of its contact points, beginning with the present <see cref="ContactPoints"/>.</summary>
public sealed class SubscribeContactPoints : ISubscribeContactPoints
{
    public static readonly SubscribeContactPoints Instance = new();

    private SubscribeContactPoints()
    {
    }
}

/// <summary>Ends what <see cref="SubscribeContactPoints"/> began.</summary>
public sealed class UnsubscribeContactPoints : IUnsubscribeContactPoints
{
    public static readonly UnsubscribeContactPoints Instance = new();

    private UnsubscribeContactPoints()
    {
    }
}

/// <summary>The receptionists that a client knows.</summary>
public sealed class ContactPoints
{
    public ContactPoints(IImmutableSet<ActorPath> contactPoints) => ContactPointsList = contactPoints;

    public IImmutableSet<ActorPath> ContactPointsList { get; }
}

/// <summary>A client knows one more receptionist.</summary>
public sealed class ContactPointAdded : IContactPointChange
{
    public ContactPointAdded(ActorPath contactPoint) => ContactPoint = contactPoint;

    public ActorPath ContactPoint { get; }
}

/// <summary>A receptionist is not told to the client any more.</summary>
public sealed class ContactPointRemoved : IContactPointChange
{
    public ContactPointRemoved(ActorPath contactPoint) => ContactPoint = contactPoint;

    public ActorPath ContactPoint { get; }
}

/// <summary>Asks a receptionist for its <see cref="ClusterClients"/>.</summary>
public sealed class GetClusterClients
{
    private GetClusterClients()
    {
    }

    public static GetClusterClients Instance { get; } = new();
}

/// <summary>Tells a receptionist to report changes of its clients, beginning with the present <see cref="ClusterClients"/>.</summary>
public sealed class SubscribeClusterClients
{
    private SubscribeClusterClients()
    {
    }

    public static SubscribeClusterClients Instance { get; } = new();
}

/// <summary>Ends what <see cref="SubscribeClusterClients"/> began.</summary>
public sealed class UnsubscribeClusterClients
{
    private UnsubscribeClusterClients()
    {
    }

    public static UnsubscribeClusterClients Instance { get; } = new();
}

/// <summary>The clients that a receptionist serves.</summary>
public sealed class ClusterClients
{
    public ClusterClients(IImmutableSet<IActorRef> clusterClientsList) => ClusterClientsList = clusterClientsList;

    public IImmutableSet<IActorRef> ClusterClientsList { get; }
}

/// <summary>A client has come to a receptionist.</summary>
public sealed class ClusterClientUp : IClusterClientInteraction
{
    public ClusterClientUp(IActorRef clusterClient) => ClusterClient = clusterClient;

    public IActorRef ClusterClient { get; }
}

/// <summary>A client has been silent for too long.</summary>
public sealed class ClusterClientUnreachable : IClusterClientInteraction
{
    public ClusterClientUnreachable(IActorRef clusterClient) => ClusterClient = clusterClient;

    public IActorRef ClusterClient { get; }
}

internal sealed class GetContacts : IClusterClientMessage, IDeadLetterSuppression
{
    public static readonly GetContacts Instance = new();
}

internal sealed record Contacts(ImmutableList<string> ContactPoints) : IClusterClientMessage;

internal sealed class Heartbeat : IClusterClientMessage, IDeadLetterSuppression
{
    public static readonly Heartbeat Instance = new();
}

internal sealed class HeartbeatRsp : IClusterClientMessage, IDeadLetterSuppression
{
    public static readonly HeartbeatRsp Instance = new();
}

/// <summary>The receptionist stops; its clients look for another one at once.</summary>
internal sealed class ReceptionistShutdown : IClusterClientMessage, IDeadLetterSuppression
{
    public static readonly ReceptionistShutdown Instance = new();
}
