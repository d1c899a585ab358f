using System.Runtime.InteropServices;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <content>All bytes of an image, out of the store and into it.</content>
internal sealed partial class CephOpenImage
{
    // librbd counts bytes with an int at places.
    private const long ZeroBytesMax = 1 << 30;

    public static async Task<IImageView> OpenViewAsync(CephImages images, VolumeId volume, string? snapshot, CancellationToken cancellationToken)
    {
        if (snapshot is not null)
            CephSnapshots.RequireGoodNames($"open {volume}", snapshot);
        return await images.RunAsync<IImageView>(() => Open(images, volume, snapshot, readOnly: true, mayCache: true), cancellationToken).ConfigureAwait(false);
    }

    public static async Task<IFilledImage> OpenToFillAsync(CephImages images, VolumeId volume, CancellationToken cancellationToken) =>
        await images.RunAsync<IFilledImage>(
            () =>
            {
                images.Use(volume, readOnly: true, $"open {volume}", image =>
                {
                    CephImageUsers.RequireNotMigrating(images, image, $"open {volume} to fill it");
                    return true;
                });
                return Open(images, volume, null, readOnly: false, mayCache: true);
            },
            cancellationToken).ConfigureAwait(false);

    public async Task<IReadOnlyList<ImageDifference>> CompareAsync(string? since, long offset, long length, CancellationToken cancellationToken)
    {
        Begin(offset, length, "compare", cancellationToken);
        try
        {
            if (length > ImageDifference.RangeBytesMax)
                throw CephErrors.Failure(CephErrors.Invalid, $"compare {Volume}", $"{length} bytes are too many for one call");
            return await _images.RunAsync(() => Compare(since, offset, length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }

    public async Task ZeroAsync(long offset, long length, CancellationToken cancellationToken)
    {
        if (_readOnly)
            throw new BlockStoreException(ErrorKind.PermissionDenied, $"cannot write {Volume}: it was opened to be read only", 30);
        Begin(offset, length, "write", cancellationToken);
        try
        {
            await _images.RunAsync(() =>
            {
                for (var done = 0L; done < length; done += ZeroBytesMax)
                    _images.Check((int)Rbd.WriteZeroes(_image, (ulong)(offset + done), (nuint)Math.Min(ZeroBytesMax, length - done), 0, 0), $"write {Volume}");
                return true;
            }, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }

    private bool Flushed()
    {
        _images.Check(Rbd.Flush(_image), $"flush {Volume}");
        return true;
    }

    private unsafe List<ImageDifference> Compare(string? since, long offset, long length)
    {
        var found = new List<ImageDifference>();
        var state = GCHandle.Alloc(found);
        try
        {
            fixed (byte* name = since is null ? null : NativeText.Terminated(since))
            {
                var result = Rbd.IterateDifference(_image, (nint)name, (ulong)offset, (ulong)length, 1, 0, &OnDifference, GCHandle.ToIntPtr(state));
                if (result < 0)
                {
                    throw _images.Failure(result, $"compare {Volume} with {since ?? "nothing"}", result switch
                    {
                        CephErrors.NotFound => $"there is no snapshot '{since}'",
                        CephErrors.Invalid => $"snapshot '{since}' is not older",
                        _ => null,
                    });
                }
            }
        }
        finally
        {
            state.Free();
        }
        // Objects that belong to one stripe come one after the other.
        found.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        return found;
    }

    [UnmanagedCallersOnly]
    private static int OnDifference(ulong offset, nuint length, int exists, nint state)
    {
        ((List<ImageDifference>)GCHandle.FromIntPtr(state).Target!).Add(new ImageDifference((long)offset, (long)length, exists == 0));
        return 0;
    }
}
