using System.Runtime.InteropServices;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Copying an image. librbd's own copy (seen with 16.2) does not heed what its progress callback returns and so cannot be cancelled; this one makes
/// the target with the source's layout, asks which parts of the source exist, and copies those with a few requests in flight.
/// </summary>
internal sealed class CephCopy(CephImages images, CephImageContent content, int requestsMax)
{
    private const int ChunkBytesMax = 4 << 20;

    /// <summary>A run of zeros of this length is not written.</summary>
    private const int ZeroRunBytes = 64 << 10;

    /// <summary>How much of the image is asked about at once: bounds the list of extents.</summary>
    private const ulong WindowBytes = 16UL << 30;

    /// <summary>Layering up to journaling without striping, which follows from the stripe settings; the others tell of an image's state.</summary>
    private const ulong CopiedFeatures = 1 | 4 | 8 | 16 | 32 | 64;

    /// <summary>Mooring's own notes about an image are not notes about its copy.</summary>
    private const string OwnMetadataPrefix = "mooring.";

    public async Task CopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var what = $"copy {source} to {target}";
        try
        {
            await images.RunAsync(() => Copy(source, target, what, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new BlockStoreException(new OperationError(ErrorKind.Cancelled, $"cannot {what}: it was cancelled before it began"), e);
        }
    }

    private bool Copy(VolumeId source, VolumeId target, string what, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var targetIo = images.ContextOf(target);
        return images.Use(source, readOnly: true, what, from =>
        {
            images.Check(Rbd.GetSize(from, out var size), what);
            CreateAlike(from, targetIo, target.Image, size, what);
            return images.Use(target, readOnly: false, what, to =>
            {
                using var run = new Run(images, from, to, size, what, new ProgressCallback(progress, () => cancellationToken.IsCancellationRequested));
                run.Execute(requestsMax);
                CopyMetadata(from, to, what);
                images.Check(Rbd.Flush(to), what);
                run.Progress.Finish();
                return true;
            });
        });
    }

    private unsafe void CreateAlike(ImageHandle source, IoContextHandle io, string name, ulong size, string what)
    {
        images.Check(Rbd.GetFeatures(source, out var features), what);
        images.Check(Rbd.Stat(source, out var stat, (nuint)sizeof(Rbd.ImageStat)), what);
        images.Check(Rbd.GetStripeUnit(source, out var stripeUnit), what);
        images.Check(Rbd.GetStripeCount(source, out var stripeCount), what);
        Rbd.CreateOptions(out var options);
        try
        {
            Set(Rbd.OptionFormat, 2);
            Set(Rbd.OptionFeatures, features & CopiedFeatures);
            Set(Rbd.OptionOrder, (ulong)stat.Order);
            if (stripeCount > 1 || stripeUnit != stat.ObjectSize)
            {
                Set(Rbd.OptionStripeUnit, stripeUnit);
                Set(Rbd.OptionStripeCount, stripeCount);
            }
            images.Check(Rbd.Create(io, name, size, options), what);
        }
        finally
        {
            Rbd.DestroyOptions(options);
        }

        void Set(int option, ulong value) => images.Check(Rbd.SetOption(options, option, value), what);
    }

    private void CopyMetadata(ImageHandle from, ImageHandle to, string what)
    {
        foreach (var (key, value) in content.GetMetadata(from, what))
        {
            if (!key.StartsWith(OwnMetadataPrefix, StringComparison.Ordinal))
                images.Check(Rbd.SetMetadata(to, key, value), what);
        }
    }

    /// <summary>The state of one copy: the next piece to copy, and whether to stop.</summary>
    private sealed class Run(CephImages images, ImageHandle from, ImageHandle to, ulong size, string what, ProgressCallback progress) : IDisposable
    {
        private readonly object _lock = new();
        private readonly Queue<(ulong Offset, int Length)> _pieces = new();
        private GCHandle _self;
        private ulong _window;
        private bool _stopped;

        public ProgressCallback Progress => progress;

        // The slot's thread waits here; the requests themselves hold no thread. None is left when this returns, so the images can be closed.
        public void Execute(int requestsMax)
        {
            _self = GCHandle.Alloc(this);
            Task.WhenAll(Enumerable.Range(0, requestsMax).Select(_ => Task.Run(CopyPiecesAsync))).GetAwaiter().GetResult();
        }

        public void Dispose()
        {
            if (_self.IsAllocated)
                _self.Free();
            progress.Dispose();
        }

        private async Task CopyPiecesAsync()
        {
            var buffer = Marshal.AllocHGlobal(ChunkBytesMax);
            try
            {
                while (Next() is var (offset, length))
                    await CopyPieceAsync(offset, length, buffer).ConfigureAwait(false);
            }
            catch
            {
                lock (_lock)
                    _stopped = true;
                throw;
            }
            finally
            {
                Marshal.FreeHGlobal(buffer);
            }
        }

        private (ulong Offset, int Length)? Next()
        {
            lock (_lock)
            {
                if (progress.IsCancelled || images.Connection.IsClosed)
                    throw images.Failure(CephErrors.Cancelled, what);
                while (!_stopped && _pieces.Count == 0 && _window < size)
                    ReadWindow();
                if (_stopped || !_pieces.TryDequeue(out var piece))
                    return null;
                progress.Report((double)piece.Offset / size);
                return piece;
            }
        }

        private unsafe void ReadWindow()
        {
            var length = Math.Min(WindowBytes, size - _window);
            images.Check(Rbd.IterateDifference(from, 0, _window, length, 1, 1, &OnExtent, GCHandle.ToIntPtr(_self)), what);
            _window += length;
        }

        [UnmanagedCallersOnly]
        private static int OnExtent(ulong offset, nuint length, int exists, nint state)
        {
            var self = (Run)GCHandle.FromIntPtr(state).Target!;
            // Pieces end where objects do.
            for (var end = offset + length; exists != 0 && offset < end;)
            {
                var piece = Math.Min(end - offset, ChunkBytesMax - (offset % ChunkBytesMax));
                self._pieces.Enqueue((offset, (int)piece));
                offset += piece;
            }
            return 0;
        }

        private async Task CopyPieceAsync(ulong offset, int length, nint buffer)
        {
            images.Check(await RbdCompletion.ReadAsync(from, offset, length, buffer).ConfigureAwait(false), what);
            for (var start = 0; NextRun(buffer, ref start, length) is var end and > 0; start = end)
                images.Check(await RbdCompletion.WriteAsync(to, offset + (ulong)start, end - start, buffer + start).ConfigureAwait(false), what);
        }

        // The next run of blocks that are not all zeros: begins at start, ends at the result; 0 when there is none.
        private static int NextRun(nint buffer, ref int start, int length)
        {
            while (start < length && IsZero(buffer, start, length))
                start = Math.Min(length, start + ZeroRunBytes);
            var end = start;
            while (end < length && !IsZero(buffer, end, length))
                end = Math.Min(length, end + ZeroRunBytes);
            return end > start ? end : 0;
        }

        private static unsafe bool IsZero(nint buffer, int start, int length) =>
            !new ReadOnlySpan<byte>((byte*)buffer + start, Math.Min(ZeroRunBytes, length - start)).ContainsAnyExcept((byte)0);
    }
}
