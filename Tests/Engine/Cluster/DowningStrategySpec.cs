using System.Collections.Immutable;
using Akka.Cluster;
using Akka.Cluster.SBR;

namespace Mooring.Tests.Engine.ClusterSpecs;

/// <summary>
/// Splits as tables. Members are letters in address order with their status: capital = up, small = joining, ' after it = leaving,
/// digits after ':' = up numbers. The part after '|' is the other side.
/// </summary>
public sealed class DowningStrategySpec
{
    [Theory]
    [InlineData("ABC|DE", "DE")]
    [InlineData("AB|CDE", "AB")]
    [InlineData("AB|CD", "CD")]
    [InlineData("CD|AB", "CD")]
    [InlineData("A|B", "B")]
    [InlineData("AB|C", "C")]
    [InlineData("C|AB", "C")]
    // The other side may have let joining members in: nobody can be sure.
    [InlineData("ABC|DEfg", "ABCDEfg")]
    // Leaving members may be gone on the other side.
    [InlineData("A'B'C|DE", "A'B'CDE")]
    [InlineData("A'BC|DE", "DE")]
    [InlineData("ABC|De", "De")]
    public void Keep_majority(string split, string downed) => Check(new KeepMajorityStrategy(null), split, downed);

    [Theory]
    [InlineData(3, "ABC|DE", "DE")]
    [InlineData(3, "AB|CDE", "AB")]
    [InlineData(3, "ABC|D", "D")]
    [InlineData(2, "A|BC", "A")]
    [InlineData(2, "A|B", "A")]
    [InlineData(2, "ABC|D", "ABCD")]
    public void Static_quorum(int size, string split, string downed) => Check(new StaticQuorumStrategy(size, null), split, downed);

    [Theory]
    [InlineData(true, "AB|CD", "CD")]
    [InlineData(true, "CD|AB", "CD")]
    [InlineData(true, "A|BCD", "A")]
    [InlineData(true, "BCD|A", "A")]
    [InlineData(true, "A|B", "B")]
    [InlineData(true, "B|A", "B")]
    [InlineData(false, "A|BCD", "BCD")]
    [InlineData(false, "BCD|A", "BCD")]
    [InlineData(false, "A'B|CD", "CD")]
    [InlineData(false, "A'|BC", "A'BC")]
    public void Keep_oldest(bool downIfAlone, string split, string downed) => Check(new KeepOldestStrategy(downIfAlone, null), split, downed);

    [Theory]
    [InlineData("AB|C", "ABC")]
    [InlineData("A|BC", "ABC")]
    public void Down_all(string split, string downed) => Check(new DownAllStrategy(), split, downed);

    [Theory]
    [InlineData("AB|C", 0)]
    [InlineData("C|AB", 2)]
    [InlineData("AB|CD", 0)]
    [InlineData("CD|AB", 2)]
    public void Lease_majority_lets_the_smaller_side_ask_later(string split, int delaySeconds)
    {
        var strategy = new LeaseMajorityStrategy(null, TimeSpan.FromSeconds(2));
        var view = View(split);
        var decision = strategy.Decide(view);
        Assert.Equal(new Decision.AcquireLeaseAndDownUnreachable(TimeSpan.FromSeconds(delaySeconds)), decision);
        Assert.Equal(split.Split('|')[1], Names(strategy.NodesToDown(decision, view)));
        Assert.Equal(split.Split('|')[0], Names(strategy.NodesToDown(DowningStrategy.Reverse(decision), view)));
    }

    [Fact]
    public void Only_members_with_the_role_count()
    {
        var members = Nodes.Members(
            Nodes.Up(Nodes.A, 1, "x"), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3, "x"), Nodes.Up(Nodes.D, 4), Nodes.Up(Nodes.E, 5));
        var view = new ClusterView(Nodes.A, members, Split([Nodes.A, Nodes.C], [Nodes.B, Nodes.D, Nodes.E]), []);
        Assert.IsType<Decision.DownReachable>(new KeepMajorityStrategy(null).Decide(view));
        Assert.IsType<Decision.DownUnreachable>(new KeepMajorityStrategy("x").Decide(view));
        Assert.IsType<Decision.DownUnreachable>(new StaticQuorumStrategy(2, "x").Decide(view));
    }

    [Fact]
    public void Who_is_joining_on_the_losing_side_is_downed_with_it() =>
        Check(new KeepMajorityStrategy(null), "ABCD|Ef", "Ef");

    [Fact]
    public void Two_nodes_that_see_each_other_as_unreachable_go_when_both_are_connected_to_the_rest()
    {
        var members = Nodes.Members(Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3), Nodes.Up(Nodes.D, 4));
        var view = new ClusterView(Nodes.A, members, Reachability.Empty.Unreachable(Nodes.C, Nodes.D).Unreachable(Nodes.D, Nodes.C), []);
        var strategy = new KeepMajorityStrategy(null);
        var decision = strategy.Decide(view);
        Assert.IsType<Decision.DownIndirectlyConnected>(decision);
        Assert.Equal("CD", Names(strategy.NodesToDown(decision, view)));
        Assert.Equal("AB", Names(strategy.NodesToDown(DowningStrategy.Reverse(decision), view)));
    }

    [Fact]
    public void One_that_has_seen_the_current_gossip_is_connected_whoever_complains()
    {
        var members = Nodes.Members(Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3), Nodes.Up(Nodes.D, 4));
        var view = new ClusterView(Nodes.A, members, Reachability.Empty.Unreachable(Nodes.B, Nodes.D), [Nodes.A.Address, Nodes.D.Address]);
        Assert.Equal("BD", Names(new KeepMajorityStrategy(null).NodesToDown(new KeepMajorityStrategy(null).Decide(view), view)));
    }

    [Fact]
    public void A_crash_beside_indirectly_connected_nodes_is_decided_as_well()
    {
        var members = Nodes.Members(
            Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3), Nodes.Up(Nodes.D, 4), Nodes.Up(Nodes.E, 5));
        var reachability = Reachability.Empty.Unreachable(Nodes.B, Nodes.C).Unreachable(Nodes.C, Nodes.B).Unreachable(Nodes.A, Nodes.E);
        var view = new ClusterView(Nodes.A, members, reachability, []);
        var strategy = new KeepMajorityStrategy(null);
        Assert.Equal("BCE", Names(strategy.NodesToDown(strategy.Decide(view), view)));
    }

    [Fact]
    public void One_that_reported_another_crash_before_its_own_is_dead_and_not_indirectly_connected()
    {
        var members = Nodes.Members(
            Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3), Nodes.Up(Nodes.D, 4), Nodes.Up(Nodes.E, 5));
        var reachability = Split([Nodes.A, Nodes.B, Nodes.C], [Nodes.D, Nodes.E]).Unreachable(Nodes.D, Nodes.E);
        var view = new ClusterView(Nodes.A, members, reachability, [Nodes.A.Address, Nodes.B.Address, Nodes.C.Address]);
        var strategy = new KeepMajorityStrategy(null);
        Assert.IsType<Decision.DownUnreachable>(strategy.Decide(view));
        Assert.Equal("DE", Names(strategy.NodesToDown(strategy.Decide(view), view)));
    }

    [Fact]
    public void One_that_complained_before_it_was_cut_off_does_not_take_the_others_with_it()
    {
        // D had lost A before A, B and C lost D and E
        var members = Nodes.Members(
            Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3), Nodes.Up(Nodes.D, 4), Nodes.Up(Nodes.E, 5));
        var view = new ClusterView(Nodes.A, members, Split([Nodes.A, Nodes.B, Nodes.C], [Nodes.D, Nodes.E]).Unreachable(Nodes.D, Nodes.A), []);
        var strategy = new KeepMajorityStrategy(null);
        Assert.Equal("DE", Names(strategy.NodesToDown(strategy.Decide(view), view)));
    }

    [Fact]
    public void A_member_that_is_exiting_and_already_gone_disturbs_no_decision()
    {
        // E leaves while D crashes: it has seen the current gossip, complained about D, and is not reached any more
        var members = Nodes.Members(
            Nodes.Up(Nodes.A), Nodes.Up(Nodes.B, 2), Nodes.Up(Nodes.C, 3), Nodes.Up(Nodes.D, 4), Nodes.Create(Nodes.E, MemberStatus.Exiting, 5));
        var reachability = Split([Nodes.A, Nodes.B, Nodes.C], [Nodes.D, Nodes.E]).Unreachable(Nodes.E, Nodes.D).Unreachable(Nodes.D, Nodes.E);
        var view = new ClusterView(Nodes.A, members, reachability, [Nodes.A.Address, Nodes.B.Address, Nodes.C.Address, Nodes.E.Address]);
        var strategy = new KeepMajorityStrategy(null);
        Assert.Equal("D", Names(strategy.NodesToDown(strategy.Decide(view), view)));
    }

    [Fact]
    public void Both_sides_of_any_clean_split_never_go_on_together()
    {
        DowningStrategy[] strategies =
            [new KeepMajorityStrategy(null), new KeepOldestStrategy(true, null), new KeepOldestStrategy(false, null), new StaticQuorumStrategy(3, null)];
        UniqueAddress[] nodes = [Nodes.A, Nodes.B, Nodes.C, Nodes.D, Nodes.E];
        var members = Nodes.Members([.. nodes.Select((n, i) => Nodes.Up(n, 5 - i))]);
        for (var mask = 1; mask < 31; mask++)
        {
            var here = nodes.Where((_, i) => (mask >> i & 1) == 1).ToArray();
            var there = nodes.Except(here).ToArray();
            foreach (var strategy in strategies)
            {
                var left = Survivors(strategy, members, here, there);
                var right = Survivors(strategy, members, there, here);
                Assert.True(left.Length == 0 || right.Length == 0, $"{strategy} with {mask}: both survive");
                Assert.False(left.Length == 0 && right.Length == 0, $"{strategy} with {mask}: nobody survives");
            }
        }
    }

    private static UniqueAddress[] Survivors(DowningStrategy strategy, ImmutableSortedSet<Member> members, UniqueAddress[] here, UniqueAddress[] there)
    {
        var view = new ClusterView(here[0], members, Split(here, there), []);
        var downed = strategy.NodesToDown(strategy.Decide(view), view).Select(m => m.UniqueAddress).ToHashSet();
        return [.. here.Where(n => !downed.Contains(n))];
    }

    private static void Check(DowningStrategy strategy, string split, string downed)
    {
        var view = View(split);
        Assert.Equal(string.Concat(downed.Order()), string.Concat(Names(strategy.NodesToDown(strategy.Decide(view), view)).Order()));
    }

    private static ClusterView View(string split)
    {
        var sides = split.Split('|').Select(Parse).ToArray();
        var members = sides[0].Concat(sides[1]).ToImmutableSortedSet();
        return new ClusterView(sides[0][0].UniqueAddress, members, Split([sides[0][0].UniqueAddress], [.. sides[1].Select(m => m.UniqueAddress)]), []);
    }

    private static List<Member> Parse(string side)
    {
        var members = new List<Member>();
        for (var i = 0; i < side.Length; i++)
        {
            if (side[i] == '\'') continue;
            var leaving = i + 1 < side.Length && side[i + 1] == '\'';
            var status = leaving ? MemberStatus.Leaving : char.IsLower(side[i]) ? MemberStatus.Joining : MemberStatus.Up;
            var node = Nodes.Node(char.ToLowerInvariant(side[i]));
            members.Add(Nodes.Create(node, status, status == MemberStatus.Joining ? int.MaxValue : char.ToLowerInvariant(side[i])));
        }
        return members;
    }

    private static Reachability Split(UniqueAddress[] here, UniqueAddress[] there) =>
        here.SelectMany(_ => there, (observer, subject) => (observer, subject))
            .Aggregate(Reachability.Empty, (table, pair) => table.Unreachable(pair.observer, pair.subject));

    private static string Names(IEnumerable<Member> members) => string.Concat(members.Order().Select(m =>
    {
        var name = m.Address.Host![^1];
        return m.Status switch
        {
            MemberStatus.Joining => name.ToString(),
            MemberStatus.Leaving => $"{char.ToUpperInvariant(name)}'",
            _ => char.ToUpperInvariant(name).ToString(),
        };
    }));
}
