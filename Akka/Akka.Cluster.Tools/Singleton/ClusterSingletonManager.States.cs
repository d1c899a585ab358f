using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster.Tools.Singleton;

public sealed partial class ClusterSingletonManager
{
    private List<UniqueAddress> _previousOldest = [];
    private IActorRef? _singleton;
    private UniqueAddress? _newOldest;
    private IActorRef? _handOverTo;

    /// <summary>Waits for the first view of the members.</summary>
    private bool WhenStart(object message)
    {
        if (message is not OldestChangedBuffer.InitialOldestState initial) return false;
        _previousOldest = initial.Oldest.Where(n => n != _self).ToList();
        if (initial.Oldest.FirstOrDefault() != _self) GoTo(ClusterSingletonState.Younger);
        else if (initial.SafeToBeOldest) TryGoToOldest();
        else GoToBecomingOldest();
        return true;
    }

    /// <summary>Another member is older; remembers who that was, for the day that this one becomes the oldest.</summary>
    private bool WhenYounger(object message)
    {
        switch (message)
        {
            case OldestChangedBuffer.OldestChanged(var oldest) when oldest == _self:
                _cluster.LogInfo("Younger observed OldestChanged: [{0} -> myself]", _previousOldest.FirstOrDefault()?.Address);
                _previousOldest.RemoveAll(_removed.ContainsKey);
                if (_previousOldest.Count == 0)
                {
                    TryGoToOldest();
                }
                else
                {
                    Peer(_previousOldest[0].Address).Tell(HandOverToMe.Instance, Self);
                    GoToBecomingOldest();
                }
                return true;
            case OldestChangedBuffer.OldestChanged(var oldest):
                _cluster.LogInfo("Younger observed OldestChanged: [{0} -> {1}]", _previousOldest.FirstOrDefault()?.Address, oldest?.Address);
                NextOldestChange();
                if (oldest is not null && !_previousOldest.Contains(oldest)) _previousOldest.Insert(0, oldest);
                return true;
            case ClusterEvent.MemberRemoved removed when removed.Member.UniqueAddress != _self:
                DelayedRemoval(removed.Member);
                return true;
            case DelayedMemberRemoved(var member):
                AddRemoved(member.UniqueAddress);
                _previousOldest.Remove(member.UniqueAddress);
                return true;
            case HandOverToMe when _cluster.SelfMember.Status != MemberStatus.Down:
                // This node was restarted quickly under its old address: the instance that is asked for is gone.
                Sender.Tell(HandOverDone.Instance);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The oldest now; waits until the previous ones have stopped their instance or are removed.</summary>
    private bool WhenBecomingOldest(object message)
    {
        switch (message)
        {
            case HandOverInProgress:
                _cluster.LogInfo("Hand-over in progress at [{0}] [{1}]", Sender.Path.Address, Self.Path);
                _retryTimer?.Cancel();
                return true;
            case HandOverDone when _previousOldest.Count > 0 && IsFrom(Sender, _previousOldest[0]):
                TryGoToOldest();
                return true;
            case HandOverDone:
                _cluster.LogInfo("Ignoring HandOverDone in BecomingOldest from [{0}]. Expected previous oldest [{1}]",
                    Sender.Path.Address, _previousOldest.FirstOrDefault()?.Address);
                return true;
            case ClusterEvent.MemberRemoved removed when removed.Member.UniqueAddress != _self:
                DelayedRemoval(removed.Member);
                return true;
            case DelayedMemberRemoved(var member):
                AddRemoved(member.UniqueAddress);
                if (_previousOldest.Remove(member.UniqueAddress) && _previousOldest.Count == 0)
                {
                    _cluster.LogInfo("Previous oldest [{0}] removed [{1}]", member.Address, Self.Path);
                    TryGoToOldest();
                }
                return true;
            case TakeOverFromMe when _previousOldest.Count == 0 || IsFrom(Sender, _previousOldest[0]):
                Sender.Tell(HandOverToMe.Instance);
                return true;
            case TakeOverFromMe:
                _cluster.LogInfo("Ignoring TakeOver request in BecomingOldest from [{0}]. Expected previous oldest [{1}]",
                    Sender.Path.Address, _previousOldest[0].Address);
                return true;
            case HandOverRetry(var count):
                RetryHandOver(count);
                return true;
            default:
                return false;
        }
    }

    private void GoToBecomingOldest()
    {
        GoTo(ClusterSingletonState.BecomingOldest);
        RetryAfter(_settings.HandOverRetryInterval, new HandOverRetry(1));
    }

    private void RetryHandOver(int count)
    {
        if (count <= _maxHandOverRetries)
        {
            _cluster.LogInfo("Retry [{0}], sending HandOverToMe to [{1}]", count, _previousOldest.FirstOrDefault()?.Address);
            if (_previousOldest.Count > 0) Peer(_previousOldest[0].Address).Tell(HandOverToMe.Instance, Self);
            RetryAfter(_settings.HandOverRetryInterval, new HandOverRetry(count + 1));
        }
        else if (_previousOldest.TrueForAll(_removed.ContainsKey))
        {
            _cluster.LogInfo("Timeout in BecomingOldest. Previous oldest unknown, removed and no TakeOver request. [{0}]", Self.Path);
            TryGoToOldest();
        }
        else if (_cluster.IsTerminated)
        {
            Context.Stop(Self);
        }
        else
        {
            throw new ClusterSingletonManagerIsStuckException(
                $"Becoming singleton oldest was stuck because previous oldest [{_previousOldest.FirstOrDefault()}] is unresponsive");
        }
    }

    private void TryGoToOldest()
    {
        _previousOldest = [];
        if (_lease is null)
        {
            GoToOldest();
            return;
        }
        _cluster.LogInfo("Trying to acquire lease before starting singleton [{0}]", Self.Path);
        GoTo(ClusterSingletonState.AcquiringLease);
        AcquireLease();
    }

    private void GoToOldest()
    {
        _cluster.LogInfo("Singleton manager starting singleton actor [{0}]", Self.Path / _settings.SingletonName);
        _singleton = Context.Watch(Context.ActorOf(_singletonProps, _settings.SingletonName));
        _newOldest = null;
        GoTo(ClusterSingletonState.Oldest);
    }

    /// <summary>
    /// The oldest, but not allowed to run the singleton until the lease is granted. An instance that is still stopping (the lease was
    /// lost) is waited for before the lease is asked for again.
    /// </summary>
    private bool WhenAcquiringLease(object message)
    {
        switch (message)
        {
            case LeaseAnswer(true, _):
                _leaseHeld = true;
                GoToOldest();
                return true;
            case LeaseAnswer(false, var failure):
                if (failure is not null) _log.Error(failure, "Failed to get lease for singleton: {0}", failure.Message);
                else _log.Debug("Lease for singleton [{0}] was not granted", Self.Path);
                RetryAfter(_settings.LeaseSettings!.LeaseRetryInterval, new LeaseRetry());
                return true;
            case LeaseRetry:
                AcquireLease();
                return true;
            case LeaseLost:
                // It belongs to an earlier time of holding it; the answer to the present request is still to come.
                return true;
            case Terminated terminated when terminated.ActorRef.Equals(_singleton):
                _cluster.LogInfo("Singleton actor terminated. Trying to acquire lease again before re-creating. [{0}]", Self.Path);
                _singleton = null;
                AcquireLease();
                return true;
            case OldestChangedBuffer.OldestChanged(var oldest):
                OldestHasChanged(oldest);
                return true;
            case HandOverToMe:
                HandOverToMember();
                return true;
            case TakeOverFromMe:
                Sender.Tell(HandOverToMe.Instance);
                return true;
            case SelfExiting:
                SelfIsExiting();
                return true;
            case ClusterEvent.MemberDowned downed when downed.Member.UniqueAddress == _self:
                StopAll("Self downed, stopping ClusterSingletonManager");
                return true;
            default:
                return false;
        }
    }

    /// <summary>Runs the singleton.</summary>
    private bool WhenOldest(object message)
    {
        switch (message)
        {
            case OldestChangedBuffer.OldestChanged(var oldest):
                OldestHasChanged(oldest);
                return true;
            case HandOverToMe:
                HandOverToMember();
                return true;
            case TakeOverFromMe:
                // Already the oldest: goes on as that.
                Sender.Tell(HandOverToMe.Instance);
                return true;
            case Terminated terminated when terminated.ActorRef.Equals(_singleton):
                _cluster.LogInfo("Singleton actor [{0}] was terminated", terminated.ActorRef.Path);
                _singleton = null;
                return true;
            case SelfExiting:
                SelfIsExiting();
                return true;
            case ClusterEvent.MemberDowned downed when downed.Member.UniqueAddress == _self:
                StopAll("Self downed, stopping ClusterSingletonManager");
                return true;
            case LeaseLost(var reason):
                _leaseHeld = false;
                _log.Warning("Lease has been lost. Reason: {0}. Terminating singleton and trying to re-acquire lease",
                    reason?.Message ?? "not given");
                GoTo(ClusterSingletonState.AcquiringLease);
                if (_singleton is { } running) running.Tell(_terminationMessage);
                else AcquireLease();
                return true;
            default:
                return false;
        }
    }

    // Not to a node that has formed another cluster under the same addresses: nobody here would run the singleton after that one's end.
    private void HandOverToMember()
    {
        if (IsMember(Sender)) GoToHandingOver(Sender);
        else _cluster.LogInfo("Ignoring HandOverToMe in [{0}] from [{1}], which is no member", _state, Sender.Path.Address);
    }

    private void OldestHasChanged(UniqueAddress? oldest)
    {
        _cluster.LogInfo("[{0}] observed OldestChanged: [{1} -> {2}]", _state, _cluster.SelfAddress, oldest?.Address);
        if (oldest == _self)
        {
            NextOldestChange();
            return;
        }
        if (oldest is not null && !_selfExited && _removed.ContainsKey(oldest))
        {
            // A removed node counts as the oldest again (its removal was not complete). Safest is to start over as a younger one.
            GoToHandingOver(null);
            return;
        }
        _newOldest = oldest;
        // In case that the new oldest does not know of this one.
        if (oldest is not null) Peer(oldest.Address).Tell(TakeOverFromMe.Instance, Self);
        GoTo(ClusterSingletonState.WasOldest);
        RetryAfter(_settings.HandOverRetryInterval, new TakeOverRetry(1));
    }

    /// <summary>Runs the singleton until the new oldest asks for it.</summary>
    private bool WhenWasOldest(object message)
    {
        switch (message)
        {
            case TakeOverRetry(var count):
                RetryTakeOver(count);
                return true;
            case HandOverToMe:
                GoToHandingOver(Sender);
                return true;
            case ClusterEvent.MemberRemoved removed when removed.Member.UniqueAddress == _self && !_selfExited:
                StopAll("Self removed, stopping ClusterSingletonManager");
                return true;
            case ClusterEvent.MemberRemoved removed when !_selfExited && removed.Member.UniqueAddress == _newOldest:
                AddRemoved(removed.Member.UniqueAddress);
                GoToHandingOver(null);
                return true;
            case Terminated terminated when terminated.ActorRef.Equals(_singleton):
                _singleton = null;
                return true;
            case SelfExiting:
                SelfIsExiting();
                return true;
            case ClusterEvent.MemberDowned downed when downed.Member.UniqueAddress == _self:
                StopAll("Self downed, stopping ClusterSingletonManager");
                return true;
            case LeaseLost:
                _leaseHeld = false;
                _singleton?.Tell(_terminationMessage);
                return true;
            default:
                return false;
        }
    }

    private void RetryTakeOver(int count)
    {
        if ((_cluster.IsTerminated || _selfExited) && (_newOldest is null || count > _maxTakeOverRetries))
        {
            StopAll("No new oldest took over, stopping ClusterSingletonManager");
        }
        else if (count <= _maxTakeOverRetries)
        {
            _cluster.LogInfo("Retry [{0}], sending TakeOverFromMe to [{1}]", count, _newOldest?.Address);
            if (_newOldest is not null) Peer(_newOldest.Address).Tell(TakeOverFromMe.Instance, Self);
            RetryAfter(_settings.HandOverRetryInterval, new TakeOverRetry(count + 1));
        }
        else
        {
            throw new ClusterSingletonManagerIsStuckException($"Expected hand-over to [{_newOldest}] never occurred");
        }
    }

    private void GoToHandingOver(IActorRef? handOverTo)
    {
        _handOverTo = handOverTo;
        if (_singleton is not { } singleton)
        {
            HandOverIsDone();
            return;
        }
        handOverTo?.Tell(HandOverInProgress.Instance);
        _cluster.LogInfo("Singleton manager stopping singleton actor [{0}]", singleton.Path);
        GoTo(ClusterSingletonState.HandingOver);
        singleton.Tell(_terminationMessage);
    }

    /// <summary>The singleton is stopping; the new oldest waits for it.</summary>
    private bool WhenHandingOver(object message)
    {
        switch (message)
        {
            case Terminated terminated when terminated.ActorRef.Equals(_singleton):
                _singleton = null;
                HandOverIsDone();
                return true;
            case HandOverToMe when _handOverTo is null || _handOverTo.Path.Address == Sender.Path.Address:
                _handOverTo = Sender;
                Sender.Tell(HandOverInProgress.Instance);
                return true;
            case OldestChangedBuffer.OldestChanged(var oldest):
                // Who asked had heard of it first.
                _newOldest = oldest;
                return true;
            case SelfExiting:
                SelfIsExiting();
                return true;
            default:
                return false;
        }
    }

    private void HandOverIsDone()
    {
        _cluster.LogInfo("Singleton terminated, hand-over done [{0} -> {1}]", _cluster.SelfAddress, _handOverTo?.Path.Address);
        ReleaseLease();
        _handOverTo?.Tell(HandOverDone.Instance);
        _memberExiting.TrySetResult(Done.Instance);
        if (_removed.ContainsKey(_self))
        {
            _cluster.LogInfo("Self removed, stopping ClusterSingletonManager [{0}]", Self.Path);
            Context.Stop(Self);
        }
        else if (_handOverTo is null || !_selfExited)
        {
            // It stays a member, and takes its turn again: a member of a newer version that it handed over to may go before it does.
            _previousOldest = _handOverTo is not null && _newOldest is { } newOldest && IsFrom(_handOverTo, newOldest) ? [newOldest] : [];
            GoTo(ClusterSingletonState.Younger);
        }
        else
        {
            GoTo(ClusterSingletonState.End);
        }
    }

    private void StopAll(string why)
    {
        _cluster.LogInfo("{0} [{1}]", why, Self.Path);
        if (_singleton is not { } singleton)
        {
            Context.Stop(Self);
            return;
        }
        GoTo(ClusterSingletonState.Stopping);
        singleton.Tell(_terminationMessage);
    }

    /// <summary>The singleton is stopping, and the manager with it.</summary>
    private bool WhenStopping(object message)
    {
        if (message is not Terminated terminated || !terminated.ActorRef.Equals(_singleton)) return false;
        _singleton = null;
        Context.Stop(Self);
        return true;
    }

    private void SelfIsExiting()
    {
        _selfExited = true;
        _cluster.LogInfo("Exited [{0}]", _cluster.SelfAddress);
        Sender.Tell(Done.Instance);
    }

    /// <summary>What is the same in all states that do not say otherwise.</summary>
    private bool WhenAny(object message)
    {
        switch (message)
        {
            case SelfExiting:
                SelfIsExiting();
                _memberExiting.TrySetResult(Done.Instance);
                return true;
            case ClusterEvent.MemberRemoved removed when removed.Member.UniqueAddress == _self && !_selfExited:
                StopAll("Self removed, stopping ClusterSingletonManager");
                return true;
            case ClusterEvent.MemberRemoved removed:
                AddRemoved(removed.Member.UniqueAddress);
                return true;
            case DelayedMemberRemoved(var member):
                AddRemoved(member.UniqueAddress);
                return true;
            case ClusterEvent.MemberDowned downed:
                if (downed.Member.UniqueAddress == _self) StopAll("Self downed, stopping ClusterSingletonManager");
                return true;
            case LeaseAnswer(true, _):
                // Granted too late: nobody may wait for a lease that this node does not need any more.
                _leaseHeld = true;
                ReleaseLease();
                return true;
            case LeaseLost:
                _leaseHeld = false;
                return true;
            case TakeOverFromMe:
                _cluster.LogInfo("Ignoring TakeOver request in [{0}] from [{1}].", _state, Sender.Path.Address);
                return true;
            case Cleanup:
                var now = Context.System.Scheduler.MonotonicClock;
                foreach (var (node, until) in _removed.ToList())
                    if (until < now)
                        _removed.Remove(node);
                return true;
            // Late retries, answers and hand-over messages of a state that is over.
            case HandOverRetry or TakeOverRetry or LeaseRetry or LeaseAnswer or HandOverToMe or HandOverInProgress or HandOverDone
                or OldestChangedBuffer.OldestChanged or Terminated:
                return true;
            default:
                return false;
        }
    }
}
