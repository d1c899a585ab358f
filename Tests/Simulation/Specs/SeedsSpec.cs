using Mooring.Tests.Simulation.Runs;
using Xunit.Abstractions;

namespace Mooring.Tests.Simulation.Specs;

/// <summary>
/// Whole clusters under harm: nothing is lost, nothing done twice, and everything ends once all is healed. Many more seeds that nobody has
/// tried yet are run by <c>build.cs simulate</c>.
/// </summary>
public sealed class SeedsSpec(ITestOutputHelper output)
{
    private const int FixedCount = 20;
    private const int FreshCount = 20;

    [Fact]
    public Task The_same_seeds_every_time() => HoldAsync([.. Enumerable.Range(1, FixedCount).Select(i => (long)i)]);

    /// <summary>Other seeds each time; a failure names its seed.</summary>
    [Fact]
    public Task Seeds_that_nobody_has_tried_yet()
    {
        var first = DateTime.UtcNow.Ticks % 1_000_000_000;
        return HoldAsync([.. Enumerable.Range(0, FreshCount).Select(i => first + i)]);
    }

    /// <summary>
    /// Seeds that have found something, by what it was. What a seed does shifts with the engine, the product and its configuration: those up to
    /// 1,133,001,872 found theirs on another engine, and are kept for the kind of harm that they do.
    /// </summary>
    [Fact]
    public Task Seeds_that_have_found_defects() => HoldAsync(
    [
        // A connection that a peer had given up while this node stood still took over the reading and ended.
        5,

        // A node whose time of day was set back while it waited to be let in asked for ever; one that had lost the others did not give up.
        17, 116,

        // A message of a rebalance got lost, and its shard stood still until the hand-off's time was over.
        253,

        // That shard moved at once when its time was over, and what waited for one of its entities that was just going to sleep was lost.
        1_290_050_016,

        // An operation was carried out a second time after its result had been delivered: its volume had forgotten it too early.
        44, 49, 50, 22,

        // Membership came apart, and each part took the other for dead for good.
        1044, 196_819_505,

        // A source that asked whether it was still held had its copy count as cleaned up, and half-made images stayed for good.
        5031,

        // The member that took a node in died before any other had heard of it, and the node stayed "joining" for good.
        5125, 5150, 600_175,

        // A node that learned of an older one and of itself being up at once took itself for the oldest, handed over, and was no successor any more.
        701_042,

        // The watch of a call that had failed stayed, and a half-made image was never cleaned up.
        700_508, 700_961,

        // A connection whose closing failed had the reader of the next one wait for it, and nothing was heard of that peer for good.
        700_621,

        // A node was let in, never heard of it, was removed again, and asked to be let in for ever, with an incarnation that nobody takes back.
        811_000_084,

        // A resize that took effect was in doubt, was done again when the pool was full, and failed.
        830_000_039,

        // Requests of a replaced owner had waited for a shard's home, came after their results were recorded and forgotten, and were carried out again.
        830_000_156,

        // A request waited in a node that stood still, was carried out elsewhere, recorded and forgotten, and came again when that node went on.
        1_127_004_130,

        // Two clusters, one of them with a member that had gone to the other: who was to leave it for the other waited for that member's consent for good.
        1_127_006_678,

        // All was whole again, and a node that then went on after a pause took the others for gone; or two lost each other once more.
        840_000_992, 1_290_040_118,

        // The oldest handed its singletons over to a node that had formed another cluster, and nobody ran them after that one's end.
        1_132_000_246,

        // The same of a sharded type that is not Mooring's.
        1_290_050_149,

        // A volume dropped the oldest of many results before it was recorded, and the next owner had it carried out again.
        1_132_000_042,

        // A node left, and those whose consent that takes had ended or begun another cluster.
        238,

        // Messages on their way over a link that was cut came after later ones when their shard had moved meanwhile.
        1_298_000_385,

        // A node asked to be let in, gave up, and founded a cluster; its request arrived later, and the other cluster waited for it for good.
        1_411_000_041,

        // Two connections to one node took its reading from each other.
        1_291_000_209,

        // A volume full of results waited for its owner, which waited for an earlier request there to end.
        1_133_001_872,

        // The store put off a step after the effect, or answered with an error what it had done, and the operation counted as undone when it was cancelled.
        41_735, 51_216, 51_319,

        // Two copies waited for each other's volume until a time of day that had been set back.
        41_549,

        // A member had ended, and the one that had been started under its address meanwhile was taken for it, and its lease for one that need not be waited for.
        71_126,
        // A volume was read while an incarnation that had been replaced made a snapshot and deleted the events before it: an older snapshot was taken, and the
        // operations whose events were gone began again.
        600_647,

        // A node stood still and another cluster was founded without it; what a coordinator of that one had persisted named a region of a process that had
        // ended, and the watch of that was lost with a connection: its shards answered nobody any more.
        700_240,
    ]);

    /// <summary>
    /// Each node begins anew twenty times in two runs, in random order and for every reason, and the owner is killed after each. The first seed's owner
    /// was killed before a node that had just come back had got any report of it, and its lease was waited out.
    /// </summary>
    [Fact]
    public Task Nodes_that_have_begun_anew_are_worth_as_much_as_new_ones() => HoldAsync([117_250_658, DateTime.UtcNow.Ticks % 1_000_000_000], rounds: 10);

    private async Task HoldAsync(IReadOnlyList<long> seeds, int rounds = 0)
    {
        output.WriteLine($"seeds {string.Join(", ", seeds)}");
        var batch = new SeedBatch(Mutation.None, output.WriteLine) { Rounds = rounds };
        await batch.RunAsync(seeds, CancellationToken.None);
        foreach (var line in batch.Report())
            output.WriteLine(line);

        Assert.True(batch.Results.Sum(r => r.Delivered) > 0, "no result was delivered to an actor");
        Assert.True(batch.Results.Sum(r => r.Cancelled) > 0, "nothing was cancelled");
        Assert.True(batch.Results.Sum(r => r.Numbered) > seeds.Count * 100, "hardly any numbered message arrived");
        Assert.Equal("", string.Join('\n', batch.Failures.Select(f => $"seed {f.Seed}: {f.Violations[0]}; repeat: {SeedBatch.HowToRepeat(f.Seed, Mutation.None, rounds)}")));
        Assert.Equal(seeds.Count, batch.Results.Count);
    }
}
