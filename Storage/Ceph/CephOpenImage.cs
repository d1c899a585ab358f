using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>An image that stays open; its requests are librbd's asynchronous ones and hold no thread.</summary>
internal sealed partial class CephOpenImage : IImageView, IFilledImage
{
    private readonly CephImages _images;
    private readonly ImageHandle _image;
    private readonly bool _readOnly;
    private readonly bool _cached;
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _running;
    private bool _closed;

    private CephOpenImage(CephImages images, VolumeId volume, ImageHandle image, long sizeBytes, bool readOnly, bool cached)
    {
        _images = images;
        _image = image;
        _readOnly = readOnly;
        _cached = cached;
        Volume = volume;
        SizeBytes = sizeBytes;
    }

    public VolumeId Volume { get; }

    public long SizeBytes { get; }

    public static async Task<IOpenImage> OpenAsync(CephImages images, VolumeId volume, bool readOnly, CancellationToken cancellationToken) =>
        await images.RunAsync<IOpenImage>(() => Open(images, volume, null, readOnly, mayCache: false), cancellationToken).ConfigureAwait(false);

    public async Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Begin(offset, buffer.Length, "read", cancellationToken);
        try
        {
            using var pin = buffer.Pin();
            for (var done = 0; done < buffer.Length;)
            {
                var read = await RbdCompletion.ReadAsync(_image, (ulong)(offset + done), buffer.Length - done, AddressOf(pin, done)).ConfigureAwait(false);
                await CheckAsync(read, "read").ConfigureAwait(false);
                if (read == 0)
                    throw _images.Failure(CephErrors.Invalid, $"read {Volume}", "it has become shorter meanwhile");
                done += read;
            }
        }
        finally
        {
            End();
        }
    }

    public async Task WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_readOnly)
            throw new BlockStoreException(ErrorKind.PermissionDenied, $"cannot write {Volume}: it was opened to be read only", 30);
        Begin(offset, data.Length, "write", cancellationToken);
        try
        {
            if (data.IsEmpty)
                return;
            using var pin = data.Pin();
            await CheckAsync(await RbdCompletion.WriteAsync(_image, (ulong)offset, data.Length, AddressOf(pin, 0)).ConfigureAwait(false), "write").ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }

    // Without librbd's cache a write completes when all replicas have it. librbd's own flush would also wait for every write that is under way.
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        Begin(0, 0, "flush", cancellationToken);
        try
        {
            if (_cached)
                await _images.RunAsync(() => Flushed(), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Waits for the requests that run, which Ceph's own timeouts bound, and closes the image.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            if (_running == 0)
                _idle.TrySetResult();
        }
        await _idle.Task.ConfigureAwait(false);
        // Closing blocks, and must work when the connection's threads have ended already.
        await Task.Factory.StartNew(_image.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static CephOpenImage Open(CephImages images, VolumeId volume, string? snapshot, bool readOnly, bool mayCache)
    {
        var what = snapshot is null ? $"open {volume}" : $"open {volume}@{snapshot}";
        var image = images.Open(volume, readOnly, what, snapshot);
        try
        {
            images.Check(Rbd.GetSize(image, out var size), what);
            var cached = IsCached(image, images, what);
            if (cached && !mayCache)
            {
                throw new BlockStoreException(
                    ErrorKind.InvalidArgument,
                    $"{what}: rbd_cache is switched on for the image or its pool (see: rbd config image list {volume}); other nodes would not see what was written", 22);
            }
            return new CephOpenImage(images, volume, image, (long)size, readOnly, cached);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    // What the connection says about it (off) is overridden by what is kept with the image or its pool.
    private static bool IsCached(ImageHandle image, CephImages images, string what) =>
        CephImageContent.GetOptions(images, image, what).Any(option => option.Name == "rbd_cache" && option.Value != "false");

    private static unsafe nint AddressOf(System.Buffers.MemoryHandle pin, int offset) => (nint)((byte*)pin.Pointer + offset);

    private void Begin(long offset, long length, string verb, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _images.Connection.ThrowIfUnusable();
        if (offset < 0 || offset > SizeBytes - length)
            throw CephErrors.Failure(CephErrors.Invalid, $"{verb} {Volume}", $"{length} bytes at {offset} reach beyond its end at {SizeBytes}");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _running++;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            if (--_running == 0 && _closed)
                _idle.TrySetResult();
        }
    }

    private async ValueTask CheckAsync(int result, string verb)
    {
        if (result < 0)
            throw await _images.FailureAsync(result, $"{verb} {Volume}").ConfigureAwait(false);
    }
}
