using Akka.Actor;
using Akka.Event;
using Akka.Remote;

namespace Akka.Cluster;

/// <summary>
/// Death watch across nodes: for members the cluster's failure detection decides, that is, actors of a member are terminated when it
/// is removed. Others are monitored by the heartbeats of the base class.
/// </summary>
internal sealed class ClusterRemoteWatcher : RemoteWatcher
{
    private readonly Cluster _cluster;
    private readonly HashSet<Address> _clusterNodes = [];

    public ClusterRemoteWatcher(
        IFailureDetectorRegistry<Address> failureDetector,
        TimeSpan heartbeatInterval,
        TimeSpan unreachableReaperInterval,
        TimeSpan heartbeatExpectedResponseAfter)
        : base(failureDetector, heartbeatInterval, unreachableReaperInterval, heartbeatExpectedResponseAfter)
    {
        _cluster = Cluster.Get(Context.System);
    }

    public static new Props Props(
        IFailureDetectorRegistry<Address> failureDetector,
        TimeSpan heartbeatInterval,
        TimeSpan unreachableReaperInterval,
        TimeSpan heartbeatExpectedResponseAfter) =>
        Actor.Props.Create(() => new ClusterRemoteWatcher(failureDetector, heartbeatInterval, unreachableReaperInterval, heartbeatExpectedResponseAfter))
            .WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        base.PreStart();
        _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent));
    }

    protected override void PostStop()
    {
        base.PostStop();
        _cluster.Unsubscribe(Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.CurrentClusterState state:
                foreach (var member in state.Members) MemberSeen(member);
                break;
            case ClusterEvent.MemberRemoved removed:
                MemberGone(removed.Member, removed.PreviousStatus);
                break;
            case ClusterEvent.IMemberEvent e:
                MemberSeen(e.Member);
                break;
            default:
                base.OnReceive(message);
                break;
        }
    }

    protected override void WatchNode(IInternalActorRef watchee)
    {
        if (!_clusterNodes.Contains(watchee.Path.Address)) base.WatchNode(watchee);
    }

    private void MemberSeen(Member member)
    {
        if (member.UniqueAddress == _cluster.SelfUniqueAddress || !_clusterNodes.Add(member.Address)) return;
        // From now on the cluster watches that node; the heartbeats of the base class stop.
        Unreachable.Remove(member.Address);
        if (!WatchingNodes.Contains(member.Address)) return;
        Log.Debug("Cluster is taking over responsibility of node: [{0}]", member.Address);
        UnwatchNode(member.Address);
    }

    private void MemberGone(Member member, MemberStatus previousStatus)
    {
        if (member.UniqueAddress == _cluster.SelfUniqueAddress) return;
        _clusterNodes.Remove(member.Address);
        // A downed node may be alive behind a broken network: nothing it still sends is to be heard.
        if (previousStatus == MemberStatus.Down) Quarantine(member.Address, member.UniqueAddress.Uid);
        PublishAddressTerminated(member.Address);
    }
}
