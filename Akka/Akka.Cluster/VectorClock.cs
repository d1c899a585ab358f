using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Akka.Cluster;

/// <summary>
/// Partial order of what happened in a distributed system: a counter for each node (Lamport, Fidge, Mattern). Immutable.
/// </summary>
#pragma warning disable CA1036 // Clocks are only partially ordered; the operators are those of Akka.NET.
public sealed class VectorClock
#pragma warning restore CA1036
{
    private static readonly VectorClock None = new(ImmutableSortedDictionary<Node, long>.Empty);

    private VectorClock(ImmutableSortedDictionary<Node, long> versions) => Versions = versions;

    public ImmutableSortedDictionary<Node, long> Versions { get; }

    public static VectorClock Create() => None;

    public static VectorClock Create(ImmutableSortedDictionary<Node, long> seedValues) => new(seedValues);

    /// <summary>The clock after one more event on the node.</summary>
    public VectorClock Increment(Node node) => new(Versions.SetItem(node, Versions.GetValueOrDefault(node) + 1));

    public bool IsConcurrentWith(VectorClock that) => CompareTo(that) == Ordering.Concurrent;

    public bool IsBefore(VectorClock that) => CompareTo(that) == Ordering.Before;

    public bool IsAfter(VectorClock that) => CompareTo(that) == Ordering.After;

    public bool IsSameAs(VectorClock that) => CompareTo(that) == Ordering.Same;

    public static bool operator >(VectorClock left, VectorClock right) => left.IsAfter(right);

    public static bool operator <(VectorClock left, VectorClock right) => left.IsBefore(right);

    public static bool operator ==(VectorClock? left, VectorClock? right) => left is null ? right is null : right is not null && left.IsSameAs(right);

    public static bool operator !=(VectorClock? left, VectorClock? right) => !(left == right);

    public override bool Equals(object? obj) => obj is VectorClock other && IsSameAs(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (node, version) in Versions)
        {
            hash.Add(node);
            hash.Add(version);
        }
        return hash.ToHashCode();
    }

    /// <summary>How this clock stands to the other. A node that a clock does not mention counts as zero.</summary>
    public Ordering CompareTo(VectorClock that)
    {
        if (ReferenceEquals(this, that) || ReferenceEquals(Versions, that.Versions)) return Ordering.Same;
        bool ahead = false, behind = false;
        foreach (var (mine, theirs) in Pairs(that))
        {
            ahead |= mine > theirs;
            behind |= mine < theirs;
            if (ahead && behind) return Ordering.Concurrent;
        }
        return ahead ? Ordering.After : behind ? Ordering.Before : Ordering.Same;
    }

    /// <summary>The least clock that is neither before this nor before the other.</summary>
    public VectorClock Merge(VectorClock that)
    {
        var merged = Versions.ToBuilder();
        foreach (var (node, version) in that.Versions)
            if (version > merged.GetValueOrDefault(node))
                merged[node] = version;
        return new VectorClock(merged.ToImmutable());
    }

    /// <summary>The clock without the node: for one that has left for good.</summary>
    public VectorClock Prune(Node removedNode) => Versions.ContainsKey(removedNode) ? new VectorClock(Versions.Remove(removedNode)) : this;

    public override string ToString() => $"VectorClock({string.Join(", ", Versions.Select(v => $"{v.Key} -> {v.Value}"))})";

    /// <summary>Walks both sorted version lists at once.</summary>
    private IEnumerable<(long Mine, long Theirs)> Pairs(VectorClock that)
    {
        using var mine = Versions.GetEnumerator();
        using var theirs = that.Versions.GetEnumerator();
        bool moreMine = mine.MoveNext(), moreTheirs = theirs.MoveNext();
        while (moreMine || moreTheirs)
        {
            var order = !moreMine ? 1 : !moreTheirs ? -1 : mine.Current.Key.CompareTo(theirs.Current.Key);
            yield return (order <= 0 ? mine.Current.Value : 0, order >= 0 ? theirs.Current.Value : 0);
            if (order <= 0) moreMine = mine.MoveNext();
            if (order >= 0) moreTheirs = theirs.MoveNext();
        }
    }

    /// <summary>How two clocks stand to each other.</summary>
    public enum Ordering
    {
        After,
        Before,
        Same,
        Concurrent,

        /// <summary>Not a result of a comparison.</summary>
        FullOrder,
    }

    /// <summary>The name of a node in clocks: a hash, so that long node names do not travel in every gossip.</summary>
    public class Node : IComparable<Node>
    {
        private readonly string _value;

        public Node(string value) => _value = value;

        public static Node Create(string name) => new(Hash(Encoding.UTF8.GetBytes(name)).ToString("X32", CultureInfo.InvariantCulture));

        public static Node FromHash(string hash) => new(hash);

        // FNV-1a. Names are told apart, not protected: a cryptographic hash would make every node load a library for it when it starts.
        private static UInt128 Hash(ReadOnlySpan<byte> bytes)
        {
            var prime = new UInt128(0x0000000001000000, 0x000000000000013B);
            var hash = new UInt128(0x6C62272E07BB0142, 0x62B821756295C58D);
            foreach (var value in bytes)
                hash = unchecked((hash ^ value) * prime);
            return hash;
        }

        public int CompareTo(Node? other) => string.CompareOrdinal(_value, other?._value);

        public override bool Equals(object? obj) => obj is Node other && _value == other._value;

        public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);

        public override string ToString() => _value;
    }
}
