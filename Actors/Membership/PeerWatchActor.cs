using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using Mooring.Messages;

namespace Mooring.Actors.Membership;

/// <summary>
/// Notices within milliseconds that another node's process has ended: when a link to a member breaks its endpoint is tried, and while it
/// refuses, the watchers of all nodes are told (V5). It is tried, too, when its heartbeats stay away: a host that is cut off or gone is told by that from a
/// process that is only slow, whose kernel answers; and the watchers of all nodes are told of what goes on being silent. On what most members say of one that
/// is unreachable the leader acts at once: it is downed. A node that cannot reach most of them is cut off, and begins anew. Akka.NET's split-brain
/// resolver, which looks once a second, judges what is left.
/// </summary>
public sealed class PeerWatchActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher, the same on every node.</summary>
    public const string Name = "peers";

    private static readonly TimeSpan SilenceInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RefusedAgain = TimeSpan.FromMilliseconds(100);

    // A few heartbeats: to be tried costs nothing. Longer than a link takes that a switch or a bond moves: its host is gone then, if it was tried often
    // enough that no loss of packets explains it.
    private static readonly TimeSpan QuietMax = TimeSpan.FromMilliseconds(500), GoneMin = TimeSpan.FromMilliseconds(1800);
    private const int UnansweredMin = 5;

    // A process that dies closes its sockets one after the other: one that still accepts is tried again, less and less often, for a second.
    private static readonly TimeSpan[] AcceptedAgain = [.. new[] { 5, 10, 20, 40, 80, 150, 300, 500 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    private readonly ProbePeer _probe;

    // How long heartbeats stay away before it is said: as long as the resolver waits for what it sees to be stable.
    private readonly TimeSpan _silenceMin = Context.System.Settings.Config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after", allowInfinite: false);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly PeerEvidence _evidence = PeerEvidence.Of(Context.System.EventStream);
    private readonly Dictionary<Address, (int Answered, int Unanswered)> _suspects = [];
    private readonly Dictionary<Address, (long Beats, TimeSpan At)> _heard = [];
    private readonly Dictionary<UniqueAddress, TimeSpan> _lostSince = [];
    private readonly Dictionary<UniqueAddress, IReadOnlyCollection<UniqueAddress>> _removed = [];
    private readonly HashSet<UniqueAddress> _downed = [];

    // Those that have removed this node, which it may not have heard: they take nothing from it any more.
    private readonly HashSet<Address> _givenUpBy = [];
    private PeerVotes _votes = PeerVotes.None;
    private bool _cutOff;

    /// <summary>Makes the actor.</summary>
    /// <param name="probe">Tries an endpoint.</param>
    public PeerWatchActor(ProbePeer probe)
    {
        _probe = probe;
        Receive<DisassociatedEvent>(gone => Suspect(gone.RemoteAddress));
        Receive<AssociationErrorEvent>(failed => Suspect(failed.RemoteAddress));
        Receive<ThisActorSystemQuarantinedEvent>(given =>
        {
            if (MemberAt(given.RemoteAddress) is not null)
                _givenUpBy.Add(given.RemoteAddress);
        });
        Receive<Probe>(probe => ProbeAsync(probe.Peer).PipeTo(Self));
        Receive<Probed>(OnProbed);
        Receive<PeerVote>(OnVote);
        Receive<Listen>(_ => OnListen());
        Receive<ClusterEvent.UnreachableMember>(_ => DownLost());
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
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberRemoved),
            typeof(ClusterEvent.UnreachableMember),
            typeof(ClusterEvent.LeaderChanged));
        Timers.StartPeriodicTimer(Listen.Instance, Listen.Instance, SilenceInterval);
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
        _suspects[peer] = default;
        Self.Tell(new Probe(peer));
    }

    private async Task<Probed> ProbeAsync(Address peer) => new(peer, await _probe(peer).ConfigureAwait(false));

    private void OnProbed(Probed probed)
    {
        if (!_suspects.TryGetValue(probed.Peer, out var suspect))
            return;
        if (MemberAt(probed.Peer) is not { } member)
        {
            Clear(probed.Peer);
            return;
        }
        var peer = probed.Peer.ToString();
        if (probed.Answer == PeerAnswer.Refuses)
        {
            if (_evidence.Add(peer, PeerVerdict.Refuses))
                _log.Warning("{0} refuses connections: its process has ended", peer);
            Vote(member.UniqueAddress, PeerVerdict.Refuses);
            Again(RefusedAgain, default);
        }
        else if (probed.Answer == PeerAnswer.Silent && IsQuietFor(QuietMax, probed.Peer))
        {
            if (suspect.Unanswered + 1 >= UnansweredMin && IsQuietFor(GoneMin, probed.Peer) && _evidence.Add(peer, PeerVerdict.Silent))
                _log.Warning("nothing is heard of {0}, and its host does not answer: it is cut off or gone", peer);
            Again(RefusedAgain, (0, suspect.Unanswered + 1));
        }
        else
        {
            _evidence.Remove(peer);
            if (suspect.Answered == AcceptedAgain.Length)
                _suspects.Remove(probed.Peer);
            else
                Again(AcceptedAgain[suspect.Answered], (suspect.Answered + 1, 0));
        }

        void Again(TimeSpan delay, (int Answered, int Unanswered) found)
        {
            _suspects[probed.Peer] = found;
            Timers.StartSingleTimer(probed.Peer, new Probe(probed.Peer), delay);
        }
    }

    private bool IsQuietFor(TimeSpan time, Address peer) => _heard.TryGetValue(peer, out var heard) && Now - heard.At >= time;

    // The detector hears of some members only, when there are many: the others are tried in vain.
    private void Hear()
    {
        foreach (var member in _cluster.State.Members.Where(m => m.Address != _cluster.SelfAddress))
        {
            var beats = _evidence.BeatsOf(member.Address.ToString());
            if (beats == 0)
                continue;
            if (!_heard.TryGetValue(member.Address, out var heard) || heard.Beats != beats)
            {
                _heard[member.Address] = (beats, Now);
                if (_evidence[member.Address.ToString()] == PeerVerdict.Silent)
                    _evidence.Remove(member.Address.ToString());
            }
            else if (IsQuietFor(QuietMax, member.Address))
            {
                Suspect(member.Address);
            }
        }
    }

    private void OnListen()
    {
        Hear();
        // As this node sees it.
        var lost = _cluster.State.Members.Where(m => m.Address != _cluster.SelfAddress && !_cluster.FailureDetector.IsAvailable(m.Address))
            .Select(m => m.UniqueAddress).ToList();
        foreach (var member in _lostSince.Keys.Except(lost).ToList())
            _lostSince.Remove(member);
        foreach (var member in lost)
            _lostSince.TryAdd(member, Now);
        var lasting = lost.Where(m => Now - _lostSince[m] >= _silenceMin || _evidence[m.Address.ToString()] == PeerVerdict.Silent).ToList();
        // Of who refuses more is known.
        foreach (var member in lasting.Where(m => _evidence[m.Address.ToString()] != PeerVerdict.Refuses))
            Vote(member, PeerVerdict.Silent);
        EndCutOff(lasting.Select(m => m.Address).ToHashSet());
    }

    // The others decide within the same time that this node is lost: what it holds is theirs then, and need not be waited for. Who is down here, and not
    // removed yet, may have been right about this node.
    private void EndCutOff(HashSet<Address> lost)
    {
        var counted = _cluster.State.Members.Where(m => m.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Down).Select(m => m.Address).ToHashSet();
        var without = counted.Count(peer => lost.Contains(peer) || _givenUpBy.Contains(peer));
        // Of two halves, the one that the other has given up goes.
        var most = counted.Overlaps(_givenUpBy) ? 2 * without >= counted.Count : 2 * without > counted.Count;
        if (_cutOff || !most || !counted.Contains(_cluster.SelfAddress))
            return;
        _cutOff = true;
        Context.Parent.Tell(new CutOff(without, counted.Count));
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
            _log.Warning("downing {0}: {1}", member.Address, _evidence[member.Address.ToString()] == PeerVerdict.Refuses ? "its process has ended" : "most members hear nothing of it");
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
        _heard.Remove(peer);
        _givenUpBy.Remove(peer);
        Timers.Cancel(peer);
        _evidence.Remove(peer.ToString());
    }

    private sealed record Listen : INoSerializationVerificationNeeded
    {
        public static Listen Instance { get; } = new();
    }

    private sealed record Probe(Address Peer) : INoSerializationVerificationNeeded;

    private sealed record Probed(Address Peer, PeerAnswer Answer) : INoSerializationVerificationNeeded;

    private sealed record ForgetRemoved(UniqueAddress Member) : INoSerializationVerificationNeeded;
}

/// <summary>This node cannot reach most of those that are up, or they have given it up.</summary>
/// <param name="Lost">How many.</param>
/// <param name="Counted">How many there are.</param>
internal sealed record CutOff(int Lost, int Counted) : INoSerializationVerificationNeeded;

/// <summary>A member that was removed is known to have ended: its process is gone, not only silent.</summary>
/// <param name="Member">Where it was, and which of those that there have been.</param>
internal sealed record PeerEnded(UniqueAddress Member) : INoSerializationVerificationNeeded;
