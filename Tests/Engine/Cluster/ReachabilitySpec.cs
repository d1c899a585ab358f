using System.Collections.Immutable;
using Akka.Cluster;
using static Mooring.Tests.Engine.ClusterSpecs.Nodes;

namespace Mooring.Tests.Engine.ClusterSpecs;

public sealed class ReachabilitySpec
{
    [Fact]
    public void Everybody_is_reachable_until_somebody_says_otherwise()
    {
        Assert.True(Reachability.Empty.IsAllReachable);
        var table = Reachability.Empty.Unreachable(A, B);
        Assert.False(table.IsReachable(B));
        Assert.False(table.IsReachable(A, B));
        Assert.True(table.IsReachable(C, B));
        Assert.Equal([B], table.AllUnreachable);
    }

    [Fact]
    public void A_node_is_reachable_again_when_nobody_complains_any_more()
    {
        var table = Reachability.Empty.Unreachable(A, C).Unreachable(B, C).Reachable(A, C);
        Assert.False(table.IsReachable(C));
        table = table.Reachable(B, C);
        Assert.True(table.IsReachable(C));
        Assert.True(table.IsAllReachable);
        Assert.Equal(2, table.Versions[A]);
    }

    [Fact]
    public void Terminated_is_final()
    {
        var table = Reachability.Empty.Terminated(A, B).Reachable(A, B).Unreachable(A, B);
        Assert.Equal(ReachabilityStatus.Terminated, table.Status(A, B));
        Assert.Equal(ReachabilityStatus.Terminated, table.Status(B));
        Assert.Equal([B], table.AllUnreachableOrTerminated);
        Assert.Empty(table.AllUnreachable);
    }

    [Fact]
    public void What_does_not_change_makes_no_new_table()
    {
        var table = Reachability.Empty.Unreachable(A, B);
        Assert.Same(table, table.Unreachable(A, B));
        Assert.Same(table, table.Reachable(A, C));
    }

    [Fact]
    public void Merging_takes_the_newer_rows_of_each_observer()
    {
        var common = Reachability.Empty.Unreachable(A, C).Unreachable(B, C);
        var left = common.Reachable(A, C);
        var right = common.Unreachable(B, D);
        var all = ImmutableHashSet.Create(A, B, C, D);

        foreach (var merged in new[] { left.Merge(all, right), right.Merge(all, left) })
        {
            Assert.True(merged.IsReachable(A, C));
            Assert.False(merged.IsReachable(B, C));
            Assert.False(merged.IsReachable(B, D));
            Assert.Equal(2, merged.Versions[A]);
        }
    }

    [Fact]
    public void Merging_forgets_nodes_that_are_no_longer_members()
    {
        var table = Reachability.Empty.Unreachable(A, C).Unreachable(A, D).Unreachable(C, B);
        var merged = table.Merge([A, B, D], Reachability.Empty);
        Assert.Equal([D], merged.AllUnreachable);
        Assert.Equal([A], merged.Versions.Keys);
    }

    [Fact]
    public void Removed_nodes_are_neither_observers_nor_subjects()
    {
        var table = Reachability.Empty.Unreachable(A, C).Unreachable(B, A).Unreachable(C, B).Remove([C]);
        Assert.Equal([A], table.AllUnreachable);
        Assert.DoesNotContain(C, table.Versions.Keys);
    }
}
