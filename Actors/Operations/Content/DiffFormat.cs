using System.Buffers.Binary;
using System.Text;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// What has changed in an image, as a file that <c>rbd</c> reads and writes ("rbd diff v1", Ceph's <c>doc/dev/rbd-diff.rst</c>): a banner, what it is between,
/// the size, then parts that are written or made zeros, then an end. All numbers are little-endian.
/// </summary>
public static class DiffFormat
{
    internal const byte FromTag = (byte)'f', ToTag = (byte)'t', SizeTag = (byte)'s', WriteTag = (byte)'w', ZeroTag = (byte)'z', EndTag = (byte)'e';

    // rbd reads each part into memory.
    private const long PartBytesMax = 4 << 20;

    private static readonly byte[] End = [EndTag];

    internal static ReadOnlySpan<byte> Banner => "rbd diff v1\n"u8;

    /// <summary>Writes the difference between a snapshot and what came after it.</summary>
    /// <param name="view">What came after it.</param>
    /// <param name="since">The earlier snapshot's name; null when everything is to be written.</param>
    /// <param name="name">The name of the snapshot that is shown; null for the image itself.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it is written.</returns>
    /// <exception cref="BlockStoreException">There is no such snapshot; the store does not answer.</exception>
    public static async Task WriteAsync(IImageView view, string? since, string? name, Stream target, CancellationToken cancellationToken)
    {
        // Before anything is written: whether there is such a snapshot.
        var found = await CompareAsync(view, since, 0, cancellationToken);
        await target.WriteAsync(Head(view, since, name), cancellationToken);
        for (var offset = 0L; offset < view.SizeBytes; offset += ImageDifference.RangeBytesMax)
        {
            if (offset > 0)
                found = await CompareAsync(view, since, offset, cancellationToken);
            foreach (var part in found)
                await WriteAsync(view, part, target, cancellationToken);
        }
        await target.WriteAsync(End, cancellationToken);
    }

    private static Task<IReadOnlyList<ImageDifference>> CompareAsync(IImageView view, string? since, long offset, CancellationToken cancellationToken) =>
        view.CompareAsync(since, offset, Math.Min(ImageDifference.RangeBytesMax, view.SizeBytes - offset), cancellationToken);

    private static async Task WriteAsync(IImageView view, ImageDifference part, Stream target, CancellationToken cancellationToken)
    {
        if (part.IsZeros)
        {
            await target.WriteAsync(PartHead(ZeroTag, part.Offset, part.Length), cancellationToken);
            return;
        }
        for (var (at, end) = (part.Offset, part.Offset + part.Length); at < end;)
        {
            // Where objects end, as rbd cuts them.
            var count = Math.Min(end - at, PartBytesMax - (at % PartBytesMax));
            await target.WriteAsync(PartHead(WriteTag, at, count), cancellationToken);
            await foreach (var piece in ImageReader.ReadAsync(view, at, count, cancellationToken))
                await target.WriteAsync(piece, cancellationToken);
            at += count;
        }
    }

    private static byte[] Head(IImageView view, string? since, string? name)
    {
        var head = new MemoryStream();
        head.Write(Banner);
        if (since is not null)
            WriteName(head, FromTag, since);
        if (name is not null)
            WriteName(head, ToTag, name);
        head.WriteByte(SizeTag);
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, view.SizeBytes);
        head.Write(size);
        return head.ToArray();
    }

    private static void WriteName(MemoryStream head, byte tag, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        head.WriteByte(tag);
        head.Write(length);
        head.Write(bytes);
    }

    private static byte[] PartHead(byte tag, long offset, long length)
    {
        var head = new byte[17];
        head[0] = tag;
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(1), offset);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(9), length);
        return head;
    }
}
