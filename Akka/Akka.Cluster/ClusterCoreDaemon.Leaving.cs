using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

// Leaving: Leaving → Exiting by the leader, then coordinated shutdown, then the exit is confirmed and this node removed.
internal sealed partial class ClusterCoreDaemon
{
    private readonly TaskCompletionSource<Done> _selfExiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableHashSet<UniqueAddress> _exitingConfirmed = [];
    private bool _exitingTasksInProgress;

    private void AddCoordinatedShutdownTasks()
    {
        var shutdown = CoordinatedShutdown.Get(Context.System);
        var self = Self;
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExiting, "wait-exiting", () =>
            Latest.Members.IsEmpty ? Task.FromResult(Done.Instance) : _selfExiting.Task);
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExitingDone, "exiting-completed", () =>
            _cluster.IsTerminated || _cluster.SelfMember.Status == MemberStatus.Down
                ? Task.FromResult(Done.Instance)
                : self.Ask<Done>(ExitingCompleted.Instance, shutdown.Timeout(CoordinatedShutdown.PhaseClusterExitingDone)));
    }

    private void Leaving(Address address)
    {
        var member = Latest.Members.FirstOrDefault(m => m.Address == address);
        if (member is null || member.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up)) return;
        _cluster.LogInfo("Cluster Node [{0}] - Marked address [{1}] as [{2}]", _cluster.SelfAddress, address, MemberStatus.Leaving);
        UpdateLatestGossip(Latest.Update([member.Copy(MemberStatus.Leaving)]));
    }

    private void BeginExitingWhenLetGo()
    {
        if (_exitingTasksInProgress || _state.SelfMember.Status != MemberStatus.Exiting) return;
        _cluster.LogInfo("Cluster Node [{0}] - Exiting, starting coordinated shutdown", _cluster.SelfAddress);
        _exitingTasksInProgress = true;
        _selfExiting.TrySetResult(Done.Instance);
        _ = CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
    }

    /// <summary>The work of this node is done. Others are told, as well as can be; if that gets lost they find it unreachable and remove it.</summary>
    private void CompleteExiting()
    {
        _cluster.LogInfo("Cluster Node [{0}] - Exiting completed", _cluster.SelfAddress);
        Sender.Tell(Done.Instance);
        _exitingTasksInProgress = false;
        if (!Latest.Members.IsEmpty)
        {
            _state = _state.With(Latest.MarkSeen(_self));
            Publish();
            GossipFarewell();
            // The leader removes this node; when that is this node itself, the next one does.
            var others = Latest.WithMembers(Latest.Members.Where(m => m.UniqueAddress != _self).ToImmutableSortedSet());
            for (var i = 0; i < 2; i++)
            {
                var leader = _state.With(others).Leader;
                if (leader is null) break;
                DaemonAt(leader.Address).Tell(new ExitingConfirmed(_self), Self);
                others = others.WithMembers(others.Members.Where(m => m.UniqueAddress != leader).ToImmutableSortedSet());
            }
        }
        _cluster.Shutdown();
    }

    private void ReceiveExitingConfirmed(UniqueAddress node)
    {
        _cluster.LogInfo("Cluster Node [{0}] - Exiting confirmed [{1}]", _cluster.SelfAddress, node.Address);
        _exitingConfirmed = _exitingConfirmed.Add(node);
        ScheduleFlush();
    }

    /// <summary>Another leader may have removed them.</summary>
    private void CleanupExitingConfirmed()
    {
        if (!_exitingConfirmed.IsEmpty) _exitingConfirmed = _exitingConfirmed.Where(Latest.HasMember).ToImmutableHashSet();
    }

    /// <summary>The others have gone on without this node; it can only end.</summary>
    private void RemovedByOthers(UniqueAddress from)
    {
        _log.Warning("Cluster Node [{0}] - This node was removed from the cluster by the others, as [{1}] tells. Shutting down myself",
            _cluster.SelfAddress, from.Address);
        _cluster.Shutdown();
    }
}
