using Akka.Actor;
using Akka.Event;
using Akka.Util;

namespace Akka.Cluster;

// Gossiping: what is told to whom, and what is made of what others tell.
internal sealed partial class ClusterCoreDaemon
{
    private void ReceiveGossip(GossipEnvelope envelope)
    {
        var (from, to, remote) = envelope;
        if (to != _self)
        {
            _cluster.LogInfo("Cluster Node [{0}] - Ignoring received gossip intended for someone else, from [{1}] to [{2}]", _cluster.SelfAddress, from.Address, to);
            return;
        }
        if (!Latest.HasMember(from))
        {
            // It was removed while it could not be reached. It has to know, or it would go on by itself.
            if (Latest.Tombstones.ContainsKey(from)) Sender.Tell(new GossipEnvelope(_self, from, Latest));
            else _cluster.LogInfo("Cluster Node [{0}] - Ignoring received gossip from unknown [{1}]", _cluster.SelfAddress, from);
            return;
        }
        if (!remote.HasMember(_self))
        {
            if (remote.Tombstones.ContainsKey(_self)) RemovedByOthers(from);
            else _cluster.LogInfo("Ignoring received gossip that does not contain myself, from [{0}]", from);
            return;
        }
        if (!Latest.Reachability.IsReachable(_self, from))
        {
            _cluster.LogInfo("Cluster Node [{0}] - Ignoring received gossip from unreachable [{1}]", _cluster.SelfAddress, from);
            return;
        }
        TakeInGossip(from, remote);
    }

    private void TakeInGossip(UniqueAddress from, Gossip remote)
    {
        var local = Latest;
        var order = remote.Version.CompareTo(local.Version);
        var (winning, talkBack) = order switch
        {
            VectorClock.Ordering.Same => (local.MergeSeen(remote), !remote.SeenByNode(_self)),
            VectorClock.Ordering.Before => (local, true),
            VectorClock.Ordering.After => (remote, !remote.SeenByNode(_self)),
            _ => (remote.Merge(local), true),
        };
        // While this node finishes its work on exiting it is not marked as having seen that, so that it is not removed too early.
        _state = _state.With(_exitingTasksInProgress ? winning : winning.MarkSeen(_self));
        foreach (var member in Latest.Members)
            if (!local.HasMember(member.UniqueAddress))
                _cluster.FailureDetector.Remove(member.Address);
        if (_settings.VerboseGossipReceivedLogging)
            _log.Debug("Cluster Node [{0}] - Receiving gossip from [{1}]: {2}", _cluster.SelfAddress, from, order);

        var isNews = order is VectorClock.Ordering.After or VectorClock.Ordering.Concurrent;
        if (isNews || Latest.Seen.Count != local.Seen.Count)
        {
            // The leader waits for the news of who has seen this version; nodes beyond the reach of the origin wait for the version.
            _leaderMustKnow |= _state.Leader is { } leader && leader != _self && leader != from;
            _spreadWanted |= isNews && Latest.Members.Count > SpreadTo + 1;
            Publish();
            ScheduleFlush();
        }
        BeginExitingWhenLetGo();
        // A leader that has not heard yet of all that this node knows to have seen the version is told as well.
        if (talkBack || (from == _state.Leader && Latest.Seen.Count > remote.Seen.Count)) GossipTo(from, Sender);
    }

    private void ReceiveGossipStatus(GossipStatus status)
    {
        if (!Latest.HasMember(status.From) || !Latest.Reachability.IsReachable(_self, status.From)) return;
        switch (status.Version.CompareTo(Latest.Version))
        {
            case VectorClock.Ordering.Same:
                return;
            case VectorClock.Ordering.After:
                Sender.Tell(new GossipStatus(_self, Latest.Version));
                return;
            default:
                GossipTo(status.From, Sender);
                return;
        }
    }

    /// <summary>The periodic repair: some node, rather one that has not seen this version.</summary>
    private void GossipToOne()
    {
        if (Latest.Tombstones.Count > 0)
        {
            var expired = (Context.System.Scheduler.Now - TombstoneTimeToLive).ToUnixTimeMilliseconds();
            _state = _state.With(Latest.PruneTombstones(expired));
        }
        var candidates = Latest.Members.Select(m => m.UniqueAddress).Where(_state.ValidForGossip).ToList();
        if (candidates.Count == 0) return;
        var unseen = candidates.Where(n => !Latest.SeenByNode(n)).ToList();
        var choice = unseen.Count > 0 && ThreadLocalRandom.Current.NextDouble() < DifferentViewProbability() ? unseen : candidates;
        var node = choice[ThreadLocalRandom.Current.Next(choice.Count)];
        if (Latest.SeenByNode(node)) DaemonAt(node.Address).Tell(new GossipStatus(_self, Latest.Version), Self);
        else GossipTo(node, DaemonAt(node.Address));
    }

    /// <summary>In large clusters many nodes would prefer the same few late ones; the preference is reduced linearly to a tenth.</summary>
    private double DifferentViewProbability()
    {
        double size = Latest.Members.Count, low = _settings.ReduceGossipDifferentViewProbability, high = low * 3;
        var full = _settings.GossipDifferentViewProbability;
        if (size <= low) return full;
        var least = full / 10;
        return size >= high ? least : full - ((full - least) * (size - low) / (high - low));
    }

    /// <summary>Tells some of those that have not seen this version, and the leader when it waits for what this node has learned.</summary>
    private void Spread()
    {
        var leader = _leaderMustKnow ? _state.Leader : null;
        _leaderMustKnow = false;
        if (_spreadWanted)
        {
            _spreadWanted = false;
            var unseen = Latest.Members.Select(m => m.UniqueAddress).Where(n => !Latest.SeenByNode(n) && _state.ValidForGossip(n)).ToArray();
            if (unseen.Length > SpreadTo) ThreadLocalRandom.Current.Shuffle(unseen);
            foreach (var node in unseen.AsSpan(0, Math.Min(SpreadTo, unseen.Length)))
            {
                GossipTo(node, DaemonAt(node.Address));
                if (node == leader) leader = null;
            }
        }
        if (leader is not null && _state.ValidForGossip(leader)) GossipTo(leader, DaemonAt(leader.Address));
    }

    /// <summary>Last words to some, whoever has seen what.</summary>
    private void GossipFarewell()
    {
        var nodes = Latest.Members.Select(m => m.UniqueAddress).Where(_state.ValidForGossip).ToArray();
        ThreadLocalRandom.Current.Shuffle(nodes);
        foreach (var node in nodes.AsSpan(0, Math.Min(FarewellTo, nodes.Length))) GossipTo(node, DaemonAt(node.Address));
    }

    private void GossipTo(UniqueAddress node, ICanTell destination) => destination.Tell(new GossipEnvelope(_self, node, Latest), Self);
}
