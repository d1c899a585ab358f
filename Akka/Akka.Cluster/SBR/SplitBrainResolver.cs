using System.Collections.Immutable;
using Akka.Actor;
using Akka.Coordination;
using Akka.Event;
using Akka.Remote;

namespace Akka.Cluster.SBR;

/// <summary>
/// Collects membership and reachability, waits until they have not changed for stable-after, and has the leader of each side act on
/// what its <see cref="DowningStrategy"/> decides. The lease, if the strategy needs one, is asked for without blocking: while the
/// answer is outstanding nothing else is decided.
/// </summary>
internal sealed class SplitBrainResolver : ActorBase
{
    private readonly Cluster _cluster;
    private readonly SplitBrainResolverSettings _settings;
    private readonly DowningStrategy _strategy;
    private readonly ILoggingAdapter _log;
    private readonly UniqueAddress _self;
    private readonly Lease? _lease;
    private ClusterView _view;
    private Address? _leader;
    private ICancelable? _stableTimer;
    private TimeSpan _stableAt;
    private Instability? _instability;
    private bool _waitingForLease;
    private bool _leaseHeld;
    private ImmutableHashSet<UniqueAddress> _downedWithLease = [];
    private ICancelable? _releaseTimer;

    public SplitBrainResolver(Cluster cluster, SplitBrainResolverSettings settings, DowningStrategy strategy, Lease? lease)
    {
        _cluster = cluster;
        _settings = settings;
        _strategy = strategy;
        _log = Context.GetLogger();
        _self = cluster.SelfUniqueAddress;
        _view = new ClusterView(_self, Member.NoMembers, Reachability.Empty, []);
        _lease = lease ?? (strategy is LeaseMajorityStrategy ? SplitBrainResolverProvider.CreateLease(cluster, settings.LeaseMajoritySettings) : null);
    }

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IClusterDomainEvent));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
    }

    protected override void PostStop()
    {
        _stableTimer?.Cancel();
        _releaseTimer?.Cancel();
        Context.System.EventStream.Unsubscribe(Self);
        _cluster.Unsubscribe(Self);
        // A restarted or stopped resolver must not hold the lease against the other side.
        if (_leaseHeld) _ = _lease!.Release();
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberRemoved removed: Removed(removed.Member); return true;
            case ClusterEvent.IMemberEvent e: Changed(e.Member); return true;
            case ClusterEvent.UnreachableMember or ClusterEvent.ReachableMember: ResetStableDeadline(); return true;
            case ClusterEvent.ReachabilityChanged e: ReachabilityChanged(e.Reachability); return true;
            case ClusterEvent.SeenChanged e: _view = _view with { SeenBy = e.SeenBy }; return true;
            case ClusterEvent.LeaderChanged e: LeaderChanged(e.Leader); return true;
            case ClusterEvent.IClusterDomainEvent: return true;
            case Stable: DecideWhenStable(); return true;
            case AcquireLease acquire: Acquire(acquire.Decision); return true;
            case LeaseResult result: LeaseAnswered(result); return true;
            case ReleaseLease: Release(); return true;
            case ThisActorSystemQuarantinedEvent e: QuarantinedByRemote(e); return true;
            default: return false;
        }
    }

    private void Changed(Member member)
    {
        _view = _view with { Members = _view.Members.Remove(member).Add(member) };
        // Joining nodes do not delay a decision about those that are gone.
        if (member.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp)) ResetStableDeadline();
    }

    private void Removed(Member member)
    {
        _view = _view with { Members = _view.Members.Remove(member), Reachability = _view.Reachability.Remove([member.UniqueAddress]) };
        ResetStableDeadline();
        if (!_leaseHeld || _downedWithLease.IsEmpty) return;
        _downedWithLease = _downedWithLease.Remove(member.UniqueAddress);
        if (_downedWithLease.IsEmpty) ReleaseLeaseLater();
    }

    private void ReachabilityChanged(Reachability reachability)
    {
        var before = _view.Unreachable;
        _view = _view with { Reachability = reachability };
        // One more observer of what is known to be unreachable changes nothing.
        if (!before.SetEquals(_view.Unreachable)) ResetStableDeadline();
        var nobody = _view.Members.All(m => !_view.IsUnreachable(m) || m.Status is MemberStatus.Down or MemberStatus.Exiting);
        _instability = nobody ? null : _instability is null ? new Instability(Now, 1) : _instability with { Changes = _instability.Changes + 1 };
    }

    private void LeaderChanged(Address? leader)
    {
        _leader = leader;
        // A leader that comes late decides now.
        if (_stableTimer is null && !_view.Unreachable.IsEmpty) ScheduleDecision(TimeSpan.Zero);
    }

    private void ResetStableDeadline() => ScheduleDecision(_settings.DowningStableAfter);

    private void ScheduleDecision(TimeSpan after)
    {
        _stableTimer?.Cancel();
        _stableAt = Now + after;
        // Nobody to decide about: no timer runs in a healthy cluster.
        _stableTimer = _view.Unreachable.IsEmpty ? null : Context.System.Scheduler.ScheduleTellOnceCancelable(after, Self, new Stable(), Self);
        if (_stableTimer is not null && _settings.DownAllWhenUnstable > TimeSpan.Zero && _instability is { Changes: > 2 }) DecideWhenUnstable();
    }

    /// <summary>Reachability never settles: no side can be sure of what the other decides, so all go.</summary>
    private void DecideWhenUnstable()
    {
        var unstableFor = Now - _instability!.Since;
        if (unstableFor <= _settings.DowningStableAfter + _settings.DownAllWhenUnstable) return;
        _log.Warning("SBR detected instability and will down all nodes: reachability changed {0} times in {1} ms", _instability.Changes, unstableFor.TotalMilliseconds);
        _instability = null;
        Act(new Decision.DownAll());
    }

    private void DecideWhenStable()
    {
        if (_view.Unreachable.IsEmpty || Now < _stableAt) return;
        _stableTimer = null;
        var isMember = _view.Members.Any(m => m.UniqueAddress == _self);
        if (!isMember || _leader != _self.Address || _waitingForLease) return;
        var undecided = _view.Members.Any(m => _view.IsUnreachable(m) && m.Status is not (MemberStatus.Down or MemberStatus.Exiting));
        if (!undecided) return;
        var decision = _strategy.Decide(_view);
        _log.Info("SBR took decision [{0}] and will down [{1}]", decision.GetType().Name, string.Join(", ", _strategy.NodesToDown(decision, _view).Select(m => m.Address)));
        switch (decision)
        {
            case Decision.AcquireLeaseAndDownUnreachable d: AcquireAfter(d.Delay, d); break;
            case Decision.AcquireLeaseAndDownIndirectlyConnected d: AcquireAfter(d.Delay, d); break;
            default: Act(decision); break;
        }
    }

    private void AcquireAfter(TimeSpan delay, Decision decision)
    {
        _waitingForLease = true;
        if (delay == TimeSpan.Zero) Acquire(decision);
        else Context.System.Scheduler.ScheduleTellOnce(delay, Self, new AcquireLease(decision), Self);
    }

    private void Acquire(Decision decision)
    {
        if (_leaseHeld && _lease!.CheckLease())
        {
            LeaseAnswered(new LeaseResult(decision, true, null));
            return;
        }
        Task<bool> acquired;
        try
        {
            acquired = _lease!.Acquire();
        }
        catch (Exception e)
        {
            acquired = Task.FromException<bool>(e);
        }
        acquired.PipeTo(Self, success: ok => new LeaseResult(decision, ok, null), failure: e => new LeaseResult(decision, false, e));
    }

    private void LeaseAnswered(LeaseResult result)
    {
        _waitingForLease = false;
        if (result.Failure is not null) _log.Error(result.Failure, "SBR acquire of lease failed: {0}", result.Failure.Message);
        if (!result.Granted)
        {
            _log.Info("SBR was not granted the lease and reverses its decision");
            Act(DowningStrategy.Reverse(result.Decision));
            return;
        }
        _leaseHeld = true;
        _releaseTimer?.Cancel();
        var downed = Act(result.Decision);
        _downedWithLease = downed.Select(m => m.UniqueAddress).ToImmutableHashSet();
        if (_downedWithLease.IsEmpty) ReleaseLeaseLater();
        // What has changed while the answer was outstanding is decided next.
        if (!_view.Unreachable.IsEmpty) ResetStableDeadline();
    }

    /// <summary>Kept for a while after the others were removed: the other side may ask for it only then.</summary>
    private void ReleaseLeaseLater()
    {
        _releaseTimer?.Cancel();
        _releaseTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(_settings.LeaseMajoritySettings.ReleaseAfter, Self, new ReleaseLease(), Self);
    }

    private void Release()
    {
        if (!_leaseHeld) return;
        _leaseHeld = false;
        _lease!.Release().ContinueWith(
            released => _log.Warning("SBR could not release the lease: {0}", released.Exception?.GetBaseException().Message),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private ImmutableHashSet<Member> Act(Decision decision)
    {
        var nodes = _strategy.NodesToDown(decision, _view);
        // Itself last: the news about the others has to leave first.
        foreach (var member in nodes.Where(m => m.UniqueAddress != _self).Concat(nodes.Where(m => m.UniqueAddress == _self)))
            _cluster.Down(member.Address);
        return nodes;
    }

    private void QuarantinedByRemote(ThisActorSystemQuarantinedEvent e)
    {
        _log.Warning("SBR: this actor system was quarantined by [{0}] and downs itself", e.RemoteAddress);
        Act(new Decision.DownSelfQuarantinedByRemote());
    }

    private sealed record Instability(TimeSpan Since, int Changes);

    private sealed record Stable : INoSerializationVerificationNeeded;

    private sealed record ReleaseLease : INoSerializationVerificationNeeded;

    private sealed record AcquireLease(Decision Decision) : INoSerializationVerificationNeeded;

    private sealed record LeaseResult(Decision Decision, bool Granted, Exception? Failure) : INoSerializationVerificationNeeded;
}
