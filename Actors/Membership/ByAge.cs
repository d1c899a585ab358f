using Akka.Cluster;

namespace Mooring.Actors.Membership;

/// <summary>The order in which members came up, by which the cluster's singletons go.</summary>
internal static class ByAge
{
    /// <summary>Puts members in order.</summary>
    /// <param name="members">The members.</param>
    /// <returns>The oldest first.</returns>
    public static IEnumerable<Member> OldestFirst(this IEnumerable<Member> members) =>
        members.Order(Comparer<Member>.Create((a, b) => a.IsOlderThan(b) ? -1 : b.IsOlderThan(a) ? 1 : 0));
}
