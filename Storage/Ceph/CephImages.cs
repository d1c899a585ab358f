using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Runs image calls on the connection's slots, and opens images.</summary>
internal sealed class CephImages(CephConnection connection, BoundedThreads slots)
{
    public CephConnection Connection => connection;

    /// <summary>Runs a blocking call on a slot.</summary>
    public Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        connection.ThrowIfUnusable();
        return slots.RunAsync(call, cancellationToken);
    }

    /// <summary>The context in which an image lies.</summary>
    public IoContextHandle ContextOf(VolumeId volume) => connection.Open(volume.Pool, volume.Namespace);

    /// <summary>Opens an image, runs a call on it and closes it; blocks.</summary>
    public T Use<T>(VolumeId volume, bool readOnly, string what, Func<ImageHandle, T> call)
    {
        using var image = Open(volume, readOnly, what);
        return call(image);
    }

    /// <summary>As <see cref="Use"/>, for what librbd does only with its own lock on the image.</summary>
    public T Change<T>(VolumeId volume, string what, Func<ImageHandle, T> call) => Use(volume, readOnly: false, what, image =>
    {
        CephImageUsers.RequireChangeable(this, image, what);
        return call(image);
    });

    /// <summary>Throws for a negative return value of a call of librbd.</summary>
    public void Check(int result, string what, string? reason = null)
    {
        if (result < 0)
            throw Failure(result, what, reason);
    }

    /// <summary>
    /// The exception for a call of librbd. It hides a blocklisted client at some places behind other errors (its writes become read-only,
    /// its lock requests fail), so those are told apart by asking an OSD.
    /// </summary>
    public BlockStoreException Failure(int result, string what, string? reason = null)
    {
        if (result is CephErrors.ReadOnly or CephErrors.NotPermitted or CephErrors.InputOutput or CephErrors.Invalid
            && ReadOperation.StatAsync(connection.Metadata, CephStore.ProbeObject).GetAwaiter().GetResult() == CephErrors.Shutdown)
        {
            return connection.Failure(CephErrors.Shutdown, what);
        }
        return connection.Failure(result, what, reason);
    }

    /// <summary>As <see cref="Failure"/> for callers that may not block.</summary>
    public async Task<BlockStoreException> FailureAsync(int result, string what)
    {
        if (result is CephErrors.ReadOnly or CephErrors.NotPermitted or CephErrors.InputOutput or CephErrors.Invalid
            && await ReadOperation.StatAsync(connection.Metadata, CephStore.ProbeObject).ConfigureAwait(false) == CephErrors.Shutdown)
        {
            return connection.Failure(CephErrors.Shutdown, what);
        }
        return connection.Failure(result, what);
    }

    /// <summary>
    /// Opens an image, or with a snapshot's name what that shows; blocks. Opened by its name a snapshot that was made only by half would not be there.
    /// </summary>
    public ImageHandle Open(VolumeId volume, bool readOnly, string what, string? snapshot = null)
    {
        var io = ContextOf(volume);
        Check(readOnly ? Rbd.OpenReadOnly(io, volume.Image, out var opened, 0) : Rbd.Open(io, volume.Image, out opened, 0), what);
        var image = new ImageHandle(opened, io);
        var result = snapshot is null ? 0 : Rbd.SetSnapshot(image, snapshot);
        if (result >= 0)
            return image;
        image.Dispose();
        throw Failure(result, what);
    }
}
