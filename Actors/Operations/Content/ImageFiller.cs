using System.Buffers;
using System.Security.Cryptography;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Writes content as it comes into a new image, a few pieces at once and no zeros; what is in memory is bounded by those.</summary>
internal sealed class ImageFiller
{
    private const int PieceBytes = 4 << 20;
    private const int PiecesMax = 4;
    private const int ZeroRunBytes = 64 << 10;
    private const int TriesMax = 10;

    private readonly IBlockStore _store;
    private readonly VolumeId _image;
    private readonly long _announcedBytes;
    private readonly IProgress<double> _progress;
    private readonly CancellationToken _cancellation;
    private readonly Queue<(Task Write, byte[] Buffer)> _running = new();
    private long _sizeBytes;
    private long _bytes;
    private IFilledImage? _open;

    private ImageFiller(IBlockStore store, VolumeId image, long sizeBytes, long announcedBytes, IProgress<double> progress, CancellationToken cancellation) =>
        (_store, _image, _sizeBytes, _announcedBytes, _progress, _cancellation) = (store, image, sizeBytes, announcedBytes, progress, cancellation);

    /// <summary>
    /// Makes an attempt's image of what the client sends, with the size of that. What breaks off may come again, from its beginning. The image keeps the checksum
    /// when all of it is there.
    /// </summary>
    /// <param name="context">The attempt.</param>
    /// <param name="image">The image, which there is not.</param>
    /// <param name="layout">How it is laid out.</param>
    /// <param name="announcedBytes">How many bytes must come; 0 when that is not known.</param>
    /// <param name="firstBytes">The size that it begins with then; it grows when more comes.</param>
    /// <param name="progress">Told the share that is done, where that is known.</param>
    /// <returns>The SHA-256 of the bytes, in hex.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Cancelled"/> when the content does not come, <see cref="ErrorKind.InvalidArgument"/> when it is
    /// not as long as it must be, or the store's refusal.</exception>
    public static async Task<string> ReceiveAsync(
        AttemptContext context, VolumeId image, ImageLayout layout, long announcedBytes, long firstBytes, IProgress<double> progress)
    {
        var (store, size) = (context.Store, announcedBytes > 0 ? announcedBytes : firstBytes);
        for (var tries = 1; ; tries++)
        {
            using var upload = await context.Uploads.ReceiveAsync(context.Operation, context.Cancelled);
            await store.CreateAsync(image, size, layout, context.Cancellation);
            var filler = new ImageFiller(store, image, size, announcedBytes, progress, context.Cancelled);
            try
            {
                var checksum = await filler.RunAsync(upload.Content);
                if (filler._bytes != filler._sizeBytes)
                    await store.ResizeAsync(image, filler._bytes, Shrinking.Always, null, context.Cancellation);
                await store.SetMetadataAsync(image, ImageDescription.ChecksumKey, checksum, context.Cancellation);
                return checksum;
            }
            catch (BrokenOffException e) when (tries == TriesMax)
            {
                throw new BlockStoreException(OperationErrors.NoContent($"it broke off {tries} times: {PlainText.Line(e.Message)}"), e);
            }
            catch (BrokenOffException)
            {
                await store.RemoveAsync(image, null, context.Cancellation);
            }
        }
    }

    private async Task<string> RunAsync(Stream content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            _open = await _store.OpenToFillAsync(_image, _cancellation);
            for (var last = false; !last;)
            {
                var buffer = _running.Count < PiecesMax ? ArrayPool<byte>.Shared.Rent(PieceBytes) : await OldestAsync();
                var count = await ReadAsync(content, buffer, hash);
                last = count < PieceBytes;
                if (_bytes + count > _sizeBytes)
                    await GrowAsync(_bytes + count);
                _running.Enqueue((WriteAsync(_open, _bytes, buffer.AsMemory(0, count)), buffer));
                _bytes += count;
                if (_announcedBytes > 0)
                    _progress.Report((double)_bytes / _announcedBytes);
            }
            await DrainAsync();
            if (_bytes == 0 || (_announcedBytes > 0 && _bytes != _announcedBytes))
                throw new BlockStoreException(OperationErrors.Wrong($"the content has {_bytes} bytes{(_announcedBytes > 0 ? $"; {_announcedBytes} were announced" : "")}"));
            await _open.FlushAsync(_cancellation);
        }
        finally
        {
            await CloseAsync();
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<int> ReadAsync(Stream content, byte[] buffer, IncrementalHash hash)
    {
        int count;
        try
        {
            count = await content.ReadAtLeastAsync(buffer.AsMemory(0, PieceBytes), PieceBytes, throwOnEndOfStream: false, _cancellation);
        }
        catch (Exception e) when (!_cancellation.IsCancellationRequested && e is not BlockStoreException)
        {
            throw new BrokenOffException(e);
        }
        hash.AppendData(buffer, 0, count);
        return count;
    }

    // Nothing is written beyond an image's end, and an open one does not see that it has grown.
    private async Task GrowAsync(long needed)
    {
        if (_announcedBytes > 0)
            throw new BlockStoreException(OperationErrors.Wrong($"the content has more than the {_announcedBytes} bytes that were announced"));
        await DrainAsync();
        await _open!.FlushAsync(_cancellation);
        await _open.DisposeAsync();
        _open = null;
        _sizeBytes = Math.Max(needed, _sizeBytes * 2);
        await _store.ResizeAsync(_image, _sizeBytes, Shrinking.Never, null, _cancellation);
        _open = await _store.OpenToFillAsync(_image, _cancellation);
    }

    private static async Task WriteAsync(IFilledImage image, long offset, ReadOnlyMemory<byte> bytes)
    {
        for (var start = 0; start < bytes.Length;)
        {
            var end = start;
            while (end < bytes.Length && !IsZeros(end))
                end += ZeroRunBytes;
            end = Math.Min(end, bytes.Length);
            if (end > start)
                await image.WriteAsync(offset + start, bytes[start..end], CancellationToken.None);
            start = end + ZeroRunBytes;
        }

        bool IsZeros(int at) => !bytes.Span.Slice(at, Math.Min(ZeroRunBytes, bytes.Length - at)).ContainsAnyExcept((byte)0);
    }

    private async Task<byte[]> OldestAsync()
    {
        // It stays in the queue until it is over: its buffer is in use.
        await _running.Peek().Write;
        return _running.Dequeue().Buffer;
    }

    private async Task DrainAsync()
    {
        while (_running.Count > 0)
            ArrayPool<byte>.Shared.Return(await OldestAsync());
    }

    private async Task CloseAsync()
    {
        foreach (var (write, _) in _running)
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_open is not null)
            await _open.DisposeAsync();
    }

    private sealed class BrokenOffException(Exception cause) : Exception(cause.Message, cause);
}
