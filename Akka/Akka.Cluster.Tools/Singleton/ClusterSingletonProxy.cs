using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>
/// Forwards messages to the singleton, wherever it runs, and keeps some while it is not known. Messages can be lost during a hand-over.
/// </summary>
public sealed class ClusterSingletonProxy : ReceiveActor
{
    private readonly ClusterSingletonProxySettings _settings;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string[] _singletonPath;
    private readonly SortedSet<Member> _members;
    private readonly Queue<(object Message, IActorRef Sender)> _buffer = new();
    private IActorRef? _singleton;
    private ICancelable? _identifyTimer;
    private long _identifyId;

    /// <param name="singletonManagerPath">Path of the manager without address, such as <c>/user/consumer</c>.</param>
    /// <param name="settings">Name, role, identification and buffer.</param>
    public ClusterSingletonProxy(string singletonManagerPath, ClusterSingletonProxySettings settings)
    {
        _settings = settings;
        _singletonPath = [.. singletonManagerPath.Split('/', StringSplitOptions.RemoveEmptyEntries), settings.SingletonName];
        _members = new SortedSet<Member>(SingletonOrder.By(settings.ConsiderAppVersion));
        Receive<ClusterEvent.CurrentClusterState>(Begin);
        Receive<ClusterEvent.MemberUp>(e => Track(() => Add(e.Member)));
        Receive<ClusterEvent.MemberExited>(e => Track(() => Remove(e.Member)));
        Receive<ClusterEvent.MemberDowned>(e => Track(() => Remove(e.Member)));
        Receive<ClusterEvent.MemberRemoved>(e =>
        {
            if (e.Member.UniqueAddress == _cluster.SelfUniqueAddress) Context.Stop(Self);
            else Track(() => Remove(e.Member));
        });
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<TryToIdentify>(_ => AskForSingleton());
        Receive<ActorIdentity>(Identified);
        Receive<Terminated>(e => SingletonTerminated(e.ActorRef));
        ReceiveAny(Pass);
    }

    public static Config DefaultConfig() => SingletonDefaults.Config;

    /// <param name="singletonManagerPath">Path of the manager without address, such as <c>/user/consumer</c>.</param>
    /// <param name="settings">Name, role, identification and buffer.</param>
    public static Props Props(string singletonManagerPath, ClusterSingletonProxySettings settings) =>
        Actor.Props.Create(() => new ClusterSingletonProxy(singletonManagerPath, settings))
            .WithDispatcher(Dispatch.Dispatchers.DefaultDispatcherId)
            .WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        _identifyTimer?.Cancel();
        _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent));
    }

    protected override void PostStop()
    {
        _identifyTimer?.Cancel();
        _cluster.Unsubscribe(Self);
    }

    private void Begin(ClusterEvent.CurrentClusterState state) => Track(() =>
    {
        _members.Clear();
        foreach (var member in state.Members)
            if (member.Status is MemberStatus.Up or MemberStatus.Leaving)
                Add(member);
    });

    private void Track(Action change)
    {
        var before = _members.Min;
        change();
        if (Equals(before, _members.Min)) return;
        _singleton = null;
        BeginIdentification();
    }

    private void Add(Member member)
    {
        Remove(member);
        if (_settings.Role is null || member.HasRole(_settings.Role)) _members.Add(member);
    }

    private void Remove(Member member) => _members.RemoveWhere(m => m.Equals(member));

    private void BeginIdentification()
    {
        _identifyId++;
        _identifyTimer?.Cancel();
        _identifyTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            TimeSpan.Zero, _settings.SingletonIdentificationInterval, Self, TryToIdentify.Instance, Self);
    }

    private void AskForSingleton()
    {
        if (_singleton is not null || _members.Min is not { } oldest) return;
        _log.Debug("Trying to identify singleton at [{0}/{1}]", oldest.Address, string.Join("/", _singletonPath));
        Context.ActorSelection(new RootActorPath(oldest.Address) / _singletonPath).Tell(new Identify(_identifyId), Self);
    }

    private void Identified(ActorIdentity identity)
    {
        if (!Equals(identity.MessageId, _identifyId) || identity.Subject is not { } subject || _singleton is not null) return;
        _cluster.LogInfo("Singleton identified at [{0}]", subject.Path);
        _singleton = subject;
        Context.Watch(subject);
        _identifyTimer?.Cancel();
        while (_buffer.TryDequeue(out var kept)) subject.Tell(kept.Message, kept.Sender);
    }

    private void SingletonTerminated(IActorRef singleton)
    {
        if (!singleton.Equals(_singleton)) return;
        // It may come back at the same place, so it is looked for again.
        _singleton = null;
        BeginIdentification();
    }

    private void Pass(object message)
    {
        if (_singleton is { } singleton)
        {
            if (_log.IsDebugEnabled) _log.Debug("Forwarding message of type [{0}] to current singleton instance at [{1}]", message.GetType(), singleton.Path);
            singleton.Forward(message);
            return;
        }
        if (_settings.BufferSize == 0)
        {
            _log.Debug("Singleton not available and buffering is disabled, dropping message [{0}]", message.GetType());
            return;
        }
        if (_buffer.Count == _settings.BufferSize)
        {
            var (dropped, sender) = _buffer.Dequeue();
            _log.Debug("Singleton not available, buffer is full, dropping first message [{0}]", dropped.GetType());
            Context.System.EventStream.Publish(new Dropped(dropped, "buffer of the singleton proxy is full", sender, Self));
        }
        _buffer.Enqueue((message, Sender));
    }

    private sealed class TryToIdentify : INoSerializationVerificationNeeded
    {
        public static readonly TryToIdentify Instance = new();
    }
}
