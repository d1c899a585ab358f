using Akka.Cluster;
using Ordering = Akka.Cluster.VectorClock.Ordering;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class VectorClockSpec
{
    [Theory]
    [InlineData("", "", Ordering.Same)]
    [InlineData("x", "", Ordering.After)]
    [InlineData("", "x", Ordering.Before)]
    [InlineData("xx", "x", Ordering.After)]
    [InlineData("x", "xy", Ordering.Before)]
    [InlineData("x", "y", Ordering.Concurrent)]
    [InlineData("xxy", "xyy", Ordering.Concurrent)]
    [InlineData("xyz", "zyx", Ordering.Same)]
    [InlineData("yz", "xyz", Ordering.Before)]
    public void Clocks_are_ordered_by_what_has_happened(string left, string right, Ordering expected)
    {
        Assert.Equal(expected, After(left).CompareTo(After(right)));
        Assert.Equal(expected == Ordering.After, After(left) > After(right));
        Assert.Equal(expected == Ordering.Before, After(left) < After(right));
        Assert.Equal(expected == Ordering.Same, After(left) == After(right));
        Assert.Equal(expected == Ordering.Concurrent, After(left).IsConcurrentWith(After(right)));
    }

    [Fact]
    public void A_merged_clock_is_after_both_that_were_concurrent()
    {
        var (left, right) = (After("xxz"), After("xyy"));
        var merged = left.Merge(right);
        Assert.True(merged > left);
        Assert.True(merged > right);
        Assert.True(merged == right.Merge(left));
    }

    [Fact]
    public void A_pruned_node_no_longer_counts() =>
        Assert.Equal(Ordering.Same, After("xyy").Prune(VectorClock.Node.Create("y")).CompareTo(After("x")));

    [Fact]
    public void The_name_of_a_node_is_its_hash_everywhere() =>
        Assert.Equal(VectorClock.Node.Create("x"), VectorClock.Node.FromHash(VectorClock.Node.Create("x").ToString()));

    /// <summary>The clock after one event on each node named.</summary>
    private static VectorClock After(string events) =>
        events.Aggregate(VectorClock.Create(), (clock, node) => clock.Increment(VectorClock.Node.Create(node.ToString())));
}
