using Akka.Simulation;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <summary>
/// One connection of a node to the simulated store. Long calls are driven by their caller, step by step, as librbd does: they stop in the
/// middle when it dies.
/// </summary>
public class SimulatedBlockStore : StoreOfPlainImages, IBlockStore
{
    private const int CopySteps = 8;
    private const long ObjectSizeBytes = 4 << 20;

    private readonly SimulatedProcess _process;
    private bool _disposed;

    public SimulatedBlockStore(SimulatedCeph ceph, SimulatedProcess process)
    {
        (Ceph, _process) = (ceph, process);
        Address = ceph.NewAddress(process.Host);
        process.Ended += () => DiedAt = ceph.World.Now;
    }

    public FenceAddress Address { get; }

    /// <summary>When its process died.</summary>
    public TimeSpan? DiedAt { get; private set; }

    protected SimulatedCeph Ceph { get; }

    public Task ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken) => Read("probe", 0.2, () => !IsFenced ? true : throw Shut(), cancellationToken, timeout);

    public Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken) =>
        Read<IReadOnlyList<string>>("pools", 0.3, () => ["rbd"], cancellationToken);

    public Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read($"find {volume}", 0.3, () => Ceph.Find(volume)?.Id, cancellationToken);

    public Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read($"get {volume}", 2, () => Info(Complete(volume)), cancellationToken);

    public Task<string?> ExamineAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read($"examine {volume}", 0.3, () => Damage(Ceph.Find(volume)), cancellationToken);

    public Task<IReadOnlyList<ListedImage>> ListImagesAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<ListedImage>>("list", 0.6, () => [.. Ceph.Images.Values
            .Where(i => i.Volume.Pool == pool && i.Volume.Namespace == ns && string.CompareOrdinal(i.Volume.Image, after) > 0)
            .OrderBy(i => i.Volume.Image, StringComparer.Ordinal)
            .Take(limit)
            .Select(i => new ListedImage(i.Volume.Image, i.Id, i.Partial ? null : Info(i), Damage(i)))], cancellationToken);

    // In two steps, so that it can be left half made.
    public async Task CreateAsync(VolumeId volume, long sizeBytes, ImageLayout layout, CancellationToken cancellationToken)
    {
        using var watch = new Watch(this);
        await Grow($"create {volume}", 2, () =>
        {
            if (Ceph.Find(volume) is not null)
                throw Failure(ErrorKind.AlreadyExists, $"{volume} exists", 17);
            var id = Ceph.NewImageId();
            var image = new SimulatedImage(volume, id, sizeBytes, $"empty-{id}") { Partial = true };
            Ceph.Images[volume.ToString()] = image;
            watch.On(image);
            return true;
        }, cancellationToken);
        await Change($"complete {volume}", 2, () =>
        {
            var image = Ceph.Find(volume);
            if (image is not { Partial: true } || image.WatchedBy != this)
                throw Failure(ErrorKind.NotFound, $"{volume} is gone", 2);
            image.Partial = false;
            Show("volume.create", image);
            return true;
        }, CancellationToken.None);
    }

    public async Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var watch = new Watch(this);
        var removed = await Change($"remove {volume}", 4, () =>
        {
            var image = Ceph.Find(volume) ?? throw NotFound(volume);
            if (Ceph.IsWatched(image, this))
                throw Failure(ErrorKind.Busy, $"{volume} is open at {image.WatchedBy!.Address}", 16);
            if (!image.Partial)
                Show("volume.delete", image);
            image.Partial = true;
            watch.On(image);
            return image;
        }, cancellationToken);
        progress?.Report(0.5);
        await Change($"remove {volume} whole", 10, () =>
        {
            if (Ceph.Find(volume) == removed)
                Ceph.Images.Remove(volume.ToString());
            return true;
        }, CancellationToken.None);
    }

    public Task ResizeAsync(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress, CancellationToken cancellationToken) =>
        Grow($"resize {volume}", 5, () =>
        {
            var image = Complete(volume);
            if (sizeBytes < image.SizeBytes && shrinking == Shrinking.Never)
                throw Failure(ErrorKind.InvalidArgument, "it would shrink", 22);
            image.SizeBytes = sizeBytes;
            Show("volume.resize", image);
            return true;
        }, cancellationToken);

    public async Task CopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var watch = new Watch(this);
        var image = await Grow($"copy {source} to {target}", 6, () =>
        {
            var from = Complete(source);
            if (Ceph.Find(target) is not null)
                throw Failure(ErrorKind.AlreadyExists, $"{target} exists", 17);
            var copy = Ceph.Images[target.ToString()] = new SimulatedImage(target, Ceph.NewImageId(), from.SizeBytes, from.Content) { Partial = true };
            watch.On(copy);
            return copy;
        }, cancellationToken);
        for (var step = 1; step <= CopySteps; step++)
        {
            if (_disposed || cancellationToken.IsCancellationRequested)
                throw Failure(ErrorKind.Cancelled, "the copy was cut short", 125);
            await Grow($"copies {target}", image.SizeBytes / (1 << 20), () => Own(target, image), CancellationToken.None);
            progress?.Report((double)step / CopySteps);
        }
        await Change($"completes {target}", 2, () =>
        {
            var from = Complete(source);
            // What is copied while it changes is neither the one nor the other.
            if (from.Content != image.Content || from.SizeBytes != image.SizeBytes)
                image.Content += "-torn";
            image.Partial = false;
            return Own(target, image);
        }, CancellationToken.None);
    }

    public Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken) => Change($"rename {from} to {to}", 6, () =>
    {
        var image = Complete(from);
        if (Ceph.Find(to) is not null)
            throw Failure(ErrorKind.AlreadyExists, $"{to} exists", 17);
        Ceph.Images.Remove(from.ToString());
        image.Volume = to;
        Ceph.Images[to.ToString()] = image;
        Show("volume.copy", image);
        return true;
    }, cancellationToken);

    public Task ReadAsync(VolumeId volume, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => throw NotHere();

    public Task WriteAsync(VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => throw NotHere();

    public Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken) => throw NotHere();

    public Task<IOpenImage> OpenAsync(VolumeId volume, bool readOnly, CancellationToken cancellationToken) => throw NotHere();

    public Task SetMetadataAsync(VolumeId volume, string key, string value, CancellationToken cancellationToken) =>
        Grow($"set {key} of {volume}", 3, () => Complete(volume).Metadata[key] = value, cancellationToken);

    public Task RemoveMetadataAsync(VolumeId volume, string key, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyDictionary<string, string>> GetMetadataAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read<IReadOnlyDictionary<string, string>>($"metadata of {volume}", 2, () => new Dictionary<string, string>(Complete(volume).Metadata), cancellationToken);

    public virtual Task<LeaseAttempt> AcquireLeaseAsync(string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken) =>
        Change("acquire lease", 1, Ceph.Taking(Ceph.JournalFaults, () => Ceph.Leases.Acquire(name, holder, duration, reason, agreed)), cancellationToken);

    // Nobody blocks here: the keeper waits for this one.
    public bool RenewLease(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration) => throw NotHere();

    public virtual Task<bool> RenewLeaseAsync(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration, CancellationToken cancellationToken) =>
        Change("renew lease", 0.6, Ceph.Taking(Ceph.JournalFaults, () => Ceph.Leases.Renew(name, holder, epoch, duration)), cancellationToken);

    public Task ReleaseLeaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken) => Change("release lease", 0.6, () =>
    {
        Ceph.Leases.Release(name, holder, epoch);
        return true;
    }, cancellationToken);

    public async Task EvictAsync(string name, LeaseHolder holder, TimeSpan fenceDuration, CancellationToken cancellationToken)
    {
        await FenceAsync(holder.Fence, fenceDuration, cancellationToken);
        await Change("evict", 0.6, () =>
        {
            Ceph.Leases.Evict(name, holder);
            return true;
        }, cancellationToken);
    }

    public Task<IReadOnlyList<LeaseOwnership>> GetLeaseHistoryAsync(string name, CancellationToken cancellationToken) =>
        Read("lease history", 0.6, () => Ceph.Leases.History(name), cancellationToken);

    public virtual Task FenceAsync(FenceAddress address, TimeSpan duration, CancellationToken cancellationToken) =>
        Read($"fence {address}", 400, () => Ceph.Fenced.Add(address), cancellationToken);

    public Task<bool> IsFencedAsync(FenceAddress address, CancellationToken cancellationToken) =>
        Read("is fenced", 0.5, () => Ceph.Fenced.Contains(address), cancellationToken);

    public Task<StoredRecord?> GetRecordAsync(string key, CancellationToken cancellationToken) =>
        Read($"record {key}", 0.3, () => Ceph.Records.GetValueOrDefault(key), cancellationToken);

    public Task<long?> PutRecordAsync(string key, ReadOnlyMemory<byte> value, long expectedVersion, CancellationToken cancellationToken) =>
        Change($"put record {key}", 0.6, () =>
        {
            if (Ceph.RecordsAreFixed || (Ceph.Records.GetValueOrDefault(key)?.Version ?? 0) != expectedVersion)
                return (long?)null;
            Ceph.Records[key] = new StoredRecord(key, value.ToArray(), expectedVersion + 1);
            return expectedVersion + 1;
        }, cancellationToken);

    public Task<bool> RemoveRecordAsync(string key, long expectedVersion, CancellationToken cancellationToken) => throw NotHere();

    public Task<IReadOnlyList<StoredRecord>> ListRecordsAsync(string prefix, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StoredRecord>>([]);

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private static BlockStoreException Failure(ErrorKind kind, string detail, int errno) => new(kind, detail, errno);

    private static BlockStoreException NotFound(VolumeId volume) => Failure(ErrorKind.NotFound, $"{volume} does not exist", 2);

    private static ImageInfo Info(SimulatedImage image) =>
        new(image.Volume, image.Id, image.SizeBytes, ObjectSizeBytes, ["layering"], SimulationWorld.Beginning, null);

    private bool IsFenced => Ceph.Fenced.Contains(Address);

    private static bool Own(VolumeId target, SimulatedImage image) => image.Volume == target ? true : throw NotFound(target);

    private BlockStoreException Shut() => Failure(ErrorKind.Fenced, $"{Address} is fenced", 108);

    private SimulatedImage Complete(VolumeId volume) => Ceph.Find(volume) is { Partial: false } image ? image : throw NotFound(volume);

    private void Show(string kind, SimulatedImage image) => Ceph.Effected(new StoreEffect(kind, image.Volume, image.Id, Address));

    private Task<T> Read<T>(string name, double milliseconds, Func<T> work, CancellationToken cancellationToken, TimeSpan? timeout = null) =>
        _disposed
            ? throw new ObjectDisposedException(Address.Value)
            : Ceph.Call(_process, Ceph.Faults, name, milliseconds, work, cancellationToken, timeout);

    private Task<T> Grow<T>(string name, double milliseconds, Func<T> work, CancellationToken cancellationToken) =>
        Change(name, milliseconds, Ceph.Taking(Ceph.Faults, work), cancellationToken);

    private Task<T> Change<T>(string name, double milliseconds, Func<T> work, CancellationToken cancellationToken) =>
        Read(name, milliseconds, () => IsFenced ? throw Shut() : work(), cancellationToken);

    // A call has the image open while its caller waits for it, as librbd has; what is carried out later opens nothing. A dead process's
    // watch runs out by itself.
    private sealed class Watch(SimulatedBlockStore store) : IDisposable
    {
        private SimulatedImage? _image;
        private bool _over;

        public void On(SimulatedImage image)
        {
            image.WatchedBy = _over ? null : store;
            _image = image;
        }

        public void Dispose()
        {
            _over = true;
            if (_image?.WatchedBy == store && !store._process.IsDead)
                _image.WatchedBy = null;
        }
    }

    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        RemoveAsync(volume, progress, cancellationToken);

    public Task<ImageTies> GetTiesAsync(VolumeId volume, CancellationToken cancellationToken) => throw NotHere();

    private static string? Damage(SimulatedImage? image) => image is { Partial: true } ? "it is half made" : null;

    public Task<ImageSnapshots> GetSnapshotsAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read($"snapshots of {volume}", 2, () => new ImageSnapshots(Complete(volume).Id, [], null), cancellationToken);

    public Task<IReadOnlyList<VolumeId>> GetChildrenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<VolumeId>>($"children of {volume}", 2, () => [], cancellationToken);
}
