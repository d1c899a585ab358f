using System.Collections.Immutable;

namespace Akka.Cluster;

/// <summary>What one node thinks of another.</summary>
internal enum ReachabilityStatus
{
    Reachable,
    Unreachable,

    /// <summary>Cannot come back: replaced by a new incarnation, or quarantined.</summary>
    Terminated,
}

/// <summary>
/// Who sees whom as unreachable. Each observer owns its rows and their version, so that merging two tables takes, for each
/// observer, the rows of the newer version. Rows exist only for what is, or lately was, not reachable. Immutable.
/// </summary>
internal sealed class Reachability
{
    public static readonly Reachability Empty = new([], ImmutableDictionary<UniqueAddress, long>.Empty);

    private readonly Lazy<Summary> _summary;

    public Reachability(ImmutableList<Record> records, ImmutableDictionary<UniqueAddress, long> versions)
    {
        Records = records;
        Versions = versions;
        _summary = new Lazy<Summary>(() => Summary.Of(records), LazyThreadSafetyMode.PublicationOnly);
    }

    public ImmutableList<Record> Records { get; }

    public ImmutableDictionary<UniqueAddress, long> Versions { get; }

    public bool IsAllReachable => Records.IsEmpty;

    /// <summary>Nodes that somebody sees as unreachable and nobody as terminated.</summary>
    public ImmutableHashSet<UniqueAddress> AllUnreachable => _summary.Value.Unreachable;

    public ImmutableHashSet<UniqueAddress> AllUnreachableOrTerminated => _summary.Value.UnreachableOrTerminated;

    public ImmutableHashSet<UniqueAddress> AllObservers => Records.Select(r => r.Observer).ToImmutableHashSet();

    public Reachability Unreachable(UniqueAddress observer, UniqueAddress subject) => Change(observer, subject, ReachabilityStatus.Unreachable);

    public Reachability Reachable(UniqueAddress observer, UniqueAddress subject) => Change(observer, subject, ReachabilityStatus.Reachable);

    public Reachability Terminated(UniqueAddress observer, UniqueAddress subject) => Change(observer, subject, ReachabilityStatus.Terminated);

    public ReachabilityStatus Status(UniqueAddress observer, UniqueAddress subject) => Find(observer, subject)?.Status ?? ReachabilityStatus.Reachable;

    public ReachabilityStatus Status(UniqueAddress subject)
    {
        if (!AllUnreachableOrTerminated.Contains(subject)) return ReachabilityStatus.Reachable;
        return AllUnreachable.Contains(subject) ? ReachabilityStatus.Unreachable : ReachabilityStatus.Terminated;
    }

    public bool IsReachable(UniqueAddress subject) => IsAllReachable || Status(subject) == ReachabilityStatus.Reachable;

    public bool IsReachable(UniqueAddress observer, UniqueAddress subject) => Status(observer, subject) == ReachabilityStatus.Reachable;

    /// <summary>What the observer sees as unreachable (not terminated).</summary>
    public ImmutableHashSet<UniqueAddress> AllUnreachableFrom(UniqueAddress observer) =>
        Records.Where(r => r.Observer == observer && r.Status == ReachabilityStatus.Unreachable).Select(r => r.Subject).ToImmutableHashSet();

    public ImmutableDictionary<UniqueAddress, ImmutableHashSet<UniqueAddress>> ObserversGroupedByUnreachable() =>
        Records.Where(r => r.Status == ReachabilityStatus.Unreachable).GroupBy(r => r.Subject)
            .ToImmutableDictionary(g => g.Key, g => g.Select(r => r.Observer).ToImmutableHashSet());

    /// <summary>Takes for each allowed observer the rows of the newer version, about allowed subjects.</summary>
    public Reachability Merge(ImmutableHashSet<UniqueAddress> allowed, Reachability other)
    {
        var records = ImmutableList.CreateBuilder<Record>();
        var versions = ImmutableDictionary.CreateBuilder<UniqueAddress, long>();
        foreach (var observer in allowed)
        {
            var mine = Versions.GetValueOrDefault(observer);
            var theirs = other.Versions.GetValueOrDefault(observer);
            var newer = mine >= theirs ? this : other;
            records.AddRange(newer.Records.Where(r => r.Observer == observer && r.Subject != observer && allowed.Contains(r.Subject)));
            if (Math.Max(mine, theirs) is > 0 and var version) versions[observer] = version;
        }
        return new Reachability(records.ToImmutable(), versions.ToImmutable());
    }

    /// <summary>Without these nodes, as observers and as subjects.</summary>
    public Reachability Remove(ICollection<UniqueAddress> nodes) =>
        nodes.Count == 0
            ? this
            : new Reachability(Records.RemoveAll(r => nodes.Contains(r.Observer) || nodes.Contains(r.Subject)), Versions.RemoveRange(nodes));

    /// <summary>Without what these observers say.</summary>
    public Reachability RemoveObservers(ICollection<UniqueAddress> nodes) =>
        nodes.Count == 0 ? this : new Reachability(Records.RemoveAll(r => nodes.Contains(r.Observer)), Versions.RemoveRange(nodes));

    public Reachability FilterRecords(Func<Record, bool> keep) => new(Records.RemoveAll(r => !keep(r)), Versions);

    private Record? Find(UniqueAddress observer, UniqueAddress subject) => Records.Find(r => r.Observer == observer && r.Subject == subject);

    private Reachability Change(UniqueAddress observer, UniqueAddress subject, ReachabilityStatus status)
    {
        var old = Find(observer, subject);
        var before = old?.Status ?? ReachabilityStatus.Reachable;
        if (before == status || before == ReachabilityStatus.Terminated) return this;
        var version = Versions.GetValueOrDefault(observer) + 1;
        var versions = Versions.SetItem(observer, version);
        // The last complaint of an observer is over: its rows go, the risen version says so to the others.
        if (status == ReachabilityStatus.Reachable
            && Records.TrueForAll(r => r.Observer != observer || r.Subject == subject || r.Status == ReachabilityStatus.Reachable))
            return new Reachability(Records.RemoveAll(r => r.Observer == observer), versions);
        var changed = new Record(observer, subject, status, version);
        return new Reachability(old is null ? Records.Add(changed) : Records.Replace(old, changed), versions);
    }

    public override bool Equals(object? obj) =>
        obj is Reachability other && Versions.Count == other.Versions.Count && Records.Count == other.Records.Count
        && Versions.All(v => other.Versions.TryGetValue(v.Key, out var version) && version == v.Value)
        && Records.All(r => other.Records.Contains(r));

    public override int GetHashCode() => HashCode.Combine(Records.Count, Versions.Count);

    public override string ToString() => string.Join("; ", Records.GroupBy(r => r.Observer).Select(rows =>
        $"{rows.Key.Address} -> {string.Join(", ", rows.Select(r => $"{r.Subject.Address}: {r.Status} ({r.Version})"))}"));

    internal sealed record Record(UniqueAddress Observer, UniqueAddress Subject, ReachabilityStatus Status, long Version);

    private sealed record Summary(ImmutableHashSet<UniqueAddress> Unreachable, ImmutableHashSet<UniqueAddress> UnreachableOrTerminated)
    {
        public static Summary Of(ImmutableList<Record> records)
        {
            if (records.IsEmpty) return new Summary([], []);
            var terminated = records.Where(r => r.Status == ReachabilityStatus.Terminated).Select(r => r.Subject).ToImmutableHashSet();
            var unreachable = records.Where(r => r.Status == ReachabilityStatus.Unreachable).Select(r => r.Subject).ToImmutableHashSet().Except(terminated);
            return new Summary(unreachable, unreachable.Union(terminated));
        }
    }
}
