using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Event;
using Akka.Remote;
using Akka.Util;

namespace Akka.Cluster.Tools.Client;

/// <summary>
/// Serves clients outside the cluster: tells them where receptionists are, and passes their messages on. Answers go back through it, so
/// that no node of the cluster needs a connection to the client, and the client none to the others.
/// </summary>
public sealed class ClusterReceptionist : ActorBase
{
    private readonly IActorRef _pubSubMediator;
    private readonly ClusterReceptionistSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly Dictionary<IActorRef, FailureDetector> _clients = [];
    private readonly HashSet<IActorRef> _subscribers = [];
    private readonly SortedSet<Address> _nodes;
    private ICancelable? _checkTimer;

    /// <exception cref="ArgumentException">This node lacks the role.</exception>
    public ClusterReceptionist(IActorRef pubSubMediator, ClusterReceptionistSettings settings)
    {
        if (settings.Role is { } role && !_cluster.SelfRoles.Contains(role))
            throw new ArgumentException($"The cluster member [{_cluster.SelfAddress}] does not have a role [{role}]");
        _pubSubMediator = pubSubMediator;
        _settings = settings;
        // The order is the same on all nodes, and has nothing to do with addresses that are neighbours: that spreads the clients.
        _nodes = new SortedSet<Address>(Comparer<Address>.Create(
            (a, b) => Hash(a.ToString()).CompareTo(Hash(b.ToString())) is var order and not 0 ? order : Member.AddressOrdering.Compare(a, b)));
    }

    public static Props Props(IActorRef pubSubMediator, ClusterReceptionistSettings settings) =>
        Actor.Props.Create(() => new ClusterReceptionist(pubSubMediator, settings)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        base.PreStart();
        _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent));
        _checkTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            _settings.FailureDetectionInterval, _settings.FailureDetectionInterval, Self, CheckClients.Instance, Self);
    }

    protected override void PostStop()
    {
        base.PostStop();
        _cluster.Unsubscribe(Self);
        _checkTimer?.Cancel();
        foreach (var client in _clients.Keys) client.Tell(ReceptionistShutdown.Instance);
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Send or SendToAll or Publish:
                _pubSubMediator.Tell(message, TunnelTo(Sender));
                break;
            case ClusterClient.Send send:
                _pubSubMediator.Tell(new Send(send.Path, send.Message, send.LocalAffinity), TunnelTo(Sender));
                break;
            case ClusterClient.SendToAll send:
                _pubSubMediator.Tell(new SendToAll(send.Path, send.Message), TunnelTo(Sender));
                break;
            case ClusterClient.Publish publish:
                _pubSubMediator.Tell(new Publish(publish.Topic, publish.Message), TunnelTo(Sender));
                break;
            case Heartbeat:
                Heard(Sender);
                Sender.Tell(HeartbeatRsp.Instance);
                break;
            case GetContacts:
                Heard(Sender);
                Sender.Tell(new Contacts([.. ContactsFor(Sender).Select(node => Self.Path.ToStringWithAddress(node))]));
                break;
            case CheckClients:
                foreach (var (client, _) in _clients.Where(c => !c.Value.IsAvailable).ToList()) Lost(client);
                break;
            case Terminated dead:
                _subscribers.Remove(dead.ActorRef);
                if (_clients.ContainsKey(dead.ActorRef)) Lost(dead.ActorRef);
                break;
            case SubscribeClusterClients:
                if (_subscribers.Add(Sender)) Context.Watch(Sender);
                Sender.Tell(Clients());
                break;
            case UnsubscribeClusterClients:
                if (_subscribers.Remove(Sender) && !_clients.ContainsKey(Sender)) Context.Unwatch(Sender);
                break;
            case GetClusterClients:
                Sender.Tell(Clients());
                break;
            default:
                return Membership(message);
        }
        return true;
    }

    private bool Membership(object message)
    {
        switch (message)
        {
            case ClusterEvent.CurrentClusterState state:
                _nodes.Clear();
                foreach (var member in state.Members.Where(m => m.Status != MemberStatus.Joining)) Add(member);
                return true;
            case ClusterEvent.MemberUp up:
                Add(up.Member);
                return true;
            case ClusterEvent.MemberRemoved removed when removed.Member.UniqueAddress == _cluster.SelfUniqueAddress:
                Context.Stop(Self);
                return true;
            case ClusterEvent.MemberRemoved removed:
                _nodes.Remove(removed.Member.Address);
                return true;
            case ClusterEvent.IMemberEvent:
                return true;
            default:
                return false;
        }
    }

    private static uint Hash(string text) => (uint)MurmurHash.StringHash(text);

    private void Add(Member member)
    {
        if (_settings.Role is null || member.HasRole(_settings.Role)) _nodes.Add(member.Address);
    }

    /// <summary>The receptionists that follow the client on the ring of all, so that clients spread and each always gets the same.</summary>
    private IEnumerable<Address> ContactsFor(IActorRef client)
    {
        if (_nodes.Count <= _settings.NumberOfContacts) return _nodes;
        var place = Hash(client.Path.ToStringWithAddress(client.Path.Address));
        var behind = _nodes.Where(node => Hash(node.ToString()) >= place);
        return behind.Concat(_nodes).Distinct().Take(_settings.NumberOfContacts);
    }

    private void Heard(IActorRef client)
    {
        if (!_clients.TryGetValue(client, out var detector))
        {
            var scheduler = Context.System.Scheduler;
            detector = new DeadlineFailureDetector(
                _settings.AcceptableHeartbeatPause, _settings.HeartbeatInterval, () => (long)scheduler.MonotonicClock.TotalMilliseconds);
            _clients.Add(client, detector);
            Context.Watch(client);
            _log.Debug("Received new contact from [{0}]", client.Path);
            foreach (var subscriber in _subscribers) subscriber.Tell(new ClusterClientUp(client));
        }
        detector.HeartBeat();
    }

    private void Lost(IActorRef client)
    {
        _clients.Remove(client);
        if (!_subscribers.Contains(client)) Context.Unwatch(client);
        foreach (var subscriber in _subscribers) subscriber.Tell(new ClusterClientUnreachable(client));
    }

    private ClusterClients Clients() => new(_clients.Keys.ToImmutableHashSet());

    private IActorRef TunnelTo(IActorRef client)
    {
        var name = TopicName.Encode(client.Path.ToSerializationFormat());
        var known = Context.Child(name);
        if (!known.IsNobody()) return known;
        var timeout = _settings.ResponseTunnelReceiveTimeout;
        return Context.ActorOf(Actor.Props.Create(() => new ClientResponseTunnel(client, timeout)), name);
    }

    private sealed class CheckClients : INoSerializationVerificationNeeded
    {
        public static readonly CheckClients Instance = new();
    }

    /// <summary>Carries answers back to a client, until there have been none for a while.</summary>
    private sealed class ClientResponseTunnel : UntypedActor
    {
        private readonly IActorRef _client;

        public ClientResponseTunnel(IActorRef client, TimeSpan timeout)
        {
            _client = client;
            Context.SetReceiveTimeout(timeout);
        }

        protected override void OnReceive(object message)
        {
            if (message is ReceiveTimeout) Context.Stop(Self);
            // Without the sender: the client goes on through its receptionist, and not around it.
            else _client.Tell(message, ActorRefs.NoSender);
        }
    }
}
