using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Mooring.Actors.Membership;
using Mooring.Actors.Nodes;

namespace Mooring.Tests.Actors;

/// <summary>What the watchers of three nodes make of one that is silent, where heartbeats alone would be waited for without end.</summary>
public sealed class CutOffSpec : IAsyncLifetime
{
    private const string Settings =
        """
        akka.cluster.failure-detector {
          implementation-class = "Mooring.Actors.Membership.PeerFailureDetector, Mooring.Actors"
          acceptable-heartbeat-pause = 10m
        }
        """;

    private readonly Occurrences<string> _seen = new("the watchers");
    private IReadOnlyList<ClusterNode> _nodes = [];
    private volatile PeerAnswer _answer = PeerAnswer.Accepts;

    public async Task InitializeAsync()
    {
        _nodes = await ClusterNode.FormAsync(3, Settings);
        foreach (var node in _nodes)
            node.System.ActorOf(Props.Create(() => new Watched(_seen, Probe)), DispatcherActor.Name);
        // Each listens to both others.
        foreach (var node in _nodes)
        {
            foreach (var other in _nodes.Where(n => n != node))
                await _seen.Until(() => Task.FromResult(Evidence(node).BeatsOf(other.Address.ToString())), beats => beats > 0, "heartbeat", ClusterNode.Limit);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_lost_to_the_others_and_the_others_to_it()
    {
        _answer = PeerAnswer.Silent;
        await _nodes[0].CutFrom(_nodes[1], _nodes[2]);

        await Seen($"{_nodes[0].Address} is cut off from 2 of 3");
        await _nodes[1].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        await _nodes[2].Sees<ClusterEvent.MemberRemoved>(_nodes[0].Address);
        Assert.DoesNotContain(_seen.All, line => line.StartsWith($"{_nodes[1].Address} is cut off", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_is_silent_on_a_host_that_answers_is_only_slow()
    {
        await _nodes[0].CutFrom(_nodes[1], _nodes[2]);
        // Longer than a host that does not answer would have been waited for.
        await _seen.Until(() => Task.FromResult(_seen.All.Count(line => line == $"{_nodes[0].Address} tried")), tries => tries > 30, "30 tries", ClusterNode.Limit);

        Assert.All(_nodes.Skip(1), node => Assert.Null(Evidence(node)[_nodes[0].Address.ToString()]));
        Assert.All(_nodes, node => Assert.Empty(node.Cluster.State.Unreachable));
    }

    [Fact]
    public async Task A_node_that_most_others_have_quarantined_is_told_so()
    {
        foreach (var other in _nodes.Skip(1))
        {
            ((RemoteActorRefProvider)((ExtendedActorSystem)other.System).Provider).Quarantine(
                _nodes[0].Address, _nodes[0].Cluster.SelfUniqueAddress.Uid);
        }

        await Seen($"{_nodes[0].Address} is cut off from 2 of 3");
    }

    private static PeerEvidence Evidence(ClusterNode node) => PeerEvidence.Of(node.System.EventStream);

    private Task Seen(string line) => _seen.First(l => l == line, line, ClusterNode.Limit);

    private Task<PeerAnswer> Probe(Address peer)
    {
        _seen.Add($"{peer} tried");
        return Task.FromResult(_answer);
    }

    private sealed class Watched : ReceiveActor
    {
        public Watched(Occurrences<string> seen, ProbePeer probe)
        {
            var address = Cluster.Get(Context.System).SelfAddress;
            Context.ActorOf(PeerWatchActor.Props(probe), PeerWatchActor.Name);
            Receive<CutOff>(cut => seen.Add($"{address} is cut off from {cut.Lost} of {cut.Counted}"));
            ReceiveAny(_ => { });
        }
    }
}
