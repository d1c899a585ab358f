using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Actors.Files;

/// <summary>
/// One on every node, at <c>/user/data-node</c>: runs the areas that name nodes assign to this node, tells all nodes how it is, and knows how they
/// are. What the cluster sees of a node and what the node says of itself come together here.
/// </summary>
public sealed class DataNodeActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under <c>/user</c>, the same on every node.</summary>
    public const string Name = "data-node";

    private readonly MooringServices _services;
    private readonly FileSettings _settings;
    private readonly SharedStore _store;
    private readonly DataNodeContext _node;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<AreaId, IActorRef> _areas = [];
    private readonly Dictionary<Address, DataNodeReport> _reports = [];
    private readonly HashSet<IActorRef> _subscribers = [];
    private DataNodesChanged _known = new([]);
    private string? _problem = "it has not read the keys of tokens yet";
    private DataNodeReport? _reported;
    private TimeSpan _reportedAt;
    private bool _testing;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="areas">Where connections find the areas.</param>
    /// <param name="store">The node's connection for records.</param>
    /// <param name="nameNodes">The region of all name nodes.</param>
    public DataNodeActor(MooringServices services, ServedAreas areas, SharedStore store, ICanTell nameNodes)
    {
        (_services, _settings, _store, _node) = (services, services.Settings.Files, store, new DataNodeContext(areas, nameNodes));
        Receive<Tick>(_ => OnTick());
        Receive<SelfTested>(OnSelfTested);
        Receive<AssignArea>(OnAssign);
        Receive<CheckArea>(OnCheck);
        Receive<DataNodeReport>(report =>
        {
            _reports[ReporterAddress()] = report;
            Publish();
        });
        Receive<SubscribeDataNodes>(_ =>
        {
            if (_subscribers.Add(Sender))
                Context.Watch(Sender);
            Sender.Tell(_known);
        });
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            _reports.Remove(removed.Member.Address);
            Publish();
        });
        Receive<ClusterEvent.IMemberEvent>(_ =>
        {
            // Who joins hears of this node at once.
            Report(always: true);
            Publish();
        });
        Receive<ClusterEvent.IReachabilityEvent>(_ => Publish());
        Receive<Terminated>(OnTerminated);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="areas">Where connections find the areas.</param>
    /// <param name="store">The node's connection for records.</param>
    /// <param name="nameNodes">The region of all name nodes.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services, ServedAreas areas, SharedStore store, ICanTell nameNodes) =>
        Akka.Actor.Props.Create(() => new DataNodeActor(services, areas, store, nameNodes));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.Zero, _settings.SelfTestInterval);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _stopped.Cancel();
        _stopped.Dispose();
    }

    private void OnTick()
    {
        if (!_testing)
        {
            _testing = true;
            TestAsync().PipeTo(Self);
        }
        Report(always: false);
        Publish();
    }

    private void OnSelfTested(SelfTested tested)
    {
        _testing = false;
        if (tested.Keys is { } keys)
            _node.Areas.Keys = keys;
        if (tested.Problem is { } problem && _problem is null)
            _log.Warning("this data node's self-test: {0}", problem);
        _problem = tested.Problem;
        Report(always: false);
    }

    private void OnAssign(AssignArea assign)
    {
        if (_areas.TryGetValue(assign.Area, out var area))
        {
            area.Forward(assign);
            return;
        }
        if (assign.Role == AreaRole.None || _node.Areas.Keys is null)
            return;
        area = Context.ActorOf(AreaActor.Props(assign.Area, assign, _services, _node), $"area-{assign.Area.FileSystem}-{assign.Area.Number}");
        _areas[assign.Area] = Context.Watch(area);
    }

    private void OnCheck(CheckArea check)
    {
        if (_areas.TryGetValue(check.Area, out var area))
            area.Forward(check);
        else
            Sender.Tell(new AreaReport(check.Area.FileSystem, check.Area, _services.Settings.Node, _services.Incarnation, default, default, AreaRole.None, false, null, null, 0, 0, []));
    }

    private void OnTerminated(Terminated terminated)
    {
        _subscribers.Remove(terminated.ActorRef);
        foreach (var (id, _) in _areas.Where(a => a.Value.Equals(terminated.ActorRef)).ToList())
            _areas.Remove(id);
    }

    private void Report(bool always)
    {
        var report = new DataNodeReport(_services.Settings.Node, _services.Incarnation, _settings.Address, _problem);
        if (!always && report == _reported && Now - _reportedAt < _settings.ReportInterval)
            return;
        (_reported, _reportedAt) = (report, Now);
        Self.Tell(report);
        foreach (var member in _cluster.State.Members)
        {
            if (member.Address != _cluster.SelfAddress)
                Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name).Tell(report);
        }
    }

    private void Publish()
    {
        var known = new DataNodesChanged([.. Views().OrderBy(v => v.Node.Value, StringComparer.Ordinal)]);
        if (known.Items.SequenceEqual(_known.Items))
            return;
        _known = known;
        foreach (var subscriber in _subscribers)
            subscriber.Tell(known);
    }

    private IEnumerable<DataNodeView> Views()
    {
        var state = _cluster.State;
        foreach (var member in state.Members)
        {
            if (!_reports.TryGetValue(member.Address, out var report))
                continue;
            var failure = state.Unreachable.Contains(member) ? "the cluster cannot reach it"
                : member.Status is not (MemberStatus.Up or MemberStatus.WeaklyUp) ? $"it is {member.Status.ToString().ToLowerInvariant()}"
                : report.Problem;
            yield return new DataNodeView(report.Node, report.Incarnation, report.Address, failure, member.Address);
        }
    }

    private Address ReporterAddress() => Sender.Path.Address.HasGlobalScope ? Sender.Path.Address : _cluster.SelfAddress;

    private async Task<SelfTested> TestAsync()
    {
        try
        {
            var now = _services.Clock.GetUtcNow();
            var keys = await _store.UseAsync(async store =>
            {
                await store.ProbeAsync(_settings.SelfTestTimeout, _stopped.Token).ConfigureAwait(false);
                var known = await FileRecords.KeysAsync(store, _services.Entropy, now, _stopped.Token).ConfigureAwait(false);
                return known.IsDue(now, _settings.TokenKeyLifetime)
                    ? await FileRecords.ChangeKeysAsync(store, kept => kept!.IsDue(now, _settings.TokenKeyLifetime) ? kept.With(NewKey(), false, now, _settings.TokenLifetime) : kept, _stopped.Token).ConfigureAwait(false)
                    : known;
            }).WaitAsync(2 * _settings.SelfTestTimeout, _services.Clock, _stopped.Token);
            return new SelfTested(keys, null);
        }
        catch (Exception e) when (e is BlockStoreException or TimeoutException or OperationCanceledException)
        {
            return new SelfTested(null, $"the block store does not answer: {e.Message}");
        }
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private byte[] NewKey() => _services.Entropy.Bytes(AccessToken.KeyBytes);

    private sealed record SelfTested(TokenKeys? Keys, string? Problem) : INoSerializationVerificationNeeded;
}

/// <summary>Asks this node's data node to be told how all data nodes are, now and whenever that changes.</summary>
internal sealed record SubscribeDataNodes : INoSerializationVerificationNeeded;

/// <summary>All data nodes that the cluster has and that have reported.</summary>
/// <param name="Items">In order of their names.</param>
internal sealed record DataNodesChanged(IReadOnlyList<DataNodeView> Items) : INoSerializationVerificationNeeded;

/// <summary>A data node as this node sees it.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Incarnation">Unique for each start of its actor system.</param>
/// <param name="Address">Where it takes files.</param>
/// <param name="Failure">Why it is out of service, one line; null when it is well.</param>
/// <param name="Member">Its address in the cluster.</param>
internal sealed record DataNodeView(NodeName Node, string Incarnation, string Address, string? Failure, Address Member);
