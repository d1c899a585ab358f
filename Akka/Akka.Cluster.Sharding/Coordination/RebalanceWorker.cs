using Akka.Actor;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>
/// Takes one shard from its home: first all regions stop sending to it, then the home stops it. Its parent, the coordinator,
/// gets one <see cref="Done"/>.
/// </summary>
internal sealed class RebalanceWorker : UntypedActor, IWithTimers
{
    private const string LimitTimer = "limit";

    private readonly string _shard;
    private readonly IActorRef _home;
    private readonly TimeSpan _handOffTimeout;
    private readonly HashSet<IActorRef> _waitingFor;
    private bool _stopping;

    public RebalanceWorker(string shard, IActorRef home, TimeSpan handOffTimeout, IEnumerable<IActorRef> regions)
    {
        _shard = shard;
        _home = home;
        _handOffTimeout = handOffTimeout;
        _waitingFor = [.. regions];
    }

    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(string shard, IActorRef home, TimeSpan handOffTimeout, IReadOnlyCollection<IActorRef> regions) =>
        Actor.Props.Create(() => new RebalanceWorker(shard, home, handOffTimeout, regions));

    protected override void PreStart()
    {
        Timers.StartSingleTimer(LimitTimer, TimedOut.Instance, _handOffTimeout);
        foreach (var region in _waitingFor)
            region.Tell(new BeginHandOff(_shard));
        StopShardWhenAllWait();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BeginHandOffAck ack when ack.Shard == _shard:
                _waitingFor.Remove(Sender);
                StopShardWhenAllWait();
                break;
            case RegionTerminated terminated when terminated.Region.Equals(_home):
                // The coordinator takes the shard from a home that is gone by itself.
                Finish(ok: true);
                break;
            case RegionTerminated terminated:
                _waitingFor.Remove(terminated.Region);
                StopShardWhenAllWait();
                break;
            case ShardStopped stopped when stopped.Shard == _shard && _stopping:
                Finish(ok: true);
                break;
            case TimedOut:
                Finish(ok: false);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void StopShardWhenAllWait()
    {
        if (_stopping || _waitingFor.Count > 0) return;

        _stopping = true;
        _home.Tell(new HandOff(_shard));
    }

    private void Finish(bool ok)
    {
        Context.Parent.Tell(new Done(_shard, _home, ok));
        Context.Stop(Self);
    }

    /// <summary>To the coordinator: the shard was stopped, or not in time.</summary>
    internal sealed record Done(string Shard, IActorRef Home, bool Ok);

    /// <summary>From the coordinator: a region is gone and will not answer.</summary>
    internal sealed record RegionTerminated(IActorRef Region);

    private sealed class TimedOut
    {
        internal static readonly TimedOut Instance = new();
    }
}
