using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Routing;
using Akka.Util;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>
/// Knows the topics and registered actors of this node and, by gossip, those of all other nodes with the role. Delivers at most once, and
/// what one sender sends to one receiver in order.
/// </summary>
public class DistributedPubSubMediator : ReceiveActor
{
    private readonly DistributedPubSubSettings _settings;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly HashSet<Address> _nodes = [];
    private readonly HeldBack _held = new();
    private readonly Registry _registry;
    private readonly string _topics;
    private ICancelable? _gossipTimer;
    private ICancelable? _pruneTimer;

    /// <exception cref="ArgumentException">This node lacks the role.</exception>
    public DistributedPubSubMediator(DistributedPubSubSettings settings)
    {
        if (settings.Role is { } role && !_cluster.SelfRoles.Contains(role))
            throw new ArgumentException($"The cluster member [{_cluster.SelfAddress}] doesn't have the role [{role}]");
        _settings = settings;
        var scheduler = Context.System.Scheduler;
        _registry = new Registry(_cluster.SelfAddress, () => scheduler.Now.UtcTicks);
        _topics = Self.Path.ToStringWithoutAddress() + "/";
        Messages();
        Registrations();
        Subscriptions();
        Gossip();
        Members();
    }

    public ILoggingAdapter Log { get; } = Context.GetLogger();

    /// <summary>How new the knowledge of each node is.</summary>
    public IImmutableDictionary<Address, long> OwnVersions => _registry.Versions;

    public static Props Props(DistributedPubSubSettings settings) =>
        Actor.Props.Create(() => new DistributedPubSubMediator(settings)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent));
        var scheduler = Context.System.Scheduler;
        _gossipTimer = scheduler.ScheduleTellRepeatedlyCancelable(_settings.GossipInterval, _settings.GossipInterval, Self, GossipTick.Instance, Self);
        var prune = TimeSpan.FromTicks(Math.Max(_settings.RemovedTimeToLive.Ticks / 2, TimeSpan.TicksPerMillisecond));
        _pruneTimer = scheduler.ScheduleTellRepeatedlyCancelable(prune, prune, Self, Prune.Instance, Self);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _gossipTimer?.Cancel();
        _pruneTimer?.Cancel();
    }

    private void Messages()
    {
        Receive<Send>(send =>
        {
            if (send.LocalAffinity && _registry.TryGetOwn(send.Path, out var own)) own.Forward(send.Message);
            else ToOne(_registry.Find(send.Path), send.Message, send.Message);
        });
        Receive<SendToAll>(send => ToAll(send.Path, send.Message, send.ExcludeSelf));
        Receive<Publish>(publish =>
        {
            if (publish.SendOneMessageToEachGroup) ToEachGroup(publish.Topic, publish.Message);
            else ToAll(TopicPath(publish.Topic), publish.Message, exceptOwn: false);
        });
        Receive<GetTopics>(_ => Sender.Tell(new CurrentTopics(
            _registry.Below(_topics).Select(r => r.Path[_topics.Length..]).Where(name => !name.Contains('/')).Select(TopicName.Decode).ToImmutableHashSet())));
    }

    private void Registrations()
    {
        Receive<Put>(put =>
        {
            if (put.Ref.Path.Address.HasGlobalScope)
            {
                Log.Warning("Registered actor must be local: [{0}]", put.Ref);
                return;
            }
            Register(put.Ref);
        });
        Receive<Remove>(remove =>
        {
            if (!_registry.TryGetOwn(remove.Path, out var actor)) return;
            Context.Unwatch(actor);
            _registry.Put(remove.Path, null);
        });
        Receive<RegisterTopic>(register => Register(register.TopicRef));
        Receive<Terminated>(dead =>
        {
            var path = dead.ActorRef.Path.ToStringWithoutAddress();
            if (_registry.TryGetOwn(path, out var actor) && actor.Equals(dead.ActorRef)) _registry.Put(path, null);
            if (dead.ActorRef.Path.Parent.Equals(Self.Path)) _held.End(dead.ActorRef.Path.Name, ToTopic);
        });
    }

    private void Subscriptions()
    {
        Receive<Subscribe>(subscribe => ToTopic(subscribe, Sender));
        Receive<Unsubscribe>(unsubscribe => ToTopic(unsubscribe, Sender));
        Receive<Subscribed>(done => done.Subscriber.Tell(done.Ack));
        Receive<Unsubscribed>(done => done.Subscriber.Tell(done.Ack));
        Receive<NoMoreSubscribers>(_ =>
        {
            _held.Begin(Sender.Path.Name);
            Sender.Tell(TerminateRequest.Instance);
        });
        Receive<NewSubscriberArrived>(_ => _held.End(Sender.Path.Name, ToTopic));
    }

    private void Gossip()
    {
        Receive<GossipTick>(_ =>
        {
            var others = _nodes.Where(node => !node.Equals(_cluster.SelfAddress)).ToList();
            if (others.Count == 0) return;
            var other = others[ThreadLocalRandom.Current.Next(others.Count)];
            Context.ActorSelection(Self.Path.ToStringWithAddress(other)).Tell(new Status(_registry.Versions, IsReplyToStatus: false), Self);
        });
        Receive<Status>(status =>
        {
            var news = _registry.NewerThan(status.Versions, _settings.MaxDeltaElements);
            if (news.Count > 0) Sender.Tell(new Delta(news));
            if (!status.IsReplyToStatus && _registry.IsOlderThan(status.Versions))
                Sender.Tell(new Status(_registry.Versions, IsReplyToStatus: true));
        });
        Receive<Delta>(delta =>
        {
            // what is still under way from or about a node that was removed must not bring it back
            if (!_nodes.Contains(Sender.Path.Address)) return;
            foreach (var bucket in delta.Buckets.Where(b => _nodes.Contains(b.Owner))) _registry.Merge(bucket);
        });
        Receive<Prune>(_ => _registry.Prune(_settings.RemovedTimeToLive));
    }

    private void Members()
    {
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            _nodes.Clear();
            foreach (var member in state.Members.Where(m => m.Status != MemberStatus.Joining)) Add(member);
        });
        Receive<ClusterEvent.MemberUp>(e => Add(e.Member));
        Receive<ClusterEvent.MemberWeaklyUp>(e => Add(e.Member));
        Receive<ClusterEvent.MemberLeft>(e => Forget(e.Member));
        Receive<ClusterEvent.MemberDowned>(e => Forget(e.Member));
        Receive<ClusterEvent.MemberRemoved>(e =>
        {
            if (e.Member.UniqueAddress == _cluster.SelfUniqueAddress) Context.Stop(Self);
            else Forget(e.Member);
        });
        Receive<ClusterEvent.IMemberEvent>(_ => { });
    }

    private void Add(Member member)
    {
        if (_settings.Role is null || member.HasRole(_settings.Role)) _nodes.Add(member.Address);
    }

    private void Forget(Member member)
    {
        if (member.UniqueAddress == _cluster.SelfUniqueAddress) return;
        _nodes.Remove(member.Address);
        _registry.Forget(member.Address);
    }

    private void Register(IActorRef actor)
    {
        _registry.Put(actor.Path.ToStringWithoutAddress(), actor);
        Context.Watch(actor);
    }

    private string TopicPath(string topic) => _topics + TopicName.Encode(topic);

    private void ToTopic(object message, IActorRef sender)
    {
        var name = TopicName.Encode((message as Subscribe)?.Topic ?? ((Unsubscribe)message).Topic);
        if (_held.Hold(name, message, sender)) return;
        var topic = Context.Child(name);
        if (topic.IsNobody())
        {
            if (message is Unsubscribe unsubscribe)
            {
                sender.Tell(new UnsubscribeAck(unsubscribe));
                return;
            }
            var (timeToLive, logic) = (_settings.RemovedTimeToLive, _settings.RoutingLogic);
            topic = Context.ActorOf(Actor.Props.Create(() => new Topic(timeToLive, logic)), name);
            Register(topic);
        }
        topic.Tell(message, sender);
    }

    private void ToOne(IEnumerable<IActorRef> receivers, object message, object content)
    {
        var routees = receivers.Select(Routee.FromActorRef).ToArray();
        if (routees.Length == 0) Unsubscribed(content);
        else _settings.RoutingLogic.Select(message, routees).Send(message, Sender);
    }

    private void ToAll(string path, object message, bool exceptOwn)
    {
        var any = false;
        foreach (var receiver in _registry.Find(path, exceptOwn))
        {
            receiver.Forward(message);
            any = true;
        }
        if (!any) Unsubscribed(message);
    }

    private void ToEachGroup(string topic, object message)
    {
        var groups = _registry.Below(TopicPath(topic) + "/").ToLookup(r => r.Path, r => r.Ref);
        foreach (var group in groups) ToOne(group, new SendToOneSubscriber(message), message);
        if (groups.Count == 0) Unsubscribed(message);
    }

    private void Unsubscribed(object message)
    {
        if (_settings.SendToDeadLettersWhenNoSubscribers) Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self));
        else Log.Debug("No subscriber for a message of type [{0}]", message.GetType());
    }
}
