using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Util;

namespace Mooring.Tests.Engine.ClusterSpecs;

/// <summary>Members and nodes for tables: named by one letter, which also is their place in address order.</summary>
internal static class Nodes
{
    public static readonly UniqueAddress A = Node('a'), B = Node('b'), C = Node('c'), D = Node('d'), E = Node('e');

    public static UniqueAddress Node(char name, int uid = 1) => new(new Address("akka.tcp", "sys", $"host-{name}", 2552), uid);

    public static Member Up(UniqueAddress node, int upNumber = 1, params string[] roles) => Create(node, MemberStatus.Up, upNumber, roles);

    public static Member Create(UniqueAddress node, MemberStatus status, int? upNumber = null, params string[] roles) =>
        Member.Create(
            node,
            upNumber ?? (status is MemberStatus.Joining or MemberStatus.WeaklyUp ? int.MaxValue : 1),
            status,
            [.. roles],
            AppVersion.Zero);

    public static ImmutableSortedSet<Member> Members(params Member[] members) => [.. members];
}
