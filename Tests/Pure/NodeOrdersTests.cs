using Mooring.Actors.Nodes;
using Mooring.Messages;

namespace Mooring.Tests.Pure;

public class NodeOrdersTests
{
    private static readonly NodeName A = new("a"), B = new("b"), C = new("c"), Nobody = new("nobody");

    [Fact]
    public void A_node_may_be_drained_while_another_one_can_serve() =>
        Assert.Null(NodeOrders.ForbidsDrain(A, [Node(A), Node(B)]));

    [Fact]
    public void A_node_that_is_drained_may_be_drained_again() =>
        Assert.Null(NodeOrders.ForbidsDrain(A, [Node(A, "drained")]));

    [Theory]
    [InlineData("drained")]
    [InlineData("draining")]
    [InlineData("joining")]
    [InlineData("unreachable")]
    public void The_last_node_that_can_serve_may_not_be_drained(string other) =>
        Assert.Equal(ErrorKind.Busy, NodeOrders.ForbidsDrain(A, [Node(A), Node(B, other)])?.Kind);

    [Fact]
    public void A_node_whose_link_is_down_does_not_count_as_one_that_can_serve() =>
        Assert.Equal(ErrorKind.Busy, NodeOrders.ForbidsDrain(A, [Node(A), Node(B, link: false)])?.Kind);

    [Fact]
    public void Orders_for_a_node_that_there_is_not_are_refused()
    {
        Assert.Equal(ErrorKind.NotFound, NodeOrders.ForbidsDrain(Nobody, [Node(A), Node(B)])?.Kind);
        Assert.Equal(ErrorKind.NotFound, NodeOrders.ForbidsResume(Nobody, [Node(A), Node(B)])?.Kind);
        Assert.Equal(ErrorKind.NotFound, NodeOrders.Target(new MoveVip(null, Nobody), A, [Node(A), Node(B)]).Error?.Kind);
    }

    [Fact]
    public void The_address_goes_to_the_node_that_is_named() =>
        Assert.Equal((C, null), NodeOrders.Target(new MoveVip(A, C), A, [Node(A), Node(B), Node(C)]));

    [Fact]
    public void Without_a_name_it_goes_to_the_oldest_that_can_serve_but_for_the_owner() =>
        Assert.Equal((C, null), NodeOrders.Target(new MoveVip(null, null), A, [Node(A), Node(B, "draining"), Node(C)]));

    [Fact]
    public void It_stays_when_it_has_moved_since_or_is_there() =>
        Assert.All(
            new[] { new MoveVip(B, null), new MoveVip(null, A), new MoveVip(A, A) },
            move => Assert.Equal((A, null), NodeOrders.Target(move, A, [Node(A), Node(B), Node(C)])));

    [Fact]
    public void It_goes_to_nobody_who_cannot_serve()
    {
        Assert.Equal("b cannot own the virtual IP: it is draining", NodeOrders.Target(new MoveVip(null, B), A, [Node(A), Node(B, "draining")]).Error?.Detail);
        Assert.Equal("b cannot own the virtual IP: no link", NodeOrders.Target(new MoveVip(null, B), A, [Node(A), Node(B, link: false)]).Error?.Detail);
        Assert.Equal(ErrorKind.Busy, NodeOrders.Target(new MoveVip(null, null), A, [Node(A), Node(B, "joining")]).Error?.Kind);
    }

    [Fact]
    public void A_named_target_counts_whoever_owns_the_address_by_now() =>
        Assert.Equal((C, null), NodeOrders.Target(new MoveVip(B, C), A, [Node(A), Node(B), Node(C)]));

    [Fact]
    public void What_is_known_of_drained_nodes_now_counts_more_than_what_was_known_of_them_before()
    {
        var drains = new[] { new Drain(B, "b:1", DateTimeOffset.UnixEpoch), new Drain(C, "c:1", DateTimeOffset.UnixEpoch) };

        Assert.Equal(
            [("a", "up"), ("b", "draining"), ("c", "drained")],
            NodeOrders.With([Node(A, "draining"), Node(B), Node(C, "away"), new NodeView("d", "d:1", "drained", null, false)], drains).Select(n => (n.Name, n.State)));
    }

    private static NodeView Node(NodeName name, string state = "up", bool link = true) => new(
        name.Value, "127.0.0.1:1", state, new NodeHealthReport(name, "127.0.0.1:1", true, link, DateTimeOffset.UnixEpoch, null) { Problem = link ? null : "no link" }, false);
}
