using Akka.Actor;
using Akka.Event;

namespace Akka.Remote;

/// <summary>Remoting listens.</summary>
public sealed class RemotingListenEvent(IList<Address> listenAddresses) : RemotingLifecycleEvent
{
    /// <summary>The addresses by which this system is known.</summary>
    public IList<Address> ListenAddresses { get; } = listenAddresses;

    /// <inheritdoc />
    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;

    /// <inheritdoc />
    public override string ToString() => $"Remoting now listens on addresses: [{string.Join(",", ListenAddresses)}]";
}

/// <summary>Remoting was shut down.</summary>
public sealed class RemotingShutdownEvent : RemotingLifecycleEvent
{
    /// <inheritdoc />
    public override LogLevel LogLevel() => Event.LogLevel.InfoLevel;

    /// <inheritdoc />
    public override string ToString() => "Remoting shut down";
}

/// <summary>Remoting failed.</summary>
public sealed class RemotingErrorEvent(Exception cause) : RemotingLifecycleEvent
{
    /// <summary>Why.</summary>
    public Exception Cause { get; } = cause;

    /// <inheritdoc />
    public override LogLevel LogLevel() => Event.LogLevel.ErrorLevel;

    /// <inheritdoc />
    public override string ToString() => $"Remoting error: [{Cause.Message}]";
}

/// <summary>An incarnation of a peer is not talked to any more; only a restart of it ends that.</summary>
public sealed class QuarantinedEvent(Address address, int uid) : RemotingLifecycleEvent
{
    /// <summary>Where the peer is.</summary>
    public Address Address { get; } = address;

    /// <summary>Its incarnation.</summary>
    public int Uid { get; } = uid;

    /// <inheritdoc />
    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;

    /// <inheritdoc />
    public override string ToString() =>
        $"Association to [{Address}] having UID [{Uid}] is irrecoverably failed. UID is now quarantined and all messages to this UID "
        + "will be delivered to dead letters. Remote actorsystem must be restarted to recover from this situation.";
}

/// <summary>A peer refuses to talk to this incarnation of this system; only a restart ends that.</summary>
public sealed class ThisActorSystemQuarantinedEvent(Address localAddress, Address remoteAddress) : RemotingLifecycleEvent
{
    /// <summary>This system.</summary>
    public Address LocalAddress { get; } = localAddress;

    /// <summary>The peer that refuses.</summary>
    public Address RemoteAddress { get; } = remoteAddress;

    /// <inheritdoc />
    public override LogLevel LogLevel() => Event.LogLevel.WarningLevel;

    /// <inheritdoc />
    public override string ToString() => $"The remote system [{RemoteAddress}] has quarantined this system [{LocalAddress}].";
}

/// <summary>
/// A peer with which a connection stood refuses a new one: its process has ended. Published once for each established association,
/// milliseconds after the process died; failure detectors need not wait for missing heartbeats.
/// </summary>
internal sealed record PeerConnectionRefused(Address Address, long Uid);

/// <summary>Publishes lifecycle events, and logs those of the configured level.</summary>
internal sealed class EventPublisher(ActorSystem system, ILoggingAdapter log, string level)
{
    private readonly LogLevel? _level = level == "OFF" ? null : Logging.LogLevelFor(level.ToLowerInvariant());

    public void Publish(RemotingLifecycleEvent lifecycleEvent)
    {
        system.EventStream.Publish(lifecycleEvent);
        if (_level <= lifecycleEvent.LogLevel())
            log.Log(lifecycleEvent.LogLevel(), null, "{0}", lifecycleEvent);
    }
}
