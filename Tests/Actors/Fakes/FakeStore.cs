using System.Collections.Concurrent;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Actors.Fakes;

/// <summary>A block store in memory. A test sees every call, and may delay it or make it fail.</summary>
public sealed class FakeStoreProvider : IBlockStoreProvider
{
    private int _connections;
    private int _images;

    /// <summary>Called before every call with its name and connection; what it throws, the call throws.</summary>
    public Func<string, FakeStore, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What a copy does; there are none otherwise.</summary>
    public Func<CancellationToken, Task>? Copying { get; set; }

    public ConcurrentDictionary<VolumeId, ImageInfo> Images { get; } = new();

    /// <summary>What is damaged of which of them.</summary>
    public ConcurrentDictionary<VolumeId, string> Damaged { get; } = new();

    public ConcurrentDictionary<FenceAddress, bool> Fenced { get; } = new();

    public ConcurrentDictionary<string, StoredRecord> Records { get; } = new();

    public ConcurrentQueue<FakeStore> Connections { get; } = new();

    /// <summary>What the next attempts to take the lease give.</summary>
    public LeaseAttempt Lease { get; set; } = new(true, new Epoch(1), null);

    /// <summary>The ownerships of the lease so far.</summary>
    public IReadOnlyList<LeaseOwnership> History { get; set; } = [];

    /// <summary>Why the lease was asked for the last time.</summary>
    public string? Reason { get; set; }

    /// <summary>The epoch whose holder had agreed, in the latest attempt to take the lease.</summary>
    public Epoch Agreed { get; set; }

    public string Backend => "fake";

    public async Task<IBlockStore> ConnectAsync(string purpose, int slots, CancellationToken cancellationToken)
    {
        var store = new FakeStore(this, $"{purpose}#{Interlocked.Increment(ref _connections)}");
        await Before("connect", store);
        Connections.Enqueue(store);
        return store;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public ImageInfo Add(VolumeId volume, long sizeBytes) => Images[volume] = new ImageInfo(
        volume, new ImageId($"id-{Interlocked.Increment(ref _images)}"), sizeBytes, 1 << 22, ["layering"], DateTimeOffset.UnixEpoch, null);
}

/// <summary>One connection of the store in memory.</summary>
public sealed class FakeStore(FakeStoreProvider provider, string name) : StoreOfPlainImages, IBlockStore
{
    public FenceAddress Address { get; } = new(name);

    public bool Disposed { get; private set; }

    public Task ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken) => provider.Before("probe", this);

    public async Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        await provider.Before("find", this);
        return provider.Images.TryGetValue(volume, out var image) ? image.Id : null;
    }

    public async Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        await provider.Before("get", this);
        return provider.Images.TryGetValue(volume, out var image) && !provider.Damaged.ContainsKey(volume) ? image : throw new BlockStoreException(ErrorKind.NotFound, $"{volume} does not exist", 2);
    }

    public async Task<IReadOnlyList<ListedImage>> ListImagesAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken)
    {
        await provider.Before("list", this);
        return [.. provider.Images
            .Where(i => i.Key.Pool == pool && i.Key.Namespace == ns && string.CompareOrdinal(i.Key.Image, after) > 0)
            .OrderBy(i => i.Key.Image, StringComparer.Ordinal)
            .Take(limit)
            .Select(i => provider.Damaged.TryGetValue(i.Key, out var damage)
                ? new ListedImage(i.Key.Image, i.Value.Id, null, damage)
                : new ListedImage(i.Key.Image, i.Value.Id, i.Value, null))];
    }

    public Task<string?> ExamineAsync(VolumeId volume, CancellationToken cancellationToken) => Task.FromResult(provider.Damaged.GetValueOrDefault(volume));

    public async Task CreateAsync(VolumeId volume, long sizeBytes, ImageLayout layout, CancellationToken cancellationToken)
    {
        await provider.Before("create", this);
        provider.Add(volume, sizeBytes);
    }

    public async Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        await provider.Before("remove", this);
        // Another name of it leads nowhere then.
        if (provider.Images.TryRemove(volume, out var removed))
        {
            foreach (var (name, _) in provider.Images.Where(i => i.Value.Id == removed.Id))
                provider.Images.TryRemove(name, out _);
        }
    }

    public async Task FenceAsync(FenceAddress address, TimeSpan duration, CancellationToken cancellationToken)
    {
        await provider.Before("fence", this);
        provider.Fenced[address] = true;
    }

    public Task<bool> IsFencedAsync(FenceAddress address, CancellationToken cancellationToken) => Task.FromResult(provider.Fenced.ContainsKey(address));

    public async Task<LeaseAttempt> AcquireLeaseAsync(string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken)
    {
        await provider.Before("acquire-lease", this).WaitAsync(cancellationToken);
        (provider.Reason, provider.Agreed) = (reason, agreed);
        return provider.Lease;
    }

    public bool RenewLease(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration) => throw NotHere();

    public async Task EvictAsync(string name, LeaseHolder holder, TimeSpan fenceDuration, CancellationToken cancellationToken)
    {
        await provider.Before($"evict {holder.Node}", this);
        provider.Fenced[holder.Fence] = true;
        provider.Lease = new LeaseAttempt(true, provider.Lease.Epoch.Next, holder);
    }

    public Task ReleaseLeaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken) => provider.Before($"release-lease {epoch}", this);

    public async Task<IReadOnlyList<LeaseOwnership>> GetLeaseHistoryAsync(string name, CancellationToken cancellationToken)
    {
        await provider.Before("history", this);
        return provider.History;
    }

    public Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken) => throw NotHere();

    public Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken) => throw NotHere();

    public Task<IOpenImage> OpenAsync(VolumeId volume, bool readOnly, CancellationToken cancellationToken) => throw NotHere();

    public Task ResizeAsync(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task CopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) =>
        provider.Copying?.Invoke(cancellationToken) ?? throw NotHere();

    public Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken)
    {
        provider.Images.TryRemove(from, out var image);
        provider.Images[to] = image!;
        return Task.CompletedTask;
    }

    public Task ReadAsync(VolumeId volume, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => throw NotHere();

    public Task WriteAsync(VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw NotHere();

    public Task SetMetadataAsync(VolumeId volume, string key, string value, CancellationToken cancellationToken) => throw NotHere();

    public Task RemoveMetadataAsync(VolumeId volume, string key, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyDictionary<string, string>> GetMetadataAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    public async Task<StoredRecord?> GetRecordAsync(string key, CancellationToken cancellationToken)
    {
        await provider.Before("get-record", this);
        return provider.Records.GetValueOrDefault(key);
    }

    public async Task<long?> PutRecordAsync(string key, ReadOnlyMemory<byte> value, long expectedVersion, CancellationToken cancellationToken)
    {
        await provider.Before("put-record", this);
        lock (provider.Records)
        {
            if ((provider.Records.GetValueOrDefault(key)?.Version ?? 0) != expectedVersion)
                return null;
            provider.Records[key] = new StoredRecord(key, value.ToArray(), expectedVersion + 1);
            return expectedVersion + 1;
        }
    }

    public async Task<bool> RemoveRecordAsync(string key, long expectedVersion, CancellationToken cancellationToken)
    {
        await provider.Before("remove-record", this);
        return provider.Records.TryRemove(key, out _);
    }

    public async Task<IReadOnlyList<StoredRecord>> ListRecordsAsync(string prefix, CancellationToken cancellationToken)
    {
        await provider.Before("list-records", this);
        return [.. provider.Records.Values.Where(r => r.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(r => r.Key, StringComparer.Ordinal)];
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return new ValueTask(provider.Before("dispose", this));
    }

    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => throw NotHere();

    public Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken) => Task.FromResult(new ImageTies([], []));

    public async Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) =>
        new((await GetAsync(volume, cancellationToken)).Id, [], null);

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<VolumeId>>([]);
}
