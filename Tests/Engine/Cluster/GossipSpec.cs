using Akka.Cluster;
using Akka.Cluster.Serialization;
using static Mooring.Tests.Engine.ClusterSpecs.Nodes;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class GossipSpec
{
    [Theory]
    [InlineData(MemberStatus.Up, MemberStatus.Leaving, MemberStatus.Leaving)]
    [InlineData(MemberStatus.Leaving, MemberStatus.Exiting, MemberStatus.Exiting)]
    [InlineData(MemberStatus.Exiting, MemberStatus.Down, MemberStatus.Down)]
    [InlineData(MemberStatus.Down, MemberStatus.Removed, MemberStatus.Removed)]
    [InlineData(MemberStatus.Joining, MemberStatus.Up, MemberStatus.Up)]
    [InlineData(MemberStatus.WeaklyUp, MemberStatus.Up, MemberStatus.Up)]
    [InlineData(MemberStatus.Joining, MemberStatus.WeaklyUp, MemberStatus.WeaklyUp)]
    [InlineData(MemberStatus.Joining, MemberStatus.Down, MemberStatus.Down)]
    public void Of_two_views_of_a_member_the_one_that_is_further_on_wins(MemberStatus one, MemberStatus other, MemberStatus expected)
    {
        var (m1, m2) = (Create(A, one), Create(A, other));
        Assert.Equal(expected, Member.HighestPriorityOf(m1, m2).Status);
        Assert.Equal(expected, Member.HighestPriorityOf(m2, m1).Status);
    }

    [Fact]
    public void Merging_takes_members_that_only_one_side_knows_unless_they_are_on_their_way_out()
    {
        var left = new Gossip(Members(Up(A), Up(B), Create(C, MemberStatus.Exiting), Create(D, MemberStatus.Down)));
        var right = new Gossip(Members(Up(A), Create(E, MemberStatus.Joining)));
        Assert.Equal([A, B, E], left.Merge(right).Members.Select(m => m.UniqueAddress));
        Assert.Equal([A, B, E], right.Merge(left).Members.Select(m => m.UniqueAddress));
    }

    [Fact]
    public void A_removed_member_does_not_come_back_with_an_old_gossip()
    {
        var before = Gossip(Up(A), Up(B), Up(C)).Increment(Clock(C));
        var after = before.RemoveAll([C], 1000).Increment(Clock(A));
        var stale = before.Increment(Clock(B));

        foreach (var merged in new[] { after.Merge(stale), stale.Merge(after) })
        {
            Assert.Equal([A, B], merged.Members.Select(m => m.UniqueAddress));
            Assert.DoesNotContain(Clock(C), merged.Version.Versions.Keys);
            Assert.Empty(merged.Seen);
        }
    }

    [Fact]
    public void A_new_incarnation_under_the_address_of_a_removed_member_is_another_member()
    {
        var reborn = Node('c', uid: 2);
        var gossip = Gossip(Up(A), Up(C)).RemoveAll([C], 1000).AddMember(Create(reborn, MemberStatus.Joining));
        Assert.True(gossip.Merge(Gossip(Up(A), Up(C))).HasMember(reborn));
    }

    [Fact]
    public void Removing_a_node_takes_it_out_of_everything()
    {
        var gossip = Gossip(Up(A), Up(B)).Increment(Clock(B)).MarkSeen(A).MarkSeen(B);
        gossip = gossip.WithReachability(gossip.Reachability.Unreachable(A, B).Unreachable(B, A)).RemoveAll([B], 1000);
        Assert.Equal([A], gossip.Seen);
        Assert.True(gossip.Reachability.IsReachable(B));
        Assert.True(gossip.Reachability.IsReachable(A));
        Assert.Empty(gossip.Version.Versions);
        Assert.Equal(1000, gossip.Tombstones[B]);
        Assert.Empty(gossip.PruneTombstones(1001).Tombstones);
    }

    [Fact]
    public void Merging_is_the_same_from_both_sides_for_any_history()
    {
        var random = new Random(4711);
        UniqueAddress[] nodes = [A, B, C, D, E];
        for (var round = 0; round < 200; round++)
        {
            var origin = nodes.Aggregate(Akka.Cluster.Gossip.Empty, (g, n) => g.AddMember(Up(n, upNumber: 1)));
            var left = Change(origin, A);
            var right = Change(origin, B);
            var (one, other) = (left.Merge(right), right.Merge(left));
            Assert.Equal(one.Version, other.Version);
            Assert.Equal(one.Members.Select(m => (m.UniqueAddress, m.Status)), other.Members.Select(m => (m.UniqueAddress, m.Status)));
            Assert.Equal(one.Reachability, other.Reachability);
            Assert.Equal(Ordering(left, right) == VectorClock.Ordering.Concurrent, Ordering(one, left) == VectorClock.Ordering.After && Ordering(one, right) == VectorClock.Ordering.After);
        }

        Gossip Change(Gossip gossip, UniqueAddress by)
        {
            for (var n = random.Next(4); n > 0; n--)
            {
                var node = nodes[2 + random.Next(3)];
                var member = gossip.FindMember(node);
                gossip = random.Next(4) switch
                {
                    0 when member is { Status: MemberStatus.Up } => gossip.Update([member.Copy(MemberStatus.Leaving)]),
                    1 when member is not null => gossip.MarkAsDown(member),
                    2 when member is not null => gossip.WithReachability(gossip.Reachability.Unreachable(by, node)),
                    3 when member is not null => gossip.RemoveAll([node], 1),
                    _ => gossip,
                };
                gossip = gossip.Increment(Clock(by)).OnlySeenBy(by);
            }
            return gossip;
        }

        static VectorClock.Ordering Ordering(Gossip a, Gossip b) => a.Version.CompareTo(b.Version);
    }

    [Fact]
    public void A_gossip_survives_the_wire()
    {
        var gossip = Gossip(
            Up(A, 1, "storage", "vip"), Up(B, 2, "storage"), Create(C, MemberStatus.Joining, null, "x"), Create(D, MemberStatus.Down, 3))
            .Increment(Clock(A)).Increment(Clock(A)).Increment(Clock(B)).MarkSeen(A).MarkSeen(B);
        gossip = gossip.WithReachability(gossip.Reachability.Unreachable(A, D).Terminated(B, D).Unreachable(B, C).Reachable(B, C)).RemoveAll([E], 123_456);

        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) GossipCodec.Write(writer, gossip);
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        var read = GossipCodec.Read(reader);

        Assert.Equal(gossip.ToString(), read.ToString());
        Assert.Equal(gossip.Version, read.Version);
        Assert.Equal(gossip.Seen, read.Seen);
        Assert.Equal(gossip.Reachability, read.Reachability);
        Assert.Equal(gossip.Tombstones, read.Tombstones);
        Assert.Equal(gossip.Members.Select(m => m.ToString()), read.Members.Select(m => m.ToString()));
        Assert.Equal(int.MaxValue, read.GetMember(C).UpNumber);
    }

    private static Gossip Gossip(params Member[] members) => new(Members(members));

    private static VectorClock.Node Clock(UniqueAddress node) => Akka.Cluster.Gossip.ClockNode(node);
}
