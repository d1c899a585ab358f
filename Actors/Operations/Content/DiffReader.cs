using System.Buffers.Binary;
using System.Text;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>What a difference says of itself.</summary>
/// <param name="From">The snapshot that the image must have; null when none is needed.</param>
/// <param name="To">The snapshot that is made at the end; null for none.</param>
/// <param name="SizeBytes">The size that the image gets, in bytes.</param>
public sealed record DiffHead(string? From, string? To, long SizeBytes);

/// <summary>One part of a difference.</summary>
/// <param name="Offset">Where in the image, in bytes.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Position">Where its bytes lie in the file; -1 when they are zeros.</param>
public readonly record struct DiffPart(long Offset, long Length, long Position)
{
    /// <summary>Whether the part is zeros.</summary>
    public bool IsZeros => Position < 0;
}

/// <summary>
/// Reads a difference (<see cref="DiffFormat"/>) that lies in an image, strictly: everything in its place, nothing beyond the size that it says itself,
/// nothing behind its end. Its memory is one buffer.
/// </summary>
/// <param name="file">The open image, as long as the file.</param>
/// <param name="cancellationToken">Gives up.</param>
public sealed class DiffReader(IOpenImage file, CancellationToken cancellationToken)
{
    private const int BufferBytes = 256 << 10;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _bufferAt;
    private int _buffered;
    private long _position;

    /// <summary>How much of the file was read, 0 to 1.</summary>
    public double Share => (double)_position / file.SizeBytes;

    /// <summary>Reads all of a file, and looks at nothing but its form.</summary>
    /// <param name="file">The open image, as long as the file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it says of itself.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when it is malformed.</exception>
    public static async Task<DiffHead> CheckAsync(IOpenImage file, CancellationToken cancellationToken)
    {
        var reader = new DiffReader(file, cancellationToken);
        var head = await reader.ReadHeadAsync();
        while (await reader.NextAsync(head) is not null)
        {
            // Its form is all that is looked at.
        }
        return head;
    }

    /// <summary>Reads up to the first part.</summary>
    /// <returns>What the file says of itself.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when it is malformed.</exception>
    public async Task<DiffHead> ReadHeadAsync()
    {
        if (!(await TakeAsync(DiffFormat.Banner.Length)).Span.SequenceEqual(DiffFormat.Banner))
            throw Wrong("it does not begin as one");
        string? from = null, to = null;
        while (true)
        {
            switch (await TagAsync())
            {
                case DiffFormat.FromTag when from is null && to is null:
                    from = await NameAsync();
                    break;
                case DiffFormat.ToTag when to is null:
                    to = await NameAsync();
                    break;
                case DiffFormat.SizeTag:
                    var size = await NumberAsync();
                    return size is > 0 and <= SizeParameter.BytesMax ? new DiffHead(from, to, size) : throw Wrong($"{size} bytes are no size of a volume");
                case var tag:
                    throw Wrong($"the record {tag} is not expected there");
            }
        }
    }

    /// <summary>Reads the next part; its bytes are passed over.</summary>
    /// <param name="head">What the file says of itself.</param>
    /// <returns>The part; null at the end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when it is malformed.</exception>
    public async Task<DiffPart?> NextAsync(DiffHead head)
    {
        var tag = await TagAsync();
        if (tag == DiffFormat.EndTag)
            return _position == file.SizeBytes ? null : throw Wrong("something comes behind its end");
        if (tag is not (DiffFormat.WriteTag or DiffFormat.ZeroTag))
            throw Wrong($"the record {tag} is not expected there");
        var (offset, length) = (await NumberAsync(), await NumberAsync());
        if (offset < 0 || length <= 0 || offset > head.SizeBytes - length)
            throw Wrong($"{length} bytes at {offset} are not within {head.SizeBytes} bytes");
        if (tag == DiffFormat.ZeroTag)
            return new DiffPart(offset, length, -1);
        if (length > file.SizeBytes - _position)
            throw Short();
        var part = new DiffPart(offset, length, _position);
        _position += length;
        return part;
    }

    private async Task<string> NameAsync()
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian((await TakeAsync(4)).Span);
        if (length > 4 * SnapshotName.LengthMax)
            throw Wrong($"{length} bytes are no name of a snapshot");
        var bytes = await TakeAsync((int)length);
        try
        {
            var name = Strict.GetString(bytes.Span);
            return SnapshotName.Validate(name) is { } problem ? throw Wrong(problem) : name;
        }
        catch (DecoderFallbackException)
        {
            throw Wrong("the name of a snapshot is not UTF-8");
        }
    }

    private async Task<byte> TagAsync() => (await TakeAsync(1)).Span[0];

    private async Task<long> NumberAsync() => BinaryPrimitives.ReadInt64LittleEndian((await TakeAsync(8)).Span);

    private async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count)
    {
        if (count > file.SizeBytes - _position)
            throw Short();
        if (_position < _bufferAt || _position + count > _bufferAt + _buffered)
        {
            (_bufferAt, _buffered) = (_position, (int)Math.Min(BufferBytes, file.SizeBytes - _position));
            await file.ReadAsync(_bufferAt, _buffer.AsMemory(0, _buffered), cancellationToken);
        }
        var taken = _buffer.AsMemory((int)(_position - _bufferAt), count);
        _position += count;
        return taken;
    }

    private BlockStoreException Short() => Wrong("it ends too early");

    private BlockStoreException Wrong(string problem) => new(OperationErrors.Wrong($"the content is no difference that can be read: {problem} (byte {_position})"));
}
