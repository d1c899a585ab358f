using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

// Joining: as the node that wants to join, and as the member that takes others in.
internal sealed partial class ClusterCoreDaemon
{
    /// <summary>Joins of new incarnations that wait until the old one under their address is removed. Keyed by address, so bounded by the members.</summary>
    private readonly Dictionary<Address, (Join Join, IActorRef From)> _waitingIncarnations = [];

    private ImmutableList<Address> _seedNodes = [];
    private IActorRef? _seedNodeProcess;
    private int _seedNodeProcessCount;
    private TimeSpan? _joinSeedNodesDeadline;
    private TimeSpan? _joinDeadline;
    private Address? _joinWith;

    private bool Uninitialized(object message)
    {
        switch (message)
        {
            case InitJoin: AnswerInitJoinWithNack(); return true;
            case ClusterUserAction.JoinTo join: JoinCluster(join.Address); return true;
            case JoinSeedNodes join: BeginJoinSeedNodes(join.SeedNodes); return true;
            case Tick: GiveUpWhenOverdue(); return true;
            case ExitingCompleted: CompleteExiting(); return true;
            case ISubscriptionMessage: _publisher.Forward(message); return true;
            case ClusterUserAction.Leave leave when leave.Address == _self.Address:
                _cluster.LogInfo("Cluster Node [{0}] - Leave requested before having joined a cluster, shutting down", _cluster.SelfAddress);
                _cluster.Shutdown();
                return true;
            // Late messages from a cluster that this node (in an earlier incarnation) belonged to mean nothing here.
            case GossipEnvelope or GossipStatus or Welcome or Join or ExitingConfirmed or Akka.Remote.QuarantinedEvent or Akka.Remote.PeerConnectionRefused:
                return true;
            default: return false;
        }
    }

    private bool TryingToJoin(object message)
    {
        switch (message)
        {
            case Welcome welcome: Welcomed(welcome); return true;
            case InitJoin: AnswerInitJoinWithNack(); return true;
            case ClusterUserAction.JoinTo join:
                BecomeUninitialized();
                JoinCluster(join.Address);
                return true;
            case JoinSeedNodes join:
                BecomeUninitialized();
                BeginJoinSeedNodes(join.SeedNodes);
                return true;
            case Tick.JoinRetry:
                SendJoin();
                RestartJoinWhenOverdue();
                return true;
            case Tick: GiveUpWhenOverdue(); return true;
            default: return Uninitialized(message);
        }
    }

    private void AnswerInitJoinWithNack()
    {
        _cluster.LogInfo("Cluster Node [{0}] - Received InitJoin message from [{1}], but this node is not initialized yet", _cluster.SelfAddress, Sender);
        Sender.Tell(new InitJoinNack(_cluster.SelfAddress));
    }

    private void AnswerInitJoin()
    {
        if (_state.SelfMember.Status is MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed)
            Sender.Tell(new InitJoinNack(_cluster.SelfAddress));
        else
            Sender.Tell(new InitJoinAck(_cluster.SelfAddress));
    }

    private void BeginJoinSeedNodes(ImmutableList<Address> seedNodes)
    {
        if (_settings.ShutdownAfterUnsuccessfulJoinSeedNodes is { } limit) _joinSeedNodesDeadline ??= Now + limit;
        _seedNodes = seedNodes.Distinct().ToImmutableList();
        if (_seedNodes.IsEmpty) return;
        StopSeedNodeProcess();
        if (_seedNodes.Count == 1 && _seedNodes[0] == _cluster.SelfAddress)
        {
            JoinCluster(_cluster.SelfAddress);
            return;
        }
        _seedNodeProcessCount++;
        var (cluster, seeds) = (_cluster, _seedNodes);
        _seedNodeProcess = Context.ActorOf(
            Props.Create(() => new SeedNodeProcess(cluster, seeds)).WithDispatcher(Context.Props.Dispatcher), $"seedNodeProcess-{_seedNodeProcessCount}");
    }

    private void JoinCluster(Address address)
    {
        if (address.Protocol != _cluster.SelfAddress.Protocol || address.System != _cluster.SelfAddress.System)
        {
            _log.Warning("Trying to join member with wrong protocol or ActorSystem name, but was ignored, expected [{0}], got [{1}]", _cluster.SelfAddress, address);
            return;
        }
        StopSeedNodeProcess();
        if (address == _cluster.SelfAddress)
        {
            BecomeInitialized();
            Joining(new Join(_self, _cluster.SelfRoles, _settings.AppVersion), ActorRefs.Nobody);
            return;
        }
        _joinWith = address;
        _joinDeadline = _settings.RetryUnsuccessfulJoinAfter is { } retry ? Now + retry : null;
        Become(TryingToJoin);
        SendJoin();
    }

    private void SendJoin()
    {
        if (_joinWith is { } address) DaemonAt(address).Tell(new Join(_self, _cluster.SelfRoles, _settings.AppVersion), Self);
    }

    private void RestartJoinWhenOverdue()
    {
        GiveUpWhenOverdue();
        if (_joinDeadline is not { } deadline || Now < deadline) return;
        var address = _joinWith!;
        BecomeUninitialized();
        if (_seedNodes.IsEmpty) JoinCluster(address);
        else BeginJoinSeedNodes(_seedNodes);
    }

    private void GiveUpWhenOverdue()
    {
        if (_joinSeedNodesDeadline is not { } deadline || Now < deadline) return;
        _joinSeedNodesDeadline = null;
        _log.Warning("Joining of seed-nodes [{0}] was unsuccessful after configured shutdown-after-unsuccessful-join-seed-nodes [{1}]. "
            + "Running CoordinatedShutdown.", string.Join(", ", _seedNodes), _settings.ShutdownAfterUnsuccessfulJoinSeedNodes);
        _ = CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ClusterJoinUnsuccessfulReason.Instance);
    }

    private void Welcomed(Welcome welcome)
    {
        if (!Latest.Members.IsEmpty) throw new InvalidOperationException("Join can only be done from empty state");
        if (welcome.From.Address != _joinWith)
        {
            _cluster.LogInfo("Ignoring welcome from [{0}] when trying to join with [{1}]", welcome.From.Address, _joinWith);
            return;
        }
        if (!welcome.Gossip.HasMember(_self)) return; // The answer to a Join of an earlier incarnation.
        _cluster.LogInfo("Cluster Node [{0}] - Welcome from [{1}]", _cluster.SelfAddress, welcome.From.Address);
        _state = _state.With(welcome.Gossip.MarkSeen(_self));
        Publish();
        GossipTo(welcome.From, Sender);
        BecomeInitialized();
        _leaderMustKnow = true;
        ScheduleFlush();
    }

    private void BecomeUninitialized()
    {
        StopSeedNodeProcess();
        _joinWith = null;
        _joinDeadline = null;
        Become(Uninitialized);
    }

    private void BecomeInitialized()
    {
        StopSeedNodeProcess();
        _joinWith = null;
        _joinDeadline = null;
        _joinSeedNodesDeadline = null;
        Become(Initialized);
    }

    private void StopSeedNodeProcess()
    {
        if (_seedNodeProcess is null) return;
        Context.Stop(_seedNodeProcess);
        _seedNodeProcess = null;
    }

    /// <summary>A node asks to be taken in. May come repeatedly.</summary>
    private void Joining(Join join, IActorRef from)
    {
        var node = join.Node;
        if (node.Address.Protocol != _cluster.SelfAddress.Protocol || node.Address.System != _cluster.SelfAddress.System)
        {
            _log.Warning("Member with wrong protocol or ActorSystem name tried to join, but was ignored, expected [{0}], but was [{1}]",
                _cluster.SelfAddress, node.Address);
            return;
        }
        if (_state.SelfMember.Status is MemberStatus.Down or MemberStatus.Exiting)
        {
            _cluster.LogInfo("Trying to join [{0}] to [{1}] member, ignoring. Use a member that is Up instead.", node, _state.SelfMember.Status);
            return;
        }
        var known = Latest.Members.FirstOrDefault(m => m.Address == node.Address);
        if (known is not null && known.UniqueAddress == node)
        {
            _cluster.LogInfo("Existing member [{0}] is joining again.", known);
            if (node != _self) from.Tell(new Welcome(_self, Latest));
            return;
        }
        if (known is not null)
        {
            ReplaceIncarnation(known, join, from);
            return;
        }
        if (Latest.Tombstones.ContainsKey(node))
        {
            _cluster.LogInfo("Removed member [{0}] is trying to join again in the same incarnation, ignoring.", node);
            return;
        }
        TakeIn(join, from);
    }

    private void TakeIn(Join join, IActorRef from)
    {
        var node = join.Node;
        // The new incarnation must not inherit the heartbeat history, or the missing beats, of an earlier one.
        _cluster.FailureDetector.Remove(node.Address);
        var wasEmpty = Latest.Members.IsEmpty;
        UpdateLatestGossip(Latest.AddMember(Member.Create(node, join.Roles, join.AppVersion)));
        _cluster.LogInfo("Cluster Node [{0}] - Node [{1}] is JOINING, roles [{2}]",
            _cluster.SelfAddress, node == _self ? "itself" : node.Address.ToString(), string.Join(", ", join.Roles));
        if (node == _self)
        {
            // The first member is up before anybody else can join, so that it is the oldest for sure.
            if (wasEmpty) LeaderActions(isTick: false);
        }
        else
        {
            from.Tell(new Welcome(_self, Latest));
        }
    }

    /// <summary>
    /// The process at that address was restarted before the cluster had noticed its end: the old incarnation surely is gone, so it is
    /// downed without further proof, and the new one comes in when the old one is removed.
    /// </summary>
    private void ReplaceIncarnation(Member old, Join join, IActorRef from)
    {
        _cluster.LogInfo("New incarnation of existing member [{0}] is trying to join. Existing will be removed from the cluster and then new member "
            + "will be allowed to join.", old);
        _waitingIncarnations[join.Node.Address] = (join, from);
        if (old.Status == MemberStatus.Down) return;
        UpdateLatestGossip(Latest.WithReachability(Latest.Reachability.Terminated(_self, old.UniqueAddress)));
        Downing(old.Address);
    }

    private void JoinWaitingIncarnations()
    {
        if (_waitingIncarnations.Count == 0) return;
        foreach (var (address, (join, from)) in _waitingIncarnations.ToList())
        {
            var known = Latest.Members.FirstOrDefault(m => m.Address == address);
            if (known is not null && known.UniqueAddress != join.Node) continue;
            _waitingIncarnations.Remove(address);
            Joining(join, from);
        }
    }
}
