using Akka.Cluster;
using Akka.Cluster.SBR;

namespace Mooring.Tests.Engine.ClusterSpecs;

/// <summary>
/// Every way in which three, four and five nodes can fall apart, into two parts or more, against each strategy: who goes on is what its rule
/// says in plain words, and never two parts at once.
/// </summary>
public sealed class EverySplitSpec
{
    private static readonly UniqueAddress[] All = [Nodes.A, Nodes.B, Nodes.C, Nodes.D, Nodes.E];

    public static TheoryData<int> Sizes => [3, 4, 5];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Keep_majority_keeps_the_part_with_more_than_half_or_with_half_and_the_lowest_address(int size) =>
        Check(size, new KeepMajorityStrategy(null), (part, cluster) =>
            part.Length * 2 > cluster.Length || (part.Length * 2 == cluster.Length && part.Contains(cluster[0])));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Static_quorum_keeps_the_part_with_the_quorum_and_nobody_where_two_could_have_it(int size)
    {
        for (var quorum = 2; quorum <= size; quorum++)
        {
            var (needed, unambiguous) = (quorum, size <= (quorum * 2) - 1);
            Check(size, new StaticQuorumStrategy(quorum, null), (part, _) => unambiguous && part.Length >= needed);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Keep_oldest_keeps_the_part_with_the_oldest(int size) =>
        Check(size, new KeepOldestStrategy(DownIfAlone: false, null), (part, cluster) => part.Contains(Oldest(cluster)));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Keep_oldest_leaves_the_oldest_behind_when_it_is_alone(int size) =>
        Check(size, new KeepOldestStrategy(DownIfAlone: true, null), (part, cluster) =>
            part.Contains(Oldest(cluster)) ? part.Length > 1 : part.Length > 1 && part.Length == cluster.Length - 1);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Down_all_keeps_nobody(int size) => Check(size, new DownAllStrategy(), (_, _) => false);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Lease_majority_keeps_whoever_gets_the_lease_and_lets_the_majority_ask_first(int size)
    {
        var delay = TimeSpan.FromSeconds(2);
        var strategy = new LeaseMajorityStrategy(null, delay);
        var cluster = All[..size];
        foreach (var parts in Splits(cluster))
        {
            foreach (var winner in parts)
            {
                foreach (var part in parts)
                {
                    var view = View(part, cluster);
                    var decision = Assert.IsType<Decision.AcquireLeaseAndDownUnreachable>(strategy.Decide(view));
                    var hasMajority = part.Length * 2 > size || (part.Length * 2 == size && part.Contains(cluster[0]));
                    Assert.Equal(hasMajority ? TimeSpan.Zero : delay, decision.Delay);
                    Assert.Equal(part == winner ? part : [], Survivors(strategy, part == winner ? decision : DowningStrategy.Reverse(decision), view, part));
                }
            }
        }
    }

    /// <summary>The up numbers fall with the address, so that the oldest is not the one with the lowest address.</summary>
    private static UniqueAddress Oldest(UniqueAddress[] cluster) => cluster[^1];

    private static void Check(int size, DowningStrategy strategy, Func<UniqueAddress[], UniqueAddress[], bool> goesOn)
    {
        var cluster = All[..size];
        foreach (var parts in Splits(cluster))
        {
            var alive = 0;
            foreach (var part in parts)
            {
                var view = View(part, cluster);
                var expected = goesOn(part, cluster) ? part : [];
                var survivors = Survivors(strategy, strategy.Decide(view), view, part);
                Assert.True(
                    expected.SequenceEqual(survivors),
                    $"{strategy}, {Text(parts)}: of {Text([part])} there go on '{Text([survivors])}', expected '{Text([expected])}'");
                alive += survivors.Length > 0 ? 1 : 0;
            }
            Assert.True(alive <= 1, $"{strategy}, {Text(parts)}: {alive} parts go on");
        }
    }

    private static UniqueAddress[] Survivors(DowningStrategy strategy, Decision decision, ClusterView view, UniqueAddress[] part)
    {
        var downed = strategy.NodesToDown(decision, view).Select(m => m.UniqueAddress).ToHashSet();
        // a part that goes on downs everybody else
        if (!part.All(downed.Contains)) Assert.Superset(downed, view.Unreachable.ToHashSet());
        return [.. part.Where(node => !downed.Contains(node))];
    }

    /// <summary>Each node of the part sees everybody outside of it as unreachable.</summary>
    private static ClusterView View(UniqueAddress[] part, UniqueAddress[] cluster)
    {
        var members = Nodes.Members([.. cluster.Select((node, i) => Nodes.Up(node, 10 - i))]);
        var reachability = part.SelectMany(_ => cluster.Except(part), (observer, subject) => (observer, subject))
            .Aggregate(Reachability.Empty, (table, pair) => table.Unreachable(pair.observer, pair.subject));
        return new ClusterView(part[0], members, reachability, [.. part.Select(node => node.Address)]);
    }

    /// <summary>All partitions into two parts or more.</summary>
    private static IEnumerable<UniqueAddress[][]> Splits(UniqueAddress[] cluster) =>
        Partitions(cluster).Where(parts => parts.Length > 1);

    private static IEnumerable<UniqueAddress[][]> Partitions(UniqueAddress[] nodes)
    {
        if (nodes.Length == 0)
        {
            yield return [];
            yield break;
        }
        foreach (var parts in Partitions(nodes[..^1]))
        {
            yield return [.. parts, [nodes[^1]]];
            for (var i = 0; i < parts.Length; i++)
                yield return [.. parts.Select((part, at) => at == i ? [.. part, nodes[^1]] : part)];
        }
    }

    private static string Text(UniqueAddress[][] parts) =>
        string.Join('|', parts.Select(part => string.Concat(part.Select(node => char.ToUpperInvariant(node.Address.Host![^1])))));
}
