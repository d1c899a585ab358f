using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using Mooring.Messages;

namespace Mooring.Actors.Membership;

/// <summary>
/// Notices within milliseconds that another node's process has ended: when a link to a member breaks its endpoint is tried, and while it
/// refuses, the watchers of all nodes are told (V5); and so they are while a member's heartbeats stay away. On what most members say of one that
/// is unreachable the leader acts at once: it is downed. A node that cannot reach most of them is cut off, and begins anew. Akka.NET's split-brain
/// resolver, which looks once a second, judges what is left.
/// </summary>
public sealed class PeerWatchActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher, the same on every node.</summary>
    public const string Name = "peers";

    private static readonly TimeSpan SilenceInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RefusedAgain = TimeSpan.FromMilliseconds(100);

    // A process that dies closes its sockets one after the other: one that still accepts is tried again, less and less often, for a second.
    private static readonly TimeSpan[] AcceptedAgain = [.. new[] { 5, 10, 20, 40, 80, 150, 300, 500 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    private readonly ProbePeer _probe;

    // How long heartbeats stay away before it is said: as long as the resolver waits for what it sees to be stable.
    private readonly TimeSpan _silenceMin = Context.System.Settings.Config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after", allowInfinite: false);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly RefusedPeers _refused = RefusedPeers.Of(Context.System.EventStream);
    private readonly Dictionary<Address, int> _suspects = [];
    private readonly Dictionary<UniqueAddress, TimeSpan> _lostSince = [];
    private readonly Dictionary<UniqueAddress, IReadOnlyCollection<UniqueAddress>> _removed = [];
    private readonly HashSet<UniqueAddress> _downed = [];
    private PeerVotes _votes = PeerVotes.None;
    private bool _cutOff;

    /// <summary>Makes the actor.</summary>
    /// <param name="probe">Tries an endpoint.</param>
    public PeerWatchActor(ProbePeer probe)
    {
        _probe = probe;
        Receive<DisassociatedEvent>(gone => Suspect(gone.RemoteAddress));
        Receive<AssociationErrorEvent>(failed => Suspect(failed.RemoteAddress));
        Receive<Probe>(probe => ProbeAsync(probe.Peer).PipeTo(Self));
        Receive<Probed>(OnProbed);
        Receive<PeerVote>(OnVote);
        Receive<Listen>(_ => OnListen());
        Receive<ClusterEvent.UnreachableMember>(_ =>
        {
            Timers.StartPeriodicTimer(Listen.Instance, Listen.Instance, SilenceInterval);
            DownLost();
        });
        Receive<ClusterEvent.LeaderChanged>(_ => DownLost());
        Receive<ClusterEvent.MemberRemoved>(OnRemoved);
        Receive<ForgetRemoved>(forget =>
        {
            _removed.Remove(forget.Member);
            _downed.Remove(forget.Member);
            _votes = _votes.Forget(forget.Member);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private List<UniqueAddress> Members => [.. _cluster.State.Members.Where(m => m.Status != MemberStatus.Removed).Select(m => m.UniqueAddress)];

    private List<UniqueAddress> Up => [.. _cluster.State.Members.Where(m => m.Status is not (MemberStatus.Joining or MemberStatus.Removed)).Select(m => m.UniqueAddress)];

    /// <summary>How to make one.</summary>
    /// <param name="probe">Tries an endpoint.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(ProbePeer probe) => Akka.Actor.Props.Create(() => new PeerWatchActor(probe));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberRemoved),
            typeof(ClusterEvent.UnreachableMember),
            typeof(ClusterEvent.LeaderChanged));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _cluster.Unsubscribe(Self);
    }

    private Member? MemberAt(Address address) => _cluster.State.Members.FirstOrDefault(m => m.Address == address);

    private void Suspect(Address? peer)
    {
        if (peer is null || peer == _cluster.SelfAddress || _suspects.ContainsKey(peer) || MemberAt(peer) is null)
            return;
        _suspects[peer] = 0;
        Self.Tell(new Probe(peer));
    }

    private async Task<Probed> ProbeAsync(Address peer) => new(peer, await _probe(peer).ConfigureAwait(false));

    private void OnProbed(Probed probed)
    {
        if (!_suspects.TryGetValue(probed.Peer, out var times))
            return;
        if (MemberAt(probed.Peer) is not { } member)
        {
            Clear(probed.Peer);
            return;
        }
        if (probed.Answer == PeerAnswer.Refuses)
        {
            if (_refused.Add(probed.Peer.ToString()))
                _log.Warning("{0} refuses connections: its process has ended", probed.Peer);
            Vote(member.UniqueAddress, PeerVerdict.Refuses);
            Timers.StartSingleTimer(probed.Peer, new Probe(probed.Peer), RefusedAgain);
            return;
        }
        _refused.Remove(probed.Peer.ToString());
        if (times == AcceptedAgain.Length)
        {
            _suspects.Remove(probed.Peer);
            return;
        }
        _suspects[probed.Peer] = times + 1;
        Timers.StartSingleTimer(probed.Peer, new Probe(probed.Peer), AcceptedAgain[times]);
    }

    private void OnListen()
    {
        var unreachable = _cluster.State.Unreachable;
        if (unreachable.IsEmpty)
            Timers.Cancel(Listen.Instance);
        // As this node sees it.
        var lost = unreachable.Where(m => !_cluster.FailureDetector.IsAvailable(m.Address)).Select(m => m.UniqueAddress).ToList();
        foreach (var member in _lostSince.Keys.Except(lost).ToList())
            _lostSince.Remove(member);
        foreach (var member in lost)
            _lostSince.TryAdd(member, Now);
        var lasting = lost.Where(m => Now - _lostSince[m] >= _silenceMin).ToList();
        // Of who refuses more is known.
        foreach (var member in lasting.Where(m => !_refused.Contains(m.Address.ToString())))
            Vote(member, PeerVerdict.Silent);
        EndCutOff(lasting);
    }

    // The others decide within the same time that this node is lost: what it holds is theirs then, and need not be waited for.
    private void EndCutOff(IReadOnlyCollection<UniqueAddress> lost)
    {
        var counted = _cluster.State.Members.Where(m => m.Status is MemberStatus.Up or MemberStatus.Leaving).Select(m => m.UniqueAddress).ToHashSet();
        if (_cutOff || !counted.Contains(_cluster.SelfUniqueAddress) || 2 * lost.Count(counted.Contains) <= counted.Count)
            return;
        _cutOff = true;
        Context.Parent.Tell(new CutOff(lost.Count(counted.Contains), counted.Count));
    }

    private void Vote(UniqueAddress about, PeerVerdict verdict)
    {
        var vote = new PeerVote(about.Address.ToString(), about.Uid, verdict, _cluster.SelfAddress.ToString(), _cluster.SelfUniqueAddress.Uid);
        Self.Tell(vote);
        foreach (var member in _cluster.State.Members)
        {
            if (member.Address != _cluster.SelfAddress && member.Address != about.Address)
                Context.ActorSelection(new RootActorPath(member.Address) / "user" / Nodes.DispatcherActor.Name / Name).Tell(vote);
        }
    }

    private void OnVote(PeerVote vote)
    {
        var about = new UniqueAddress(Address.Parse(vote.Address), vote.Uid);
        _votes = _votes.Cast(about, vote.Verdict, new UniqueAddress(Address.Parse(vote.ByAddress), vote.ByUid), Now);
        // Whoever hears of it looks as well: links break one after the other.
        if (vote.Verdict == PeerVerdict.Refuses)
            Suspect(about.Address);
        DownLost();
        TellEnded(about);
    }

    // One node does it, so that no two versions of the gossip have to be merged; only who is unreachable is removed once it is down.
    private void DownLost()
    {
        var state = _cluster.State;
        if (state.Leader != _cluster.SelfAddress)
            return;
        foreach (var member in state.Unreachable.Where(m => m.Status != MemberStatus.Down && _votes.IsLost(m.UniqueAddress, Members, Up, Now)).ToList())
        {
            if (!_downed.Add(member.UniqueAddress))
                continue;
            _log.Warning("downing {0}: {1}", member.Address, _refused.Contains(member.Address.ToString()) ? "its process has ended" : "most members hear nothing of it");
            _cluster.Down(member.Address);
        }
    }

    private void OnRemoved(ClusterEvent.MemberRemoved removed)
    {
        var gone = removed.Member.UniqueAddress;
        // The state may or may not name it any more.
        _removed[gone] = Members.Append(gone).ToHashSet();
        Timers.StartSingleTimer(gone, new ForgetRemoved(gone), TimeSpan.FromSeconds(10));
        Clear(gone.Address);
        TellEnded(gone);
    }

    // A vote may come after the removal that it led to.
    private void TellEnded(UniqueAddress member)
    {
        if (_removed.TryGetValue(member, out var members) && _votes.HasEnded(member, members, Now))
            Context.Parent.Tell(new PeerEnded(member));
    }

    private void Clear(Address peer)
    {
        _suspects.Remove(peer);
        Timers.Cancel(peer);
        _refused.Remove(peer.ToString());
    }

    private sealed record Listen : INoSerializationVerificationNeeded
    {
        public static Listen Instance { get; } = new();
    }

    private sealed record Probe(Address Peer) : INoSerializationVerificationNeeded;

    private sealed record Probed(Address Peer, PeerAnswer Answer) : INoSerializationVerificationNeeded;

    private sealed record ForgetRemoved(UniqueAddress Member) : INoSerializationVerificationNeeded;
}

/// <summary>This node cannot reach most of those that are up.</summary>
/// <param name="Lost">How many it cannot reach.</param>
/// <param name="Counted">How many there are.</param>
internal sealed record CutOff(int Lost, int Counted) : INoSerializationVerificationNeeded;

/// <summary>A member that was removed is known to have ended: its process is gone, not only silent.</summary>
/// <param name="Member">Where it was, and which of those that there have been.</param>
internal sealed record PeerEnded(UniqueAddress Member) : INoSerializationVerificationNeeded;
