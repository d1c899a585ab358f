using System.Collections.Immutable;

namespace Akka.Cluster;

/// <summary>
/// The replicated state of the cluster: members, who has seen this version, reachability, and the version itself.
/// Every local change raises this node's counter in the version; concurrent versions are merged without conflict. Immutable.
/// </summary>
/// <remarks>
/// Tombstones (removed incarnations with the time of removal, in milliseconds) keep a removed member from coming back with an old
/// version that a slow or partitioned node still spreads.
/// </remarks>
internal sealed class Gossip
{
    public static readonly Gossip Empty = new(Member.NoMembers);

    private ImmutableDictionary<UniqueAddress, Member>? _byNode;

    public Gossip(
        ImmutableSortedSet<Member> members,
        GossipOverview? overview = null,
        VectorClock? version = null,
        ImmutableDictionary<UniqueAddress, long>? tombstones = null)
    {
        Members = members;
        Overview = overview ?? GossipOverview.Empty;
        Version = version ?? VectorClock.Create();
        Tombstones = tombstones ?? ImmutableDictionary<UniqueAddress, long>.Empty;
    }

    public ImmutableSortedSet<Member> Members { get; }

    public GossipOverview Overview { get; }

    public VectorClock Version { get; }

    public ImmutableDictionary<UniqueAddress, long> Tombstones { get; }

    public Reachability Reachability => Overview.Reachability;

    public ImmutableHashSet<UniqueAddress> Seen => Overview.Seen;

    private ImmutableDictionary<UniqueAddress, Member> ByNode => _byNode ??= Members.ToImmutableDictionary(m => m.UniqueAddress);

    public static VectorClock.Node ClockNode(UniqueAddress node) => VectorClock.Node.Create($"{node.Address}-{node.Uid}");

    public bool HasMember(UniqueAddress node) => ByNode.ContainsKey(node);

    public Member? FindMember(UniqueAddress node) => ByNode.GetValueOrDefault(node);

    /// <summary>The member, or a stand-in with status Removed.</summary>
    public Member GetMember(UniqueAddress node) => FindMember(node) ?? Member.Removed(node);

    public Gossip Increment(VectorClock.Node node) => new(Members, Overview, Version.Increment(node), Tombstones);

    public Gossip WithMembers(ImmutableSortedSet<Member> members) => new(members, Overview, Version, Tombstones);

    public Gossip WithReachability(Reachability reachability) => new(Members, Overview with { Reachability = reachability }, Version, Tombstones);

    public Gossip WithSeen(ImmutableHashSet<UniqueAddress> seen) => new(Members, Overview with { Seen = seen }, Version, Tombstones);

    public Gossip AddMember(Member member) => Members.Contains(member) ? this : WithMembers(Members.Add(member));

    /// <summary>Puts these members in the place of their earlier selves.</summary>
    public Gossip Update(IReadOnlyCollection<Member> updated) => updated.Count == 0 ? this : WithMembers(Members.Except(updated).Union(updated));

    public bool SeenByNode(UniqueAddress node) => Seen.Contains(node);

    public Gossip MarkSeen(UniqueAddress node) => SeenByNode(node) ? this : WithSeen(Seen.Add(node));

    public Gossip OnlySeenBy(UniqueAddress node) => WithSeen([node]);

    /// <summary>The same version seen by more nodes.</summary>
    public Gossip MergeSeen(Gossip that) => WithSeen(Seen.Union(that.Seen));

    /// <summary>
    /// The member as down. It is taken out of the ones that have seen this, and what it says of others stays until it is removed
    /// (its rows are ignored where decisions are made).
    /// </summary>
    public Gossip MarkAsDown(Member member)
    {
        var down = Update([member.Copy(MemberStatus.Down)]);
        return down.WithSeen(down.Seen.Remove(member.UniqueAddress));
    }

    /// <summary>Removes the nodes from everything and remembers them as removed at that time.</summary>
    public Gossip RemoveAll(IReadOnlyCollection<UniqueAddress> nodes, long removedAtMillis)
    {
        if (nodes.Count == 0) return this;
        var gone = nodes.ToImmutableHashSet();
        return new Gossip(
            Members.Where(m => !gone.Contains(m.UniqueAddress)).ToImmutableSortedSet(),
            new GossipOverview(Seen.Except(gone), Reachability.Remove(gone)),
            nodes.Aggregate(Version, (version, node) => version.Prune(ClockNode(node))),
            Tombstones.SetItems(nodes.Select(n => KeyValuePair.Create(n, removedAtMillis))));
    }

    public Gossip PruneTombstones(long olderThanMillis)
    {
        var old = Tombstones.Where(t => t.Value < olderThanMillis).Select(t => t.Key).ToList();
        return old.Count == 0 ? this : new Gossip(Members, Overview, Version, Tombstones.RemoveRange(old));
    }

    /// <summary>Merges concurrent versions. Nobody has seen the result yet.</summary>
    public Gossip Merge(Gossip that)
    {
        var tombstones = that.Tombstones.Aggregate(Tombstones, (all, t) => all.TryGetValue(t.Key, out var at) && at >= t.Value ? all : all.SetItem(t.Key, t.Value));
        var version = tombstones.Keys.Aggregate(Version.Merge(that.Version), (clock, node) => clock.Prune(ClockNode(node)));
        var members = Member.PickHighestPriority(Members, that.Members, tombstones.ContainsKey)
            .Where(m => !tombstones.ContainsKey(m.UniqueAddress)).ToImmutableSortedSet();
        var reachability = Reachability.Merge(members.Select(m => m.UniqueAddress).ToImmutableHashSet(), that.Reachability);
        return new Gossip(members, new GossipOverview([], reachability), version, tombstones);
    }

    public override string ToString() =>
        $"Gossip(members = [{string.Join(", ", Members)}], overview = {Overview}, version = {Version}, tombstones = [{string.Join(", ", Tombstones.Keys)}])";
}

/// <summary>Who has seen the version of the gossip it belongs to, and who sees whom as unreachable.</summary>
internal sealed record GossipOverview(ImmutableHashSet<UniqueAddress> Seen, Reachability Reachability)
{
    public static readonly GossipOverview Empty = new([], Reachability.Empty);

    public override string ToString() => $"GossipOverview(reachability = [{Reachability}], seen = [{string.Join(", ", Seen.Select(n => n.Address))}])";
}

/// <summary>A gossip on its way between two incarnations.</summary>
internal sealed record GossipEnvelope(UniqueAddress From, UniqueAddress To, Gossip Gossip) : IClusterMessage;

/// <summary>Only the version: the receiver asks for the gossip, or sends its own, when they differ.</summary>
internal sealed record GossipStatus(UniqueAddress From, VectorClock Version) : IClusterMessage;
