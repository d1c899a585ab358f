using System.Buffers;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>
/// One stream of bytes into one file. Chunks go to the image while more arrive; whenever a commit is done the client hears up to where the stream
/// is durable, and from there it goes on at another writer. A whole file is written under a reserved name made of the stream's id and gets its
/// own name at the end: nobody sees half of it. What a stream has done is remembered with it, for a client that asks again because its answer was lost.
/// </summary>
internal sealed class WriteStream(DataConnection connection, FrameConnection frames, ServedArea served, FileSettings settings, TimeProvider clock)
{
    private const int ChunksInFlightMax = 3;

    private readonly AreaWriter _writer = served.Writer!;
    private readonly Queue<(Task Written, byte[] Buffer)> _inFlight = new();
    private byte[] _gathered = [];
    private int _gatheredBytes;
    private AreaFileWrite _file = null!;
    private Task? _committing;
    private long _base;

    public async Task RunAsync(WriteOpen open, string path, CancellationToken cancellationToken)
    {
        var inside = served.Inside(path);
        if (inside == FilePath.Root)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{path}' is a directory", 21);
        try
        {
            // What an earlier sending still has in hand is over then.
            if (open.Attempt is { Number: > 1 })
                await _writer.BarrierAsync(cancellationToken).ConfigureAwait(false);
            if (open.Mode == WriteMode.At)
                await WriteAtAsync(open, inside, cancellationToken).ConfigureAwait(false);
            else
                await StreamAsync(open, inside, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockStoreException e)
        {
            served.Failed(e.Error);
            throw;
        }
    }

    private async Task StreamAsync(WriteOpen open, string inside, CancellationToken cancellationToken)
    {
        var whole = open.Mode is WriteMode.Replace or WriteMode.CreateNew;
        var name = whole ? $"/{VolumeId.ReservedPrefix}{open.Stream:N}" : inside;
        RequestPart? part = open.Attempt is { } sending ? new RequestPart(sending.Request, 0) : null;
        var done = part is { } request ? served.Tree.AnswerTo(request, inside)?.Entry : null;
        if (whole && done is not null)
        {
            await RepeatAsync(done, cancellationToken).ConfigureAwait(false);
            return;
        }
        RequirePlace(open.Mode, inside);
        var resumes = open.Resume && served.Tree.Find(name) is not null;
        var mode = resumes ? AreaWriteMode.Resume : whole ? AreaWriteMode.CreateNew : AreaWriteMode.Append;
        _file = await _writer.BeginWriteAsync(name, mode, clock.GetUtcNow(), cancellationToken, whole ? null : part).ConfigureAwait(false);
        try
        {
            // Of an append that is begun again, offsets are those of the file; of a whole file they are the stream's own.
            _base = _file.OffsetBytes;
            if (open.Mode == WriteMode.Append && open.Resume && _base != (done?.SizeBytes ?? open.Offset))
                throw new BlockStoreException(ErrorKind.Busy, $"'{served.Outside(inside)}' was changed by another while it was appended to", 16);
            var next = _base;
            await frames.WriteAsync(FrameKind.WriteReady, w => w.Int64(next), cancellationToken).ConfigureAwait(false);
            var total = await TakeChunksAsync(next, chunk => GatherAsync(chunk, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (total < 0)
                return;
            await FlushGatheredAsync(cancellationToken).ConfigureAwait(false);
            await DrainAsync(0).ConfigureAwait(false);
            if (_committing is not null)
                await _committing.ConfigureAwait(false);
            var commit = await _file.CommitAsync(clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            if (whole)
                commit = await _writer.RenameAsync(name, inside, cancellationToken, part, replace: open.Mode == WriteMode.Replace).ConfigureAwait(false);
            var entry = commit.Entry ?? served.Tree.Get(inside);
            await frames.WriteAsync(FrameKind.WriteDone, w => AreaOperations.Entry(served, entry).Write(w), cancellationToken).ConfigureAwait(false);
        }
        catch (BlockStoreException e) when (whole && IsFinal(e.Kind))
        {
            await EndAsync().ConfigureAwait(false);
            await ForgetAsync(name, cancellationToken).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    // All of it is done already; its client had not heard.
    private async Task RepeatAsync(AreaEntry entry, CancellationToken cancellationToken)
    {
        await frames.WriteAsync(FrameKind.WriteReady, w => w.Int64(entry.SizeBytes), cancellationToken).ConfigureAwait(false);
        var total = await TakeChunksAsync(entry.SizeBytes, _ => throw new WireException("the stream has more bytes than the first time"), cancellationToken).ConfigureAwait(false);
        if (total >= 0)
            await frames.WriteAsync(FrameKind.WriteDone, w => AreaOperations.Entry(served, entry).Write(w), cancellationToken).ConfigureAwait(false);
    }

    // The stream will not be gone on with: its bytes are given back.
    private static bool IsFinal(ErrorKind kind) => kind is ErrorKind.NoSpace or ErrorKind.NotFound or ErrorKind.AlreadyExists or ErrorKind.InvalidArgument;

    private async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.RemoveAsync(name, recursive: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
        {
            // A later sending goes on with it, or the area's sweeping finds it.
        }
    }

    // Each chunk is an operation of its own.
    private async Task WriteAtAsync(WriteOpen open, string inside, CancellationToken cancellationToken)
    {
        await frames.WriteAsync(FrameKind.WriteReady, w => w.Int64(open.Offset), cancellationToken).ConfigureAwait(false);
        AreaCommit? commit = null;
        var total = await TakeChunksAsync(open.Offset, async chunk =>
        {
            commit = await _writer.WriteAsync(inside, chunk.Offset, chunk.Bytes, clock.GetUtcNow(), cancellationToken, PartAt(open, chunk.Offset)).ConfigureAwait(false);
            await frames.WriteAsync(FrameKind.WriteAcknowledged, w => w.Int64(chunk.Offset + chunk.Bytes.Length), cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        if (total < 0)
            return;
        var entry = commit?.Entry ?? served.Tree.Get(inside);
        await frames.WriteAsync(FrameKind.WriteDone, w => AreaOperations.Entry(served, entry).Write(w), cancellationToken).ConfigureAwait(false);
    }

    private static RequestPart? PartAt(WriteOpen open, long offset) => open.Attempt is { } sending ? new RequestPart(sending.Request, offset) : null;

    // Until the client says that all is sent; below 0 when it went away instead.
    private async Task<long> TakeChunksAsync(long next, Func<(long Offset, ReadOnlyMemory<byte> Bytes), Task> take, CancellationToken cancellationToken)
    {
        while (await connection.NextAsync(cancellationToken).ConfigureAwait(false) is { } frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.Chunk:
                    var chunk = FrameConnection.Chunk(frame);
                    if (chunk.Offset != next)
                        throw new WireException($"a chunk begins at {chunk.Offset}; expected {next}");
                    await take(chunk).ConfigureAwait(false);
                    next += chunk.Bytes.Length;
                    break;
                case FrameKind.WriteClose:
                    var total = new WireReader(frame.Payload.Span).Size();
                    return total == next ? total : throw new WireException($"the stream ends at {total}, but {next} was reached");
                default:
                    throw new WireException($"a frame of kind {(byte)frame.Kind} is no part of a stream");
            }
        }
        return -1;
    }

    private async Task GatherAsync((long Offset, ReadOnlyMemory<byte> Bytes) chunk, CancellationToken cancellationToken)
    {
        for (var rest = chunk.Bytes; rest.Length > 0;)
        {
            if (_gathered.Length == 0)
                _gathered = ArrayPool<byte>.Shared.Rent(settings.WriteChunkBytes);
            var count = Math.Min(rest.Length, settings.WriteChunkBytes - _gatheredBytes);
            rest.Span[..count].CopyTo(_gathered.AsSpan(_gatheredBytes));
            _gatheredBytes += count;
            rest = rest[count..];
            if (_gatheredBytes == settings.WriteChunkBytes)
                await FlushGatheredAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FlushGatheredAsync(CancellationToken cancellationToken)
    {
        if (_gatheredBytes == 0)
            return;
        await DrainAsync(ChunksInFlightMax - 1).ConfigureAwait(false);
        _inFlight.Enqueue((_file.WriteChunkAsync(_gathered.AsMemory(0, _gatheredBytes)), _gathered));
        (_gathered, _gatheredBytes) = ([], 0);
        if (_committing is null or { IsCompleted: true })
        {
            if (_committing is not null)
                await _committing.ConfigureAwait(false);
            _committing = CommitAsync(cancellationToken);
        }
    }

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        await _file.CommitAsync(clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        var durable = _file.DurableBytes;
        await frames.WriteAsync(FrameKind.WriteAcknowledged, w => w.Int64(durable), cancellationToken).ConfigureAwait(false);
    }

    private async Task DrainAsync(int left)
    {
        while (_inFlight.Count > left)
        {
            await _inFlight.Peek().Written.ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(_inFlight.Dequeue().Buffer);
        }
    }

    // Whatever happened: nothing of this stream runs any more.
    private async Task EndAsync()
    {
        while (_inFlight.TryDequeue(out var running))
        {
            await running.Written.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(running.Buffer);
        }
        if (_committing is not null)
            await _committing.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await _file.DisposeAsync().ConfigureAwait(false);
    }

    private void RequirePlace(WriteMode mode, string inside)
    {
        var there = served.Tree.Find(inside);
        if (there is { IsDirectory: true })
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{served.Outside(inside)}' is a directory", 21);
        if (there is not null && mode == WriteMode.CreateNew)
            throw new BlockStoreException(ErrorKind.AlreadyExists, $"'{served.Outside(inside)}' exists already", 17);
        var parent = inside[..Math.Max(1, inside.LastIndexOf('/'))];
        if (served.Tree.Find(parent) is not { } directory)
            throw new BlockStoreException(ErrorKind.NotFound, $"there is no directory '{served.Outside(parent)}'", 2);
        if (!directory.IsDirectory)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{served.Outside(parent)}' is not a directory", 20);
    }
}
