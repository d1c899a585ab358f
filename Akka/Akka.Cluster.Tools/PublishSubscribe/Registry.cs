using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>
/// Who is registered under which path on which node, as far as this node knows. Each node alone changes its own bucket and numbers the
/// changes; the others take over what is newer, in the order of the numbers, so that a partial transfer goes on where it ended.
/// </summary>
internal sealed class Registry(Address self, Func<long> now)
{
    private readonly Dictionary<Address, Bucket> _buckets = [];
    private long _lastVersion;

    public IEnumerable<Bucket> Buckets => _buckets.Values;

    public ImmutableDictionary<Address, long> Versions => _buckets.ToImmutableDictionary(b => b.Key, b => b.Value.Version);

    private Bucket Own => _buckets.TryGetValue(self, out var own) ? own : new Bucket(self, 0, ImmutableDictionary.Create<string, Registration>(StringComparer.Ordinal));

    /// <param name="path">Where.</param>
    /// <param name="actor">Null: nobody any more.</param>
    public void Put(string path, IActorRef? actor)
    {
        // rises with the clock, so that a node that starts again at the same address is newer than what is known of the one before
        _lastVersion = Math.Max(now(), _lastVersion + 1);
        _buckets[self] = new Bucket(self, _lastVersion, Own.Content.SetItem(path, new Registration(_lastVersion, actor)));
    }

    public bool TryGetOwn(string path, [NotNullWhen(true)] out IActorRef? actor)
    {
        actor = Own.Content.TryGetValue(path, out var registration) ? registration.Ref : null;
        return actor is not null;
    }

    public IEnumerable<IActorRef> Find(string path, bool exceptOwn = false)
    {
        foreach (var (address, bucket) in _buckets)
            if (!(exceptOwn && address.Equals(self)) && bucket.Content.TryGetValue(path, out var registration) && registration.Ref is { } actor)
                yield return actor;
    }

    public IEnumerable<(string Path, IActorRef Ref)> Below(string prefix)
    {
        foreach (var bucket in _buckets.Values)
            foreach (var (path, registration) in bucket.Content)
                if (registration.Ref is { } actor && path.StartsWith(prefix, StringComparison.Ordinal))
                    yield return (path, actor);
    }

    /// <summary>What somebody with that knowledge lacks, oldest first, at most so many registrations.</summary>
    public ImmutableList<Bucket> NewerThan(ImmutableDictionary<Address, long> versions, int elementsMax)
    {
        var news = ImmutableList.CreateBuilder<Bucket>();
        var left = elementsMax;
        foreach (var bucket in _buckets.Values)
        {
            var known = versions.GetValueOrDefault(bucket.Owner);
            if (bucket.Version <= known || left <= 0) continue;
            var newer = bucket.Content.Where(r => r.Value.Version > known).OrderBy(r => r.Value.Version).ToList();
            var taken = newer.Take(left).ToList();
            left -= taken.Count;
            var version = taken.Count < newer.Count ? taken[^1].Value.Version : bucket.Version;
            news.Add(new Bucket(bucket.Owner, version, taken.ToImmutableDictionary(StringComparer.Ordinal)));
        }
        return news.ToImmutable();
    }

    public bool IsOlderThan(ImmutableDictionary<Address, long> versions) =>
        versions.Any(v => v.Value > (_buckets.TryGetValue(v.Key, out var bucket) ? bucket.Version : 0));

    public void Merge(Bucket news)
    {
        if (news.Owner.Equals(self)) return;
        if (!_buckets.TryGetValue(news.Owner, out var bucket)) _buckets[news.Owner] = news;
        else if (news.Version > bucket.Version)
            _buckets[news.Owner] = new Bucket(news.Owner, news.Version, bucket.Content.SetItems(news.Content));
    }

    public void Forget(Address node) => _buckets.Remove(node);

    /// <summary>Forgets what was removed long ago.</summary>
    public void Prune(TimeSpan removedTimeToLive)
    {
        foreach (var bucket in _buckets.Values.ToList())
        {
            var old = bucket.Content.Where(r => r.Value.Ref is null && bucket.Version - r.Value.Version > removedTimeToLive.Ticks).Select(r => r.Key).ToList();
            if (old.Count > 0) _buckets[bucket.Owner] = bucket with { Content = bucket.Content.RemoveRange(old) };
        }
    }
}
