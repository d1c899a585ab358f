using System.Buffers;
using System.Runtime.CompilerServices;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Reads a stretch of an image in order, a few pieces ahead of who takes them; what is in memory is bounded by those.</summary>
public static class ImageReader
{
    private const int PieceBytes = 1 << 20;
    private const int PiecesMax = 8;

    /// <summary>Reads.</summary>
    /// <param name="image">The open image.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The bytes in pieces, each until the next is asked for.</returns>
    /// <exception cref="BlockStoreException">The store does not answer, or the image has become shorter.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        IOpenImage image, long offset, long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var running = new Queue<(Task Read, byte[] Buffer, int Count)>();
        try
        {
            for (var asked = 0L; asked < length || running.Count > 0;)
            {
                while (asked < length && running.Count < PiecesMax)
                {
                    var (count, buffer) = ((int)Math.Min(PieceBytes, length - asked), ArrayPool<byte>.Shared.Rent(PieceBytes));
                    running.Enqueue((image.ReadAsync(offset + asked, buffer.AsMemory(0, count), cancellationToken), buffer, count));
                    asked += count;
                }
                var oldest = running.Peek();
                await oldest.Read;
                yield return oldest.Buffer.AsMemory(0, oldest.Count);
                ArrayPool<byte>.Shared.Return(running.Dequeue().Buffer);
            }
        }
        finally
        {
            // Their buffers are in use until they are over.
            foreach (var (read, _, _) in running)
                await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
