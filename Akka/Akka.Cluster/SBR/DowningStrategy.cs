using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster.SBR;

/// <summary>What is to become of the two sides of a split.</summary>
internal abstract record Decision
{
    private Decision() { }

    /// <summary>The others are downed; this side goes on.</summary>
    internal sealed record DownUnreachable : Decision;

    /// <summary>This side downs itself.</summary>
    internal sealed record DownReachable : Decision;

    internal sealed record DownAll : Decision;

    /// <summary>Nodes that see each other as unreachable but are both connected to the rest; with the losing side of a clean split, if there is one too.</summary>
    internal sealed record DownIndirectlyConnected : Decision;

    /// <summary>As <see cref="DownUnreachable"/> when the lease is granted, asked for after the delay; else <see cref="DownReachable"/>.</summary>
    internal sealed record AcquireLeaseAndDownUnreachable(TimeSpan Delay) : Decision;

    internal sealed record AcquireLeaseAndDownIndirectlyConnected(TimeSpan Delay) : Decision;

    /// <summary>The lease was not granted: the nodes that are well connected on this side go instead.</summary>
    internal sealed record ReverseDownIndirectlyConnected : Decision;

    /// <summary>Another node has quarantined this one.</summary>
    internal sealed record DownSelfQuarantinedByRemote : Decision;

    public bool NeedsLease => this is AcquireLeaseAndDownUnreachable or AcquireLeaseAndDownIndirectlyConnected;

    public bool IsIndirectlyConnected =>
        this is DownIndirectlyConnected or AcquireLeaseAndDownIndirectlyConnected or ReverseDownIndirectlyConnected;
}

/// <summary>What a decision is made from: the membership and reachability as one node knows them. Immutable.</summary>
/// <param name="Self">This node.</param>
/// <param name="Members">All members, with any status.</param>
/// <param name="Reachability">Who sees whom as unreachable.</param>
/// <param name="SeenBy">Who has seen the current gossip, and so is connected with this node in some way.</param>
internal sealed record ClusterView(
    UniqueAddress Self, ImmutableSortedSet<Member> Members, Reachability Reachability, ImmutableHashSet<Address> SeenBy)
{
    public ImmutableHashSet<UniqueAddress> Unreachable
    {
        get
        {
            var dead = Dead;
            return (dead.IsEmpty ? Reachability : Reachability.FilterRecords(r => !dead.Contains(r.Observer))).AllUnreachableOrTerminated;
        }
    }

    /// <summary>
    /// Nodes that are unreachable for some and yet connected through others: they complain themselves about somebody while others complain
    /// about them, or they have seen the current gossip although somebody cannot reach them.
    /// </summary>
    public ImmutableHashSet<UniqueAddress> IndirectlyConnected
    {
        get
        {
            var complaints = Complaints;
            return ObserversThatAreSubjects(complaints).Union(PairsThatHaveSeen(complaints));
        }
    }

    /// <summary>What counts of the reachability table. Not: what is said by or of members that are on their way out anyway, and by the dead.</summary>
    private Reachability Complaints
    {
        get
        {
            var (staying, dead) = (Staying, Dead);
            return Reachability.FilterRecords(r => staying.Contains(r.Observer) && staying.Contains(r.Subject) && !dead.Contains(r.Observer));
        }
    }

    private ImmutableHashSet<UniqueAddress> Staying =>
        Members.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed)).Select(m => m.UniqueAddress).ToImmutableHashSet();

    /// <summary>
    /// Nodes that none of the members which nobody complains about can reach, and that have not seen the current gossip: they are not connected,
    /// they are dead or cut off. What they said of others before that is old.
    /// </summary>
    private ImmutableHashSet<UniqueAddress> Dead
    {
        get
        {
            var staying = Staying;
            var complaints = Reachability.Records
                .Where(r => r.Status != ReachabilityStatus.Reachable && staying.Contains(r.Observer) && staying.Contains(r.Subject)).ToList();
            // Two that crash one after the other may complain about each other, and about those who go on: what counts is who is left of all.
            var dead = ImmutableHashSet<UniqueAddress>.Empty;
            while (true)
            {
                var subjects = complaints.Where(r => !dead.Contains(r.Observer)).Select(r => r.Subject).ToImmutableHashSet();
                var sound = staying.Except(subjects);
                if (sound.IsEmpty) return dead;
                var more = subjects.Where(subject => !dead.Contains(subject) && !SeenBy.Contains(subject.Address)
                    && sound.All(observer => complaints.Exists(r => r.Observer == observer && r.Subject == subject))).ToList();
                if (more.Count == 0) return dead;
                dead = dead.Union(more);
            }
        }
    }

    private static ImmutableHashSet<UniqueAddress> ObserversThatAreSubjects(Reachability complaints) =>
        complaints.AllObservers.Intersect(complaints.AllUnreachableOrTerminated);

    private ImmutableHashSet<UniqueAddress> PairsThatHaveSeen(Reachability complaints) =>
        complaints.Records.Where(r => r.Status != ReachabilityStatus.Reachable && SeenBy.Contains(r.Subject.Address))
            .SelectMany(r => new[] { r.Observer, r.Subject }).ToImmutableHashSet();

    public bool IsUnreachable(Member member) => Unreachable.Contains(member.UniqueAddress);

    public bool IsReachable(Member member) => !IsUnreachable(member) && !IndirectlyConnected.Contains(member.UniqueAddress);

    /// <summary>The view without what the indirectly connected nodes say of each other: what is left is a clean split, or nothing.</summary>
    public ClusterView WithoutIndirectConnections()
    {
        var complaints = Complaints;
        var (subjects, seen) = (ObserversThatAreSubjects(complaints), PairsThatHaveSeen(complaints));
        return this with
        {
            Reachability = complaints.FilterRecords(r =>
                !((subjects.Contains(r.Observer) && subjects.Contains(r.Subject)) || (seen.Contains(r.Observer) && seen.Contains(r.Subject)))),
        };
    }
}

/// <summary>A rule for splits. Pure: the <see cref="SplitBrainResolver"/> collects the view, waits until it is stable and acts.</summary>
/// <param name="Role">Only members with this role count; null: all.</param>
internal abstract record DowningStrategy(string? Role)
{
    public abstract Decision Decide(ClusterView view);

    public ImmutableHashSet<Member> NodesToDown(Decision decision, ClusterView view)
    {
        var downable = view.Members.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed)).ToList();
        return decision switch
        {
            Decision.DownUnreachable or Decision.AcquireLeaseAndDownUnreachable => [.. downable.Where(view.IsUnreachable)],
            Decision.DownReachable => [.. downable.Where(m => !view.IsUnreachable(m))],
            Decision.DownAll => [.. downable],
            Decision.DownIndirectlyConnected or Decision.AcquireLeaseAndDownIndirectlyConnected =>
                [.. downable.Where(m => view.IndirectlyConnected.Contains(m.UniqueAddress)), .. AdditionalNodesToDown(view)],
            Decision.ReverseDownIndirectlyConnected => [.. downable.Where(view.IsReachable)],
            Decision.DownSelfQuarantinedByRemote => [.. downable.Where(m => m.UniqueAddress == view.Self)],
            _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, "unknown decision"),
        };
    }

    /// <summary>The decision for the case that the lease was not granted.</summary>
    public static Decision Reverse(Decision decision) => decision switch
    {
        Decision.DownUnreachable or Decision.AcquireLeaseAndDownUnreachable => new Decision.DownReachable(),
        Decision.DownReachable => new Decision.DownUnreachable(),
        Decision.DownIndirectlyConnected or Decision.AcquireLeaseAndDownIndirectlyConnected => new Decision.ReverseDownIndirectlyConnected(),
        Decision.ReverseDownIndirectlyConnected => new Decision.DownIndirectlyConnected(),
        _ => decision,
    };

    /// <summary>Members that count, in address order. Who is down or exiting never does.</summary>
    /// <param name="view">The members and who of them can be reached.</param>
    /// <param name="includingPossiblyUp">Joining and weakly up members too: the other side may have let them in.</param>
    /// <param name="excludingPossiblyExiting">Leaving members not: the other side may have let them go.</param>
    protected IEnumerable<Member> Counted(ClusterView view, bool includingPossiblyUp = false, bool excludingPossiblyExiting = false) =>
        view.Members.Where(m => (Role is null || m.HasRole(Role)) && m.Status switch
        {
            MemberStatus.Up => true,
            MemberStatus.Joining or MemberStatus.WeaklyUp => includingPossiblyUp,
            MemberStatus.Leaving => !excludingPossiblyExiting,
            _ => false,
        });

    /// <summary>A clean split beside the indirectly connected nodes (or a crash) gets its own decision.</summary>
    private ImmutableHashSet<Member> AdditionalNodesToDown(ClusterView view)
    {
        if (view.Unreachable.Except(view.IndirectlyConnected).IsEmpty) return [];
        var clean = view.WithoutIndirectConnections();
        var decision = Decide(clean);
        // What is left can only be indirect again when the table is inconsistent; then nobody is sure of anything.
        return decision.IsIndirectlyConnected ? NodesToDown(new Decision.DownAll(), clean) : NodesToDown(decision, clean);
    }
}
