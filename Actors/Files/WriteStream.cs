using System.Buffers;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>
/// One stream of bytes into one file. Chunks go to the image while more arrive. A whole file is written under a reserved name made of the stream's id and gets
/// its own name at the end: nobody sees half of it; whenever a commit is done the client hears up to where the stream is durable, and from there it goes on at
/// another writer. An append becomes durable and visible at once at its end, behind whatever is the file's end by then. What a stream has done is
/// remembered with it, for a client that asks again because its answer was lost.
/// </summary>
internal sealed class WriteStream(DataConnection connection, FrameConnection frames, ServedArea served, FileSettings settings, TimeProvider clock)
{
    private const int ChunksInFlightMax = 3;

    // Fewer are kept by the client until all is durable: sent again, they need no source that can be read again. With more on their way and nothing
    // said it would take this node for dead.
    private const int TakenBytesUntold = 12 << 20;

    // Nodes of an earlier version wrote appends piece by piece, and each was an answer to the request's first part.
    private const long AppendPart = long.MaxValue;

    private readonly AreaWriter _writer = served.Writer!;
    private readonly Queue<(Task Written, byte[] Buffer)> _inFlight = new();
    private byte[] _gathered = [];
    private int _gatheredBytes;
    private AreaFileWrite? _file;
    private Task? _committing;

    public async Task RunAsync(WriteOpen open, string path, CancellationToken cancellationToken)
    {
        var inside = served.Inside(path);
        if (inside == FilePath.Root)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{path}' is a directory", 21);
        if (open.Condition is not null && open.Mode != WriteMode.Replace)
            throw new BlockStoreException(ErrorKind.InvalidArgument, "a condition is heeded where a file is replaced whole", 22);
        try
        {
            // What an earlier sending still has in hand is over then.
            if (open.Attempt is { Number: > 1 })
                await _writer.BarrierAsync(cancellationToken).ConfigureAwait(false);
            await (open.Mode switch
            {
                WriteMode.At => WriteAtAsync(open, inside, cancellationToken),
                WriteMode.Append => AppendAsync(open, inside, cancellationToken),
                _ => WriteWholeAsync(open, inside, cancellationToken),
            }).ConfigureAwait(false);
        }
        catch (BlockStoreException e)
        {
            served.Failed(e.Error);
            throw;
        }
    }

    private async Task WriteWholeAsync(WriteOpen open, string inside, CancellationToken cancellationToken)
    {
        var name = $"/{VolumeId.ReservedPrefix}{open.Stream:N}";
        var part = PartAt(open, 0);
        if (part is { } request && served.Tree.AnswerTo(request, inside)?.Entry is { } done)
        {
            await RepeatAsync(done, done.SizeBytes, cancellationToken).ConfigureAwait(false);
            return;
        }
        RequirePlace(open, inside);
        // Of an earlier sending that came to nothing: this one begins anew.
        if (!open.Resume && served.Tree.Find(name) is not null)
            await ForgetAsync(name, cancellationToken).ConfigureAwait(false);
        _file = await _writer.BeginWriteAsync(name, open.Resume && served.Tree.Find(name) is not null, clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        try
        {
            var next = _file.OffsetBytes;
            await frames.WriteAsync(FrameKind.WriteReady, w => w.Int64(next), cancellationToken).ConfigureAwait(false);
            var total = await TakeChunksAsync(next, chunk => GatherAsync(chunk, WriteAndCommitAsync, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (total < 0)
                return;
            await FlushGatheredAsync(WriteAndCommitAsync, cancellationToken).ConfigureAwait(false);
            await DrainAsync(0).ConfigureAwait(false);
            if (_committing is not null)
                await _committing.ConfigureAwait(false);
            await _file.CommitAsync(clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            var commit = await _writer.RenameAsync(name, inside, cancellationToken, part, replace: open.Mode == WriteMode.Replace, replaced: AreaOperations.Condition(served, open.Condition)).ConfigureAwait(false);
            await TellDoneAsync(commit.Entry ?? served.Tree.Get(inside), cancellationToken).ConfigureAwait(false);
        }
        catch (BlockStoreException e) when (IsFinal(e.Kind))
        {
            await EndAsync().ConfigureAwait(false);
            await ForgetAsync(name, cancellationToken).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
        }

        async Task WriteAndCommitAsync(byte[] buffer, int count)
        {
            _inFlight.Enqueue((_file!.WriteChunkAsync(buffer.AsMemory(0, count)), buffer));
            if (_committing is { IsCompleted: false })
                return;
            if (_committing is not null)
                await _committing.ConfigureAwait(false);
            _committing = CommitAsync(cancellationToken);
        }
    }

    // Offsets are the stream's own: where in the file they are is known at its end.
    private async Task AppendAsync(WriteOpen open, string inside, CancellationToken cancellationToken)
    {
        var part = PartAt(open, AppendPart);
        if (part is { } request && served.Tree.AnswerTo(request, inside)?.Entry is { } done)
        {
            await RepeatAsync(done, open.Resume ? open.Offset : 0, cancellationToken).ConfigureAwait(false);
            return;
        }
        if (open.Resume && PartAt(open, 0) is { } piece && served.Tree.AnswerTo(piece, inside) is not null)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"the append to '{served.Outside(inside)}' was begun by a node of an earlier version, which has written a part of it", 5);
        RequirePlace(open, inside);
        await using var pieces = new AreaPieces(_writer);
        try
        {
            await frames.WriteAsync(FrameKind.WriteReady, w => w.Int64(0), cancellationToken).ConfigureAwait(false);
            var (stored, told) = (0L, 0L);
            var total = await TakeChunksAsync(0, chunk => GatherAsync(chunk, StoreAsync, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (total < 0)
                return;
            AreaCommit commit;
            if (stored == 0)
            {
                commit = await _writer.AppendAsync(inside, _gathered.AsMemory(0, _gatheredBytes), clock.GetUtcNow(), cancellationToken, part).ConfigureAwait(false);
            }
            else
            {
                await FlushGatheredAsync(StoreAsync, cancellationToken).ConfigureAwait(false);
                await DrainAsync(0).ConfigureAwait(false);
                commit = await pieces.AppendAsync(inside, clock.GetUtcNow(), cancellationToken, part).ConfigureAwait(false);
            }
            await TellDoneAsync(commit.Entry ?? served.Tree.Get(inside), cancellationToken).ConfigureAwait(false);

            async Task StoreAsync(byte[] buffer, int count)
            {
                _inFlight.Enqueue((pieces.WriteAsync(buffer.AsMemory(0, count)), buffer));
                stored += count;
                if (stored - told <= TakenBytesUntold)
                    return;
                var taken = told = stored;
                await frames.WriteAsync(FrameKind.WriteAcknowledged, w => w.Int64(taken), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    private Task TellDoneAsync(AreaEntry entry, CancellationToken cancellationToken) =>
        frames.WriteAsync(FrameKind.WriteDone, w => AreaOperations.Entry(served, entry).Write(w), cancellationToken).AsTask();

    // All of it is done already; its client had not heard.
    private async Task RepeatAsync(AreaEntry entry, long from, CancellationToken cancellationToken)
    {
        await frames.WriteAsync(FrameKind.WriteReady, w => w.Int64(from), cancellationToken).ConfigureAwait(false);
        if (await TakeChunksAsync(from, _ => Task.CompletedTask, cancellationToken, isKept: false).ConfigureAwait(false) >= 0)
            await TellDoneAsync(entry, cancellationToken).ConfigureAwait(false);
    }

    // The stream will not be gone on with: its bytes are given back.
    private static bool IsFinal(ErrorKind kind) =>
        kind is ErrorKind.NoSpace or ErrorKind.NotFound or ErrorKind.AlreadyExists or ErrorKind.InvalidArgument or ErrorKind.PreconditionFailed;

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
        await TellDoneAsync(commit?.Entry ?? served.Tree.Get(inside), cancellationToken).ConfigureAwait(false);
    }

    private static RequestPart? PartAt(WriteOpen open, long offset) => open.Attempt is { } sending ? new RequestPart(sending.Request, offset) : null;

    // Until the client says that all is sent; below 0 when it went away instead.
    private async Task<long> TakeChunksAsync(long next, Func<(long Offset, ReadOnlyMemory<byte> Bytes), Task> take, CancellationToken cancellationToken, bool isKept = true)
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
                    // Of what is not kept nobody needs to know whether it is all.
                    return total == next || !isKept ? total : throw new WireException($"the stream ends at {total}, but {next} was reached");
                default:
                    throw new WireException($"a frame of kind {(byte)frame.Kind} is no part of a stream");
            }
        }
        return -1;
    }

    private async Task GatherAsync((long Offset, ReadOnlyMemory<byte> Bytes) chunk, Func<byte[], int, Task> write, CancellationToken cancellationToken)
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
                await FlushGatheredAsync(write, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FlushGatheredAsync(Func<byte[], int, Task> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_gatheredBytes == 0)
            return;
        await DrainAsync(ChunksInFlightMax - 1).ConfigureAwait(false);
        var (buffer, count) = (_gathered, _gatheredBytes);
        (_gathered, _gatheredBytes) = ([], 0);
        await write(buffer, count).ConfigureAwait(false);
    }

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        await _file!.CommitAsync(clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
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
        if (_file is not null)
            await _file.DisposeAsync().ConfigureAwait(false);
        if (_gathered.Length > 0)
            ArrayPool<byte>.Shared.Return(_gathered);
        _gathered = [];
    }

    // What is certain before a byte comes; it is judged once more when all have come.
    private void RequirePlace(WriteOpen open, string inside)
    {
        var there = served.Tree.Find(inside);
        if (AreaOperations.Condition(served, open.Condition) is { } condition && !condition.Holds(there))
            throw new BlockStoreException(ErrorKind.PreconditionFailed, $"'{served.Outside(inside)}' is not what the request says that it must be");
        if (there is { IsDirectory: true })
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{served.Outside(inside)}' is a directory", 21);
        if (there is not null && open.Mode == WriteMode.CreateNew)
            throw new BlockStoreException(ErrorKind.AlreadyExists, $"'{served.Outside(inside)}' exists already", 17);
        var parent = inside[..Math.Max(1, inside.LastIndexOf('/'))];
        if (served.Tree.Find(parent) is not { } directory)
            throw new BlockStoreException(ErrorKind.NotFound, $"there is no directory '{served.Outside(parent)}'", 2);
        if (!directory.IsDirectory)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{served.Outside(parent)}' is not a directory", 20);
    }
}
