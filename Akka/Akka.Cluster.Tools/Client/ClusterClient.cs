using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;

namespace Akka.Cluster.Tools.Client;

/// <summary>
/// Sends messages to actors of a cluster that this system is no part of, through one of the cluster's receptionists. Looks for another one
/// when that is gone, and keeps some messages meanwhile. Messages can be lost with a receptionist.
/// </summary>
public sealed class ClusterClient : ActorBase
{
    private readonly ClusterClientSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly DeadlineFailureDetector _failureDetector;
    private readonly Queue<(object Message, IActorRef Sender)> _buffer = new();
    private readonly HashSet<IActorRef> _subscribers = [];
    private ImmutableHashSet<ActorPath> _published;
    private ImmutableHashSet<ActorPath> _contacts;
    private IActorRef? _receptionist;
    private ICancelable? _refreshTimer;
    private ICancelable? _heartbeatTimer;
    private ICancelable? _reconnectTimer;

    /// <exception cref="ArgumentException">There is no initial contact.</exception>
    public ClusterClient(ClusterClientSettings settings)
    {
        if (settings.InitialContacts.Count == 0) throw new ArgumentException("InitialContacts must be defined");
        _settings = settings;
        var scheduler = Context.System.Scheduler;
        _failureDetector = new DeadlineFailureDetector(
            settings.AcceptableHeartbeatPause, settings.HeartbeatInterval, () => (long)scheduler.MonotonicClock.TotalMilliseconds);
        _contacts = [.. settings.InitialContacts];
        _published = [];
    }

    public static Props Props(ClusterClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Actor.Props.Create(() => new ClusterClient(settings)).WithDeploy(Deploy.Local);
    }

    protected override void PreStart()
    {
        base.PreStart();
        ToolsDefaults.Ensure(Context.System);
        _heartbeatTimer = Repeat(_settings.HeartbeatInterval, HeartbeatTick.Instance);
        Establish();
    }

    protected override void PostStop()
    {
        base.PostStop();
        _heartbeatTimer?.Cancel();
        _refreshTimer?.Cancel();
        _reconnectTimer?.Cancel();
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Send or SendToAll or Publish:
                if (_receptionist is { } receptionist) receptionist.Forward(OnTheWire(message));
                else Keep(message);
                return true;
            case HeartbeatTick:
                Beat();
                return true;
            case RefreshTick:
                Refresh();
                return true;
            case Contacts contacts:
                Learn(contacts);
                return true;
            case ActorIdentity { Subject: { } found }:
                if (_receptionist is null) Connect(found);
                return true;
            case ActorIdentity:
                return true;
            case HeartbeatRsp:
                if (Sender.Equals(_receptionist)) _failureDetector.HeartBeat();
                return true;
            case ReceptionistShutdown when Sender.Equals(_receptionist):
                Lose("shut down");
                return true;
            case Terminated dead when dead.ActorRef.Equals(_receptionist):
                Lose("stopped");
                return true;
            case Terminated dead:
                _subscribers.Remove(dead.ActorRef);
                return true;
            case ReceptionistShutdown:
                return true;
            case ReconnectTimeout:
                if (_receptionist is not null) return true;
                _log.Warning("Receptionist reconnect not successful within {0} stopping cluster client", _settings.ReconnectTimeout);
                Context.Stop(Self);
                return true;
            default:
                return OfContactPoints(message);
        }
    }

    private bool OfContactPoints(object message)
    {
        switch (message)
        {
            case IGetContactPoints:
                Sender.Tell(new ContactPoints(_contacts));
                return true;
            case ISubscribeContactPoints:
                if (_subscribers.Add(Sender)) Context.Watch(Sender);
                Sender.Tell(new ContactPoints(_contacts));
                return true;
            case IUnsubscribeContactPoints:
                if (_subscribers.Remove(Sender)) Context.Unwatch(Sender);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Asks all known receptionists until one answers.</summary>
    private void Establish()
    {
        _refreshTimer?.Cancel();
        _refreshTimer = Repeat(_settings.EstablishingGetContactsInterval, RefreshTick.Instance);
        _reconnectTimer?.Cancel();
        if (_settings.ReconnectTimeout is { } timeout)
            _reconnectTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(timeout, Self, ReconnectTimeout.Instance, Self);
        Refresh();
    }

    private void Refresh()
    {
        if (_receptionist is { } receptionist)
        {
            receptionist.Tell(GetContacts.Instance);
            return;
        }
        // What the cluster told last may be outdated altogether: the initial contacts are asked too.
        var asked = _contacts.Union(_settings.InitialContacts);
        _log.Debug("Sending GetContacts to [{0}]", string.Join(", ", asked));
        foreach (var contact in asked) Context.ActorSelection(contact).Tell(GetContacts.Instance, Self);
    }

    private void Learn(Contacts contacts)
    {
        if (contacts.ContactPoints.Count == 0) return;
        _contacts = contacts.ContactPoints.Select(ActorPath.Parse).ToImmutableHashSet();
        foreach (var subscriber in _subscribers)
        {
            foreach (var added in _contacts.Except(_published)) subscriber.Tell(new ContactPointAdded(added));
            foreach (var removed in _published.Except(_contacts)) subscriber.Tell(new ContactPointRemoved(removed));
        }
        _published = _contacts;
        if (_receptionist is not null) return;
        foreach (var contact in _contacts) Context.ActorSelection(contact).Tell(new Identify(null), Self);
    }

    private void Connect(IActorRef receptionist)
    {
        _log.Info("Connected to [{0}]", receptionist.Path);
        _receptionist = receptionist;
        _reconnectTimer?.Cancel();
        _refreshTimer?.Cancel();
        _refreshTimer = Repeat(_settings.RefreshContactsInterval, RefreshTick.Instance);
        _failureDetector.HeartBeat();
        // A refused connection tells at once what silence tells after the pause.
        Context.Watch(receptionist);
        while (_buffer.TryDequeue(out var kept)) receptionist.Tell(OnTheWire(kept.Message), kept.Sender);
    }

    private void Beat()
    {
        if (_receptionist is not { } receptionist) return;
        if (!_failureDetector.IsAvailable) Lose("did not answer heartbeats");
        else receptionist.Tell(Heartbeat.Instance);
    }

    private void Lose(string why)
    {
        var receptionist = _receptionist!;
        if (_settings.VerboseLogging) _log.Warning("Lost contact with [{0}], it {1}; contacts are [{2}]", receptionist.Path, why, string.Join(", ", _contacts));
        else _log.Info("Lost contact with [{0}], reestablishing connection", receptionist.Path);
        Context.Unwatch(receptionist);
        _receptionist = null;
        Establish();
    }

    private void Keep(object message)
    {
        if (_settings.BufferSize == 0)
        {
            _log.Warning("Receptionist not available and buffering is disabled, dropping message [{0}]", message.GetType());
            return;
        }
        if (_buffer.Count == _settings.BufferSize)
        {
            var (dropped, sender) = _buffer.Dequeue();
            _log.Warning("Receptionist not available, buffer is full, dropping first message [{0}]", dropped.GetType());
            Context.System.EventStream.Publish(new Dropped(dropped, "buffer of the cluster client is full", sender, Self));
        }
        _buffer.Enqueue((message, Sender));
    }

    private object OnTheWire(object message) => message switch
    {
        _ when !_settings.UseLegacySerialization => message,
        Send send => new PublishSubscribe.Send(send.Path, send.Message, send.LocalAffinity),
        SendToAll send => new PublishSubscribe.SendToAll(send.Path, send.Message),
        Publish publish => new PublishSubscribe.Publish(publish.Topic, publish.Message),
        _ => message,
    };

    private ICancelable Repeat(TimeSpan interval, object message) =>
        Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(interval, interval, Self, message, Self);

    /// <summary>To one actor registered under the path in the cluster.</summary>
    public sealed record Send : IClusterClientProtocolMessage
    {
        public Send(string path, object message, bool localAffinity = false)
        {
            Path = path;
            Message = message;
            LocalAffinity = localAffinity;
        }

        public string Path { get; }

        public object Message { get; }

        /// <summary>To the one on the receptionist's node, if there is one.</summary>
        public bool LocalAffinity { get; }
    }

    /// <summary>To all actors registered under the path in the cluster.</summary>
    public sealed record SendToAll : IClusterClientProtocolMessage
    {
        public SendToAll(string path, object message)
        {
            Path = path;
            Message = message;
        }

        public string Path { get; }

        public object Message { get; }
    }

    /// <summary>To all who subscribe to the topic in the cluster.</summary>
    public sealed record Publish : IClusterClientProtocolMessage
    {
        public Publish(string topic, object message)
        {
            Topic = topic;
            Message = message;
        }

        public string Topic { get; }

        public object Message { get; }
    }

    private sealed class HeartbeatTick : INoSerializationVerificationNeeded
    {
        public static readonly HeartbeatTick Instance = new();
    }

    private sealed class RefreshTick : INoSerializationVerificationNeeded
    {
        public static readonly RefreshTick Instance = new();
    }

    private sealed class ReconnectTimeout : INoSerializationVerificationNeeded
    {
        public static readonly ReconnectTimeout Instance = new();
    }
}
