using System.Collections.Immutable;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>
/// Asks the other seed nodes until one of them is in a cluster, and has the core daemon join it. Only the first seed node may begin a
/// new cluster: when all others said that they are in none, or nobody listens at their address, or the seed-node-timeout is over.
/// </summary>
internal sealed class SeedNodeProcess : ActorBase
{
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMilliseconds(100);

    /// <summary>The question is small: a seed node that starts a moment later should not cost its peers a whole seed-node-timeout.</summary>
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMilliseconds(250);

    private readonly Cluster _cluster;
    private readonly ILoggingAdapter _log;
    private readonly ImmutableList<Address> _seedNodes;
    private readonly bool _isFirst;
    private readonly HashSet<Address> _others;
    private readonly HashSet<Address> _notInCluster = [];
    private readonly HashSet<Address> _notListening = [];
    private readonly ICancelable _ticks;
    private readonly TimeSpan _deadline;
    private int _attempts;
    private bool _asksAgainSoon;
    private bool _acknowledged;

    public SeedNodeProcess(Cluster cluster, ImmutableList<Address> seedNodes)
    {
        _cluster = cluster;
        _log = Context.GetLogger();
        _seedNodes = seedNodes;
        _isFirst = seedNodes[0] == cluster.SelfAddress;
        _others = seedNodes.Where(a => a != cluster.SelfAddress).ToHashSet();
        var timeout = cluster.Settings.SeedNodeTimeout;
        var interval = timeout < MaxInterval ? timeout : MaxInterval;
        _deadline = Now + timeout;
        _ticks = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(interval, interval, Self, AskAgain.Instance, Self);
    }

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    protected override void PreStart()
    {
        if (_isFirst) Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        AskOthers();
    }

    protected override void PostStop()
    {
        _ticks.Cancel();
        if (_isFirst) Context.System.EventStream.Unsubscribe(Self);
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case AskAgain:
                if (_isFirst && Now >= _deadline) BeginCluster();
                else AskOthers();
                return true;
            case InitJoinAck ack:
                Acknowledged(ack.Address);
                return true;
            case InitJoinNack nack:
                _log.Debug("Received InitJoinNack message from [{0}]", nack.Address);
                if (_others.Contains(nack.Address)) _notInCluster.Add(nack.Address);
                BeginClusterWhenNobodyIsInOne();
                AskAgainSoon();
                return true;
            case AssociationErrorEvent error:
                if (error.IsInbound || error.RemoteAddress is not { } remote || !_others.Contains(remote) || !IsRefusal(error.Cause)) return true;
                _notListening.Add(remote);
                BeginClusterWhenNobodyIsInOne();
                return true;
            default:
                return false;
        }
    }

    /// <summary>A seed node that is up but in no cluster yet will most likely be in one soon.</summary>
    private void AskAgainSoon()
    {
        if (_isFirst || _asksAgainSoon) return;
        _asksAgainSoon = true;
        Context.System.Scheduler.ScheduleTellOnce(SoonAgain, Self, AskAgain.Instance, Self);
    }

    private static bool IsRefusal(Exception? cause) =>
        cause is SocketException { SocketErrorCode: SocketError.ConnectionRefused } || (cause is not null && IsRefusal(cause.InnerException));

    private void AskOthers()
    {
        _acknowledged = false;
        _asksAgainSoon = false;
        _attempts++;
        if (_attempts % 40 == 0)
        {
            _log.Warning("Couldn't join seed nodes after [{0}] attempts, will try again. seed-nodes=[{1}]", _attempts, string.Join(", ", _seedNodes));
        }
        foreach (var address in _others)
            Context.ActorSelection(new RootActorPath(address) / "system" / "cluster" / "core" / "daemon").Tell(InitJoin.Instance, Self);
    }

    private void Acknowledged(Address address)
    {
        // The first one is taken; the core daemon stops this process when it begins to join.
        if (_acknowledged) return;
        _acknowledged = true;
        _cluster.LogInfo("Cluster Node [{0}] - Received InitJoinAck message from [{1}]", _cluster.SelfAddress, address);
        Context.Parent.Tell(new ClusterUserAction.JoinTo(address));
    }

    private void BeginClusterWhenNobodyIsInOne()
    {
        if (_isFirst && !_acknowledged && _others.All(a => _notInCluster.Contains(a) || _notListening.Contains(a))) BeginCluster();
    }

    private void BeginCluster()
    {
        if (_acknowledged) return;
        _acknowledged = true;
        _cluster.LogInfo("Cluster Node [{0}] - Couldn't join other seed nodes, will join myself. seed-nodes=[{1}]",
            _cluster.SelfAddress, string.Join(", ", _seedNodes));
        Context.Parent.Tell(new ClusterUserAction.JoinTo(_cluster.SelfAddress));
    }

    private sealed class AskAgain : INoSerializationVerificationNeeded
    {
        public static readonly AskAgain Instance = new();
    }
}
