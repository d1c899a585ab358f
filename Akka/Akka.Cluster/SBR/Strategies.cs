namespace Akka.Cluster.SBR;

/// <summary>Downs everybody in every split: for those that rather restart than decide.</summary>
internal sealed record DownAllStrategy() : DowningStrategy((string?)null)
{
    public override Decision Decide(ClusterView view) => new Decision.DownAll();
}

/// <summary>The side with a fixed number of members goes on.</summary>
internal sealed record StaticQuorumStrategy(int QuorumSize, string? Role) : DowningStrategy(Role)
{
    public override Decision Decide(ClusterView view)
    {
        // With that many members both sides could have the quorum.
        if (Counted(view).Count() > (QuorumSize * 2) - 1) return new Decision.DownAll();
        if (!view.IndirectlyConnected.IsEmpty) return new Decision.DownIndirectlyConnected();
        return Counted(view).Count(m => !view.IsUnreachable(m)) >= QuorumSize ? new Decision.DownUnreachable() : new Decision.DownReachable();
    }
}

/// <summary>The larger side goes on; of two equal ones that with the lowest address.</summary>
internal sealed record KeepMajorityStrategy(string? Role) : DowningStrategy(Role)
{
    public override Decision Decide(ClusterView view)
    {
        if (!view.IndirectlyConnected.IsEmpty) return new Decision.DownIndirectlyConnected();
        var members = Counted(view).ToList();
        if (members.Count == 0) return new Decision.DownAll();
        var unreachable = members.Count(view.IsUnreachable);
        if (Majority(view, members[0], members.Count - unreachable, unreachable) is not Decision.DownUnreachable) return new Decision.DownReachable();
        return WinsWhateverTheOtherSideHasChanged(view) ? new Decision.DownUnreachable() : new Decision.DownAll();
    }

    /// <summary>Membership may change in the moment of the split: joining ones count for the other side, leaving ones not for this one.</summary>
    private bool WinsWhateverTheOtherSideHasChanged(ClusterView view)
    {
        var all = Counted(view, includingPossiblyUp: true, excludingPossiblyExiting: true).ToList();
        if (all.Count == 0) return false;
        var here = Counted(view, includingPossiblyUp: false, excludingPossiblyExiting: true).Count(m => !view.IsUnreachable(m));
        var there = Counted(view, includingPossiblyUp: true).Count(view.IsUnreachable);
        return Majority(view, all[0], here, there) is Decision.DownUnreachable;
    }

    private static Decision Majority(ClusterView view, Member lowest, int here, int there)
    {
        var wins = here == there ? !view.IsUnreachable(lowest) : here > there;
        return wins ? new Decision.DownUnreachable() : new Decision.DownReachable();
    }
}

/// <summary>The side with the oldest member goes on, unless it is alone and that is not wanted.</summary>
internal sealed record KeepOldestStrategy(bool DownIfAlone, string? Role) : DowningStrategy(Role)
{
    public override Decision Decide(ClusterView view)
    {
        if (!view.IndirectlyConnected.IsEmpty) return new Decision.DownIndirectlyConnected();
        var members = Counted(view).ToList();
        if (members.Count == 0) return new Decision.DownAll();
        if (Oldest(view, members, members) is not Decision.DownUnreachable) return new Decision.DownReachable();
        // Joining and weakly up members matter only for being alone.
        var sure = Counted(view, includingPossiblyUp: false, excludingPossiblyExiting: true).ToList();
        if (sure.Count == 0) return new Decision.DownAll();
        var possible = Counted(view, includingPossiblyUp: DownIfAlone, excludingPossiblyExiting: true).ToList();
        return Oldest(view, sure, possible) is Decision.DownUnreachable ? new Decision.DownUnreachable() : new Decision.DownAll();
    }

    private Decision Oldest(ClusterView view, List<Member> members, List<Member> counted)
    {
        var oldest = members.Min(Member.AgeOrdering)!;
        var there = counted.Count(view.IsUnreachable);
        var here = counted.Count - there;
        var wins = view.IsUnreachable(oldest)
            ? DownIfAlone && there == 1 && here > 1
            // Of two members the oldest is kept although it is alone.
            : !(DownIfAlone && here == 1 && there > 1);
        return wins ? new Decision.DownUnreachable() : new Decision.DownReachable();
    }
}

/// <summary>The side that gets the lease goes on; the smaller one asks later.</summary>
internal sealed record LeaseMajorityStrategy(string? Role, TimeSpan AcquireLeaseDelayForMinority) : DowningStrategy(Role)
{
    public override Decision Decide(ClusterView view) =>
        view.IndirectlyConnected.IsEmpty
            ? new Decision.AcquireLeaseAndDownUnreachable(IsMinority(view) ? AcquireLeaseDelayForMinority : TimeSpan.Zero)
            : new Decision.AcquireLeaseAndDownIndirectlyConnected(TimeSpan.Zero);

    private bool IsMinority(ClusterView view)
    {
        var members = Counted(view).ToList();
        if (members.Count == 0) return false;
        var there = members.Count(view.IsUnreachable);
        var here = members.Count - there;
        return here == there ? view.IsUnreachable(members[0]) : here < there;
    }
}
