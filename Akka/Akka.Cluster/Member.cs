using System.Collections.Immutable;
using Akka.Actor;
using Akka.Util;

namespace Akka.Cluster;

/// <summary>
/// A node of the cluster with its status and roles. Two members are equal when they are the same incarnation, whatever their status.
/// </summary>
public class Member : IComparable<Member>, IComparable
{
    internal static readonly ImmutableSortedSet<Member> NoMembers = ImmutableSortedSet<Member>.Empty;

    private static readonly ImmutableHashSet<string> RemovedRoles = ["removed"];

    /// <summary>Orders by host, then port: the order in which leaders are looked for.</summary>
    public static readonly IComparer<Address> AddressOrdering = Comparer<Address>.Create(CompareAddresses);

    /// <summary>Oldest first.</summary>
    public static readonly IComparer<Member> AgeOrdering = Comparer<Member>.Create(static (a, b) => a.Equals(b) ? 0 : a.IsOlderThan(b) ? -1 : 1);

    /// <summary>As <see cref="AddressOrdering"/>, but members that can hardly lead (on their way out, not yet up) come last.</summary>
    internal static readonly IComparer<Member> LeaderStatusOrdering = Comparer<Member>.Create(static (a, b) =>
    {
        var byStatus = LeaderRank(a.Status).CompareTo(LeaderRank(b.Status));
        return byStatus != 0 ? byStatus : a.CompareTo(b);
    });

    private Member(UniqueAddress uniqueAddress, int upNumber, MemberStatus status, ImmutableHashSet<string> roles, AppVersion appVersion)
    {
        UniqueAddress = uniqueAddress;
        UpNumber = upNumber;
        Status = status;
        Roles = roles;
        AppVersion = appVersion;
    }

    public UniqueAddress UniqueAddress { get; }

    public MemberStatus Status { get; }

    public ImmutableHashSet<string> Roles { get; }

    public AppVersion AppVersion { get; }

    public Address Address => UniqueAddress.Address;

    /// <summary>The place in the order of becoming up; <see cref="int.MaxValue"/> until then.</summary>
    internal int UpNumber { get; }

    internal static Member Create(UniqueAddress uniqueAddress, ImmutableHashSet<string> roles, AppVersion appVersion) =>
        new(uniqueAddress, int.MaxValue, MemberStatus.Joining, roles, appVersion);

    internal static Member Create(UniqueAddress uniqueAddress, int upNumber, MemberStatus status, ImmutableHashSet<string> roles, AppVersion appVersion) =>
        new(uniqueAddress, upNumber, status, roles, appVersion);

    /// <summary>A stand-in for a member that is not, or no longer, known.</summary>
    internal static Member Removed(UniqueAddress node) => new(node, int.MaxValue, MemberStatus.Removed, RemovedRoles, AppVersion.Zero);

    public bool HasRole(string role) => Roles.Contains(role);

    /// <summary>Whether this member became up before the other. Only meaningful among members of one cluster.</summary>
    public bool IsOlderThan(Member other) =>
        UpNumber == other.UpNumber ? AddressOrdering.Compare(Address, other.Address) < 0 : UpNumber < other.UpNumber;

    /// <summary>The same member in another status.</summary>
    /// <exception cref="InvalidOperationException">The life of a member has no such step.</exception>
    public Member Copy(MemberStatus status)
    {
        if (status == Status) return this;
        if (!IsAllowed(Status, status)) throw new InvalidOperationException($"Invalid member status transition {Status} -> {status}");
        return new Member(UniqueAddress, UpNumber, status, Roles, AppVersion);
    }

    /// <summary>The same member, up, with its place in the order of becoming up.</summary>
    public Member CopyUp(int upNumber) => new Member(UniqueAddress, upNumber, Status, Roles, AppVersion).Copy(MemberStatus.Up);

    /// <summary>Merges two views of the members: see <see cref="HighestPriorityOf"/>; who is on the way out and missing in one view is gone.</summary>
    public static ImmutableHashSet<Member> PickHighestPriority(IEnumerable<Member> a, IEnumerable<Member> b) =>
        [.. PickHighestPriority(a, b, static _ => false)];

    internal static IEnumerable<Member> PickHighestPriority(IEnumerable<Member> a, IEnumerable<Member> b, Func<UniqueAddress, bool> isTombstone)
    {
        var other = b.ToDictionary(m => m.UniqueAddress);
        foreach (var mine in a)
        {
            if (other.Remove(mine.UniqueAddress, out var theirs)) yield return HighestPriorityOf(mine, theirs);
            else if (SurvivesAlone(mine)) yield return mine;
        }
        foreach (var theirs in other.Values)
            if (SurvivesAlone(theirs))
                yield return theirs;

        bool SurvivesAlone(Member m) => m.Status is not (MemberStatus.Down or MemberStatus.Exiting) && !isTombstone(m.UniqueAddress);
    }

    /// <summary>Of two views of one member the one that is further on its way out, else the one less far in; the older at equal status.</summary>
    public static Member HighestPriorityOf(Member m1, Member m2)
    {
        if (m1.Status == m2.Status) return m1.IsOlderThan(m2) ? m1 : m2;
        return Priority(m1.Status) <= Priority(m2.Status) ? m1 : m2;
    }

    public int CompareTo(Member? other) => other is null ? 1 : UniqueAddress.CompareTo(other.UniqueAddress);

    int IComparable.CompareTo(object? obj) => CompareTo(obj as Member);

    public override bool Equals(object? obj) => obj is Member other && UniqueAddress.Equals(other.UniqueAddress);

    public override int GetHashCode() => UniqueAddress.GetHashCode();

    public override string ToString() =>
        $"Member(address = {Address}, Uid={UniqueAddress.Uid}, status = {Status}, role=[{string.Join(",", Roles.Order(StringComparer.Ordinal))}], "
        + $"upNumber={UpNumber}, version={AppVersion.Version})";

    /// <summary>Joining → (WeaklyUp →) Up → Leaving → Exiting → Removed; Down can come at any time and only ends in Removed.</summary>
    internal static bool IsAllowed(MemberStatus from, MemberStatus to) => from switch
    {
        MemberStatus.Joining => to is MemberStatus.WeaklyUp or MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.WeaklyUp => to is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Up => to is MemberStatus.Leaving or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Leaving => to is MemberStatus.Exiting or MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Exiting => to is MemberStatus.Down or MemberStatus.Removed,
        MemberStatus.Down => to is MemberStatus.Removed,
        _ => false,
    };

    private static int CompareAddresses(Address? a, Address? b)
    {
        if (ReferenceEquals(a, b)) return 0;
        if (a is null) return -1;
        if (b is null) return 1;
        var byHost = string.CompareOrdinal(a.Host ?? "", b.Host ?? "");
        return byHost != 0 ? byHost : (a.Port ?? 0).CompareTo(b.Port ?? 0);
    }

    private static int LeaderRank(MemberStatus status) => status switch
    {
        MemberStatus.Down => 4,
        MemberStatus.Exiting => 3,
        MemberStatus.Joining => 2,
        MemberStatus.WeaklyUp => 1,
        _ => 0,
    };

    private static int Priority(MemberStatus status) => status switch
    {
        MemberStatus.Removed => 0,
        MemberStatus.Down => 1,
        MemberStatus.Exiting => 2,
        MemberStatus.Leaving => 3,
        MemberStatus.Up => 4,
        MemberStatus.WeaklyUp => 5,
        _ => 6,
    };
}
