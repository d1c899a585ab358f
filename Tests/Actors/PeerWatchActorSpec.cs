using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Akka.TestKit;
using Mooring.Actors.Membership;
using Mooring.Messages;

namespace Mooring.Tests.Actors;

/// <summary>The watch over other nodes' processes, in a cluster of one: what it asks of endpoints, and what it tells.</summary>
public sealed class PeerWatchActorSpec : ActorSpec
{
    private static readonly Address Stranger = new("akka.tcp", "mooring", "127.0.0.1", 1);

    private readonly ConcurrentQueue<Address> _tried = new();
    private readonly TestProbe _parent;

    public PeerWatchActorSpec()
        : base(clustered: true)
    {
        _parent = CreateTestProbe("dispatcher");
        var cluster = Cluster.Get(Sys);
        cluster.Join(cluster.SelfAddress);
        Eventually(() => Assert.Equal(MemberStatus.Up, cluster.SelfMember.Status));
    }

    [Fact]
    public void Somebody_who_is_no_member_is_not_tried()
    {
        var watch = Start(PeerAnswer.Refuses);
        watch.Tell(new DisassociatedEvent(Cluster.Get(Sys).SelfAddress, Stranger, false));
        watch.Tell(new PeerVote(Stranger.ToString(), 7, PeerVerdict.Refuses, Stranger.ToString(), 8));
        watch.Tell(new Identify("done"));

        ExpectMsg<ActorIdentity>();
        Assert.Empty(_tried);
        Assert.False(PeerEvidence.Of(Sys.EventStream)[Stranger.ToString()] is not null);
    }

    private IActorRef Start(PeerAnswer answer) => _parent.ChildActorOf(
        PeerWatchActor.Props(peer =>
        {
            _tried.Enqueue(peer);
            return Task.FromResult(answer);
        }),
        PeerWatchActor.Name,
        SupervisorStrategy.StoppingStrategy);
}
