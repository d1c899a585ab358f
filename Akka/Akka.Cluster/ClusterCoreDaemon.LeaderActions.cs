using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster;

// Leading: moves members on when all have seen the current version. Reaching: what the failure detector and the transport say.
internal sealed partial class ClusterCoreDaemon
{
    private bool _isCurrentlyLeader;
    private int _ticksWithoutConvergence;
    private int _selfDownTicks;

    private void LeaderActions(bool isTick)
    {
        if (_state.IsLeader(_self))
        {
            if (!_isCurrentlyLeader)
            {
                _cluster.LogInfo("Cluster Node [{0}] is now the leader among reachable nodes (more leaders may exist)", _cluster.SelfAddress);
                _isCurrentlyLeader = true;
            }
            if (_state.Convergence(_exitingConfirmed))
            {
                if (_ticksWithoutConvergence >= 10)
                    _cluster.LogInfo("Cluster Node [{0}] - Leader can perform its duties again", _cluster.SelfAddress);
                _ticksWithoutConvergence = 0;
                LeaderActionsOnConvergence();
            }
            else if (isTick)
            {
                LeaderTickWithoutConvergence();
            }
        }
        else if (_isCurrentlyLeader)
        {
            _cluster.LogInfo("Cluster Node [{0}] is no longer leader", _cluster.SelfAddress);
            _isCurrentlyLeader = false;
        }
        CleanupExitingConfirmed();
        ShutdownSelfWhenDown(isTick);
    }

    private void LeaderTickWithoutConvergence()
    {
        _ticksWithoutConvergence++;
        if (_settings.AllowWeaklyUpMembers && _settings.LeaderActionsInterval * _ticksWithoutConvergence >= _settings.WeaklyUpAfter)
            MoveJoiningToWeaklyUp();
        if (_ticksWithoutConvergence == 10 || _ticksWithoutConvergence % 600 == 0)
        {
            _cluster.LogInfo("Cluster Node [{0}] - Leader can currently not perform its duties, reachability status: [{1}], member status: [{2}]",
                _cluster.SelfAddress, _state.ReachabilityExcludingDownedObservers,
                string.Join(", ", Latest.Members.Select(m => $"{m.Address} {m.Status} seen={Latest.SeenByNode(m.UniqueAddress)}")));
        }
    }

    /// <summary>Joining → Up, Leaving → Exiting, and who is down and unreachable, or has confirmed its exit, is removed.</summary>
    private void LeaderActionsOnConvergence()
    {
        var unreachable = _state.ReachabilityExcludingDownedObservers.AllUnreachableOrTerminated;
        var removed = Latest.Members.Where(m =>
            (m.Status is MemberStatus.Down or MemberStatus.Exiting && m.UniqueAddress != _self && unreachable.Contains(m.UniqueAddress))
            || (m.Status == MemberStatus.Exiting && _exitingConfirmed.Contains(m.UniqueAddress))).ToList();

        var enough = IsMinNrOfMembersFulfilled();
        var upNumber = 0;
        var changed = new List<Member>();
        foreach (var member in Latest.Members)
        {
            if (member.Status is MemberStatus.Joining or MemberStatus.WeaklyUp && enough)
            {
                // The youngest so far is looked for only when there is somebody to number.
                upNumber = upNumber == 0 ? 1 + (_state.YoungestUpNumber?.UpNumber ?? 0) : upNumber + 1;
                changed.Add(member.CopyUp(upNumber));
            }
            else if (member.Status == MemberStatus.Leaving)
            {
                changed.Add(member.Copy(MemberStatus.Exiting));
            }
        }
        if (removed.Count == 0 && changed.Count == 0) return;

        foreach (var member in changed)
            _cluster.LogInfo("Cluster Node [{0}] - Leader is moving node [{1}] to [{2}]", _cluster.SelfAddress, member.Address, member.Status);
        foreach (var member in removed)
        {
            _cluster.LogInfo("Cluster Node [{0}] - Leader is removing {1} node [{2}]",
                _cluster.SelfAddress, member.Status == MemberStatus.Exiting ? "confirmed Exiting" : "unreachable", member.Address);
        }
        var gone = removed.Select(m => m.UniqueAddress).ToList();
        _exitingConfirmed = _exitingConfirmed.Except(gone);
        UpdateLatestGossip(Latest.Update(changed).RemoveAll(gone, Context.System.Scheduler.Now.ToUnixTimeMilliseconds()));
        BeginExitingWhenLetGo();
    }

    private bool IsMinNrOfMembersFulfilled() =>
        Latest.Members.Count >= _settings.MinNrOfMembers
        && _settings.MinNrOfMembersOfRole.All(role => Latest.Members.Count(m => m.HasRole(role.Key)) >= role.Value);

    private void MoveJoiningToWeaklyUp()
    {
        if (!IsMinNrOfMembersFulfilled()) return;
        var reachability = _state.ReachabilityExcludingDownedObservers;
        var changed = Latest.Members
            .Where(m => m.Status == MemberStatus.Joining && reachability.IsReachable(m.UniqueAddress))
            .Select(m => m.Copy(MemberStatus.WeaklyUp)).ToList();
        if (changed.Count == 0) return;
        foreach (var member in changed)
            _cluster.LogInfo("Cluster Node [{0}] - Leader is moving node [{1}] to [{2}]", _cluster.SelfAddress, member.Address, member.Status);
        UpdateLatestGossip(Latest.Update(changed));
    }

    private void ShutdownSelfWhenDown(bool isTick)
    {
        if (_state.SelfMember.Status != MemberStatus.Down) return;
        if (isTick) _selfDownTicks++;
        // The news should reach the others first: all that are down have seen it, or cannot see it.
        var unreachable = Latest.Reachability.AllUnreachableOrTerminated;
        var known = Latest.Members.Where(m => m.Status == MemberStatus.Down)
            .All(m => unreachable.Contains(m.UniqueAddress) || Latest.SeenByNode(m.UniqueAddress));
        if (!known && _selfDownTicks < TicksBeforeShuttingDownMyself) return;
        _cluster.LogInfo("Cluster Node [{0}] - Node has been marked as DOWN. Shutting down myself", _cluster.SelfAddress);
        _cluster.Shutdown();
    }

    private void Downing(Address address)
    {
        var member = Latest.Members.FirstOrDefault(m => m.Address == address);
        if (member is null)
        {
            _cluster.LogInfo("Cluster Node [{0}] - Ignoring down of unknown node [{1}]", _cluster.SelfAddress, address);
            return;
        }
        if (member.Status == MemberStatus.Down) return;
        _cluster.LogInfo("Cluster Node [{0}] - Marking {1} node [{2}] as [Down]",
            _cluster.SelfAddress, Latest.Reachability.IsReachable(member.UniqueAddress) ? "reachable" : "unreachable", address);
        UpdateLatestGossip(Latest.MarkAsDown(member));
        if (member.UniqueAddress == _self) GossipFarewell();
    }

    private void Quarantined(UniqueAddress node)
    {
        if (!Latest.HasMember(node)) return;
        var reachability = Latest.Reachability.Terminated(_self, node);
        if (ReferenceEquals(reachability, Latest.Reachability)) return;
        _log.Warning("Cluster Node [{0}] - Marking node as TERMINATED [{1}], due to quarantine. Node must be removed from the cluster to allow it to rejoin.",
            _cluster.SelfAddress, node.Address);
        UpdateLatestGossip(Latest.WithReachability(reachability));
    }

    /// <summary>
    /// The peer's operating system refused a connection after one had been established: its process is gone, whatever the heartbeats
    /// have said so far. It becomes reachable again when it answers a heartbeat after all.
    /// </summary>
    private void ConnectionRefused(Address address, int uid)
    {
        var member = Latest.Members.FirstOrDefault(m => m.Address == address && m.UniqueAddress.Uid == uid);
        if (member is null || member.UniqueAddress == _self || !_cluster.RefusedPeers.Add(member.UniqueAddress)) return;
        ReapUnreachableMembers();
    }

    private void ReapUnreachableMembers()
    {
        if (Latest.Members.Count <= 1) return;
        var reachability = Latest.Reachability;
        var changed = reachability;
        foreach (var member in Latest.Members)
        {
            var node = member.UniqueAddress;
            if (node == _self) continue;
            var available = !_cluster.RefusedPeers.Contains(node) && _cluster.FailureDetector.IsAvailable(node.Address);
            switch (reachability.Status(_self, node))
            {
                case ReachabilityStatus.Reachable when !available:
                    changed = changed.Unreachable(_self, node);
                    if (member.Status == MemberStatus.Exiting)
                        _cluster.LogInfo("Cluster Node [{0}] - Marking exiting node(s) as UNREACHABLE [{1}]. This is expected and they will be removed.", _cluster.SelfAddress, member);
                    else
                        _log.Warning("Cluster Node [{0}] - Marking node(s) as UNREACHABLE [{1}]. Node roles [{2}]",
                            _cluster.SelfAddress, member, string.Join(", ", _cluster.SelfRoles));
                    break;
                case ReachabilityStatus.Unreachable when available:
                    changed = changed.Reachable(_self, node);
                    _cluster.LogInfo("Cluster Node [{0}] - Marking node(s) as REACHABLE [{1}].", _cluster.SelfAddress, member);
                    break;
                default:
                    break;
            }
        }
        if (!ReferenceEquals(changed, reachability)) UpdateLatestGossip(Latest.WithReachability(changed));
    }
}
