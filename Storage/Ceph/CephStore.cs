using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>One connection to Ceph: brings the concerns together, each of which has a class of its own.</summary>
internal sealed partial class CephStore : IBlockStore
{
    /// <summary>Never exists; asking for it is the round trip of a probe.</summary>
    public const string ProbeObject = "mooring.probe";

    private readonly CephConnection _connection;
    private readonly CephStoreOptions _options;
    private readonly Action _closed;
    private readonly BoundedThreads _slots;
    private readonly CephFencing _fencing;
    private readonly CephImages _images;
    private readonly CephCatalog _catalog;
    private readonly CephLifecycle _lifecycle;
    private readonly CephCopy _copy;
    private readonly CephRename _rename;
    private readonly CephSnapshots _snapshots;
    private readonly CephClones _clones;
    private readonly CephUpkeep _upkeep;
    private readonly CephImageContent _content;
    private readonly CephTies _ties;
    private readonly CephTrash _trash;
    private readonly CephNamespaces _namespaces;
    private readonly CephUsage _usage;
    private readonly CephGroups _groups;
    private readonly CephMigration _migration;
    private readonly CephMirroring _mirroring;
    private readonly CephLeases _leases;
    private readonly CephRecords _records;
    private int _disposed;

    public CephStore(CephConnection connection, CephStoreOptions options, int slots, CephFencing fencing, Action closed)
    {
        _connection = connection;
        _options = options;
        _closed = closed;
        _fencing = fencing;
        _slots = new BoundedThreads($"ceph {connection.Purpose}", slots, options.SlotQueueMax);
        _images = new CephImages(connection, _slots);
        _catalog = new CephCatalog(connection);
        _lifecycle = new CephLifecycle(_images, _catalog);
        _ties = new CephTies(connection, _images, _catalog);
        _trash = new CephTrash(connection, _images, _catalog);
        _namespaces = new CephNamespaces(connection, _images, _catalog, _trash);
        _usage = new CephUsage(_images, _catalog);
        _groups = new CephGroups(connection, _images, _catalog);
        _migration = new CephMigration(connection, _images, _catalog, _trash, _lifecycle);
        _content = new CephImageContent(_images);
        _copy = new CephCopy(_images, _content, options.CopyRequestsMax);
        _rename = new CephRename(connection, _images);
        _snapshots = new CephSnapshots(_images);
        _clones = new CephClones(_images);
        var journaling = new CephJournaling(_images, _catalog);
        _mirroring = new CephMirroring(connection, _images, _catalog, journaling);
        _upkeep = new CephUpkeep(_images, journaling, _mirroring);
        _leases = new CephLeases(connection, options.Clock);
        _records = new CephRecords(connection, options.Clock);
    }

    public FenceAddress Address => _connection.Address;

    // Its header is read while librbd opens it, which takes longer.
    public async Task<ImageDetails> DescribeAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"look at {volume}";
        var info = _catalog.GetAsync(volume, cancellationToken);
        var details = _images.RunAsync(() => _images.Use(volume, readOnly: true, what, image => (
            Metadata: _content.GetMetadata(image, what),
            Snapshots: _snapshots.Describe(image, what),
            Ties: CephTies.Of(image),
            Children: CephChildren.Of(_images, image, what, snapshot: null))), cancellationToken);
        await Task.WhenAll(info, details).ConfigureAwait(false);
        var (metadata, snapshots, ties, children) = await details.ConfigureAwait(false);
        var image = await info.ConfigureAwait(false);
        return new ImageDetails(image, metadata, snapshots, ties, children)
        {
            Migration = image.Features.Contains("migrating") ? await _migration.ReadAsync(volume, image.Id, cancellationToken).ConfigureAwait(false) : null,
        };
    }

    public async Task ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _connection.ThrowIfUnusable();
        try
        {
            var result = await ReadOperation.StatAsync(_connection.Metadata, ProbeObject).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
            if (result is < 0 and not CephErrors.NotFound)
                throw _connection.Failure(result, "probe the store");
        }
        catch (TimeoutException)
        {
            throw _connection.Failure(CephErrors.TimedOut, "probe the store", $"no answer within {timeout.TotalMilliseconds:0} ms");
        }
    }

    public Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken) => _catalog.ListPoolsAsync(cancellationToken);

    public Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken) => _catalog.FindAsync(volume, cancellationToken);

    public Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken) => _catalog.GetAsync(volume, cancellationToken);

    public Task<string?> ExamineAsync(VolumeId volume, CancellationToken cancellationToken) => _catalog.ExamineAsync(volume, cancellationToken);

    public Task<bool> IsCompleteAsync(VolumeId volume, CancellationToken cancellationToken) => _lifecycle.IsCompleteAsync(volume, cancellationToken);

    public Task<IReadOnlyList<ListedImage>> ListImagesAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        _catalog.ListImagesAsync(pool, ns, after, limit, cancellationToken);

    public Task CreateAsync(VolumeId volume, long sizeBytes, ImageLayout layout, CancellationToken cancellationToken) =>
        _lifecycle.CreateAsync(volume, sizeBytes, layout, cancellationToken);

    public Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken) =>
        _lifecycle.CreateSharedAsync(volume, sizeBytes, cancellationToken);

    public Task<IOpenImage> OpenAsync(VolumeId volume, bool readOnly, CancellationToken cancellationToken) =>
        CephOpenImage.OpenAsync(_images, volume, readOnly, cancellationToken);

    public Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _lifecycle.RemoveAsync(volume, progress, cancellationToken);

    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _lifecycle.RemoveDamagedAsync(volume, progress, cancellationToken);

    public Task ResizeAsync(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _lifecycle.ResizeAsync(volume, sizeBytes, shrinking, progress, cancellationToken);

    public Task CopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) =>
        _copy.CopyAsync(source, target, progress, cancellationToken);

    public Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken) => _rename.RenameAsync(from, to, cancellationToken);

    public Task ReadAsync(VolumeId volume, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        _content.ReadAsync(volume, offset, buffer, cancellationToken);

    public Task WriteAsync(VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        _content.WriteAsync(volume, offset, data, cancellationToken);

    public Task SetMetadataAsync(VolumeId volume, string key, string value, CancellationToken cancellationToken) =>
        _content.SetMetadataAsync(volume, key, value, cancellationToken);

    public Task RemoveMetadataAsync(VolumeId volume, string key, CancellationToken cancellationToken) =>
        _content.RemoveMetadataAsync(volume, key, cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> GetMetadataAsync(VolumeId volume, CancellationToken cancellationToken) =>
        _content.GetMetadataAsync(volume, cancellationToken);

    public Task<IReadOnlyList<ImageOption>> GetOptionsAsync(VolumeId volume, CancellationToken cancellationToken) =>
        _content.GetOptionsAsync(volume, cancellationToken);

    public Task<LeaseAttempt> AcquireLeaseAsync(string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken) =>
        _leases.AcquireAsync(name, holder, duration, reason, agreed, cancellationToken);

    public bool RenewLease(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration) => _leases.Renew(name, holder, epoch, duration);

    public Task ReleaseLeaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken) =>
        _leases.ReleaseAsync(name, holder, epoch, cancellationToken);

    public async Task EvictAsync(string name, LeaseHolder holder, TimeSpan fenceDuration, CancellationToken cancellationToken)
    {
        await FenceAsync(holder.Fence, fenceDuration, cancellationToken).ConfigureAwait(false);
        await _leases.BreakAsync(name, holder, cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<LeaseOwnership>> GetLeaseHistoryAsync(string name, CancellationToken cancellationToken) =>
        _leases.GetHistoryAsync(name, cancellationToken);

    public Task FenceAsync(FenceAddress address, TimeSpan duration, CancellationToken cancellationToken)
    {
        _connection.ThrowIfUnusable();
        return _fencing.FenceAsync(_connection, address, duration, cancellationToken);
    }

    public Task<bool> IsFencedAsync(FenceAddress address, CancellationToken cancellationToken) =>
        CephFencing.IsFencedAsync(_connection, address, cancellationToken);

    public Task<StoredRecord?> GetRecordAsync(string key, CancellationToken cancellationToken) => _records.GetAsync(key, cancellationToken);

    public Task<long?> PutRecordAsync(string key, ReadOnlyMemory<byte> value, long expectedVersion, CancellationToken cancellationToken) =>
        _records.PutAsync(key, value, expectedVersion, cancellationToken);

    public Task<bool> RemoveRecordAsync(string key, long expectedVersion, CancellationToken cancellationToken) =>
        _records.RemoveAsync(key, expectedVersion, cancellationToken);

    public Task<IReadOnlyList<StoredRecord>> ListRecordsAsync(string prefix, CancellationToken cancellationToken) =>
        _records.ListAsync(prefix, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _closed();
        _connection.Refuse();
        _slots.Dispose();
        try
        {
            await _slots.Drained.WaitAsync(_options.CloseTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Left behind: the call is bounded by Ceph's timeouts and keeps alive what it uses; its thread ends with it.
        }
        await _connection.DisposeAsync().ConfigureAwait(false);
    }
}
