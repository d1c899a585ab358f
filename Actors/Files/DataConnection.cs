using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>
/// One client's, or one writer's, connection to this data node: one request after the other. What is malformed ends it with a clear error; what
/// a token does not permit is refused; nothing that arrives makes it hold more than a few chunks of memory.
/// </summary>
public sealed class DataConnection : IAsyncDisposable
{
    private readonly NodeName _node;
    private readonly FileSettings _settings;
    private readonly ServedAreas _areas;
    private readonly TimeProvider _clock;
    private readonly FrameConnection _frames;

    /// <summary>Serves a connection.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="node">This node.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="areas">The areas that are served.</param>
    /// <param name="clock">The time.</param>
    public DataConnection(Stream stream, NodeName node, FileSettings settings, ServedAreas areas, TimeProvider clock)
    {
        (_node, _settings, _areas, _clock) = (node, settings, areas, clock);
        _frames = new FrameConnection(stream, FrameConnection.StandardPayloadBytesMax);
    }

    /// <summary>Serves until the other side closes, breaks the protocol, or is silent for too long.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Completes when it is over.</returns>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } frame && await ServeAsync(frame, cancellationToken).ConfigureAwait(false))
            {
                // The next request.
            }
        }
        catch (WireException e)
        {
            await TryRefuseAsync(new OperationError(ErrorKind.InvalidArgument, e.Message), cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await TryRefuseAsync(new OperationError(ErrorKind.TimedOut, "the connection was silent for too long"), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side is gone.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _frames.DisposeAsync();

    internal async Task<Frame?> NextAsync(CancellationToken cancellationToken)
    {
        var reading = _frames.ReadAsync(cancellationToken);
        return reading.IsCompleted
            ? await reading.ConfigureAwait(false)
            : await reading.AsTask().WaitAsync(_settings.IdleTimeout, _clock, cancellationToken).ConfigureAwait(false);
    }

    // Whether the connection is good for another request.
    private async Task<bool> ServeAsync(Frame frame, CancellationToken cancellationToken)
    {
        try
        {
            switch (frame.Kind)
            {
                case FrameKind.Operations:
                    await OperateAsync(FileRequest.Read(frame.Payload.Span), cancellationToken).ConfigureAwait(false);
                    return true;
                case FrameKind.NodeOperation:
                    await OperateAsync(NodeRequest.Read(frame.Payload), cancellationToken).ConfigureAwait(false);
                    return true;
                case FrameKind.ReadOpen:
                    await ReadAsync(ReadOpen.Read(frame.Payload.Span), cancellationToken).ConfigureAwait(false);
                    return true;
                case FrameKind.WriteOpen:
                    var open = WriteOpen.Read(frame.Payload.Span);
                    await WriteAsync(open, cancellationToken).ConfigureAwait(false);
                    return true;
                case FrameKind.PushOpen:
                    await TakePushesAsync(PushToken(frame), cancellationToken).ConfigureAwait(false);
                    return false;
                default:
                    throw new WireException($"a request does not begin with a frame of kind {(byte)frame.Kind}");
            }
        }
        catch (BlockStoreException e)
        {
            await RefuseAsync(e.Error, cancellationToken).ConfigureAwait(false);
            // Of a stream more frames are on their way, which nobody would understand.
            return frame.Kind is FrameKind.Operations or FrameKind.NodeOperation or FrameKind.ReadOpen;
        }
    }

    private async Task OperateAsync(FileRequest request, CancellationToken cancellationToken)
    {
        if (request.Operations.Count == 0)
            throw new WireException("a request has no operation");
        var right = request.Operations.Any(o => o.Changes) ? AccessRight.Write : AccessRight.Read;
        var (served, _, token) = Admit(request.Token, right, null);
        using var running = right == AccessRight.Write ? Begin(request.Attempt, token, cancellationToken) : null;
        var ended = running?.Ended ?? cancellationToken;
        if (right == AccessRight.Write)
            AddReaders(served, request.Readers);
        if (request.Operations.Any(o => !o.Changes))
            await served.MakeCurrentAsync().ConfigureAwait(false);
        var operations = new AreaOperations(served, _clock, request.Attempt, request.Condition);
        var results = await Task.WhenAll(request.Operations.Select((o, i) => operations.RunAsync(o, i, token.Path, ended))).ConfigureAwait(false);
        await _frames.WriteAsync(FrameKind.OperationResults, w => FileResult.Write(w, AreaOperations.Fit(results)), cancellationToken).ConfigureAwait(false);
    }

    // A mount knows its files by their ids, whatever their paths are: its token must hold for all of the area.
    private async Task OperateAsync(NodeRequest request, CancellationToken cancellationToken)
    {
        var right = request.Operation.Changes ? AccessRight.Write : AccessRight.Read;
        var (served, _, token) = Admit(request.Token, right, null);
        if (!FilePath.IsWithin(served.Path, token.Path))
            throw new BlockStoreException(ErrorKind.PermissionDenied, $"the token holds for {token.Path} and not for all of the area at {served.Path}");
        using var running = right == AccessRight.Write ? Begin(request.Attempt, token, cancellationToken) : null;
        if (right == AccessRight.Write)
            AddReaders(served, request.Readers);
        else
            await served.MakeCurrentAsync().ConfigureAwait(false);
        var result = await new NodeOperations(served, _clock, request.Attempt).RunAsync(request.Operation, running?.Ended ?? cancellationToken).ConfigureAwait(false);
        await _frames.WriteAsync(FrameKind.NodeResult, result.Write, result.Content, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteAsync(WriteOpen open, CancellationToken cancellationToken)
    {
        var (served, path, token) = Admit(open.Token, AccessRight.Write, open.Path);
        using var running = Begin(open.Attempt, token, cancellationToken);
        AddReaders(served, open.Readers);
        await new WriteStream(this, _frames, served, _settings, _clock).RunAsync(open, path, running?.Ended ?? cancellationToken).ConfigureAwait(false);
    }

    // Of a client that does not say which sending it is, nothing is known.
    private AttemptLedger.Running? Begin(RequestAttempt? attempt, AccessToken token, CancellationToken cancellationToken) =>
        attempt is { } sending ? _areas.Attempts.Begin(sending, token.ExpiresAt, _settings.RepeatedRequestCountMax, cancellationToken) : null;

    private async Task ReadAsync(ReadOpen open, CancellationToken cancellationToken)
    {
        var (served, path, _) = Admit(open.Token, AccessRight.Read, open.Path);
        await served.MakeCurrentAsync().ConfigureAwait(false);
        var (inside, tree) = (served.Inside(path), served.Tree);
        var entry = tree.Get(inside);
        if (entry.IsDirectory)
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{path}' is a directory", 21);
        var from = Math.Min(open.Offset, entry.SizeBytes);
        var length = Math.Min(open.Length, entry.SizeBytes - from);
        await _frames.WriteAsync(FrameKind.ReadReady, w =>
        {
            AreaOperations.Entry(served, entry).Write(w);
            w.Int64(from);
            w.Int64(length);
        }, cancellationToken).ConfigureAwait(false);
        await SendAsync(served, inside, entry.Id, tree, from, length, cancellationToken).ConfigureAwait(false);
        await _frames.WriteAsync(FrameKind.ReadDone, null, cancellationToken).ConfigureAwait(false);
    }

    // The next chunk is read from the image while one is on the network.
    private async Task SendAsync(ServedArea served, string inside, long id, AreaTree opened, long from, long length, CancellationToken cancellationToken)
    {
        var buffers = new[] { new byte[Math.Min(length, AreaOperations.ReadChunkBytes)], new byte[Math.Min(Math.Max(0, length - AreaOperations.ReadChunkBytes), AreaOperations.ReadChunkBytes)] };
        Task<int> Start(int turn, long at) => served.ReadAsync(
            inside, from + at, buffers[turn & 1].AsMemory(0, (int)Math.Min(AreaOperations.ReadChunkBytes, length - at)), cancellationToken);
        var next = length > 0 ? Start(0, 0) : null;
        long done = 0;
        for (var turn = 0; next is not null; turn++)
        {
            var count = await next.ConfigureAwait(false);
            // What was changed meanwhile is not to be mixed with what it was; behind the range it may grow.
            if (count == 0 || served.Tree.Find(inside)?.Id != id || !served.Tree.HasRangeOf(opened, id, from + done, count))
                throw new BlockStoreException(ErrorKind.Busy, $"'{served.Outside(inside)}' was changed while it was read; read it again", 16);
            var (chunk, at) = (buffers[turn & 1].AsMemory(0, count), from + done);
            done += count;
            next = done < length ? Start(turn + 1, done) : null;
            try
            {
                await _frames.WriteChunkAsync(at, chunk, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                // The buffer must not be in use when nobody waits any more.
                if (next is not null)
                    await next.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
                throw;
            }
        }
    }

    private AccessToken PushToken(Frame frame)
    {
        var reader = new WireReader(frame.Payload.Span);
        var text = reader.Text();
        reader.End();
        var (served, _, token) = Admit(text, AccessRight.Push, null);
        if (served.Reader is null)
            throw new BlockStoreException(ErrorKind.Unavailable, $"{_node} is no reader of area {served.Id}");
        return token;
    }

    private async Task TakePushesAsync(AccessToken token, CancellationToken cancellationToken)
    {
        await _frames.WriteAsync(FrameKind.PushAcknowledged, w => w.Int64(0), cancellationToken).ConfigureAwait(false);
        // A writer that has nothing to tell is silent: no time limit here.
        while (await _frames.ReadAsync(cancellationToken).ConfigureAwait(false) is { } frame)
        {
            if (frame.Kind != FrameKind.PushBatch)
                throw new WireException($"a frame of kind {(byte)frame.Kind} is no batch");
            var number = new WireReader(frame.Payload.Span).Size();
            if (_areas.Find(token.Area) is not { Reader: { } reader } served || served.Epoch.Value > token.Epoch.Value)
                throw new BlockStoreException(ErrorKind.Fenced, $"{_node} takes no metadata of epoch {token.Epoch} of area {token.Area}");
            await reader.ApplyAsync(frame.Payload[8..], cancellationToken).ConfigureAwait(false);
            await _frames.WriteAsync(FrameKind.PushAcknowledged, w => w.Int64(number), cancellationToken).ConfigureAwait(false);
        }
    }

    // What the token permits, or why not. Nothing of the request was looked at before.
    private (ServedArea Served, string Path, AccessToken Token) Admit(string text, AccessRight right, string? wanted)
    {
        if (_areas.Keys is not { } keys)
            throw new BlockStoreException(ErrorKind.Unavailable, $"{_node} is not ready yet");
        if (text.Length == 0)
            throw new BlockStoreException(ErrorKind.PermissionDenied, "a token is needed");
        // Whoever holds one of a key that has ended asks for another.
        if (keys.Verify(text, _clock.GetUtcNow()) is not { } token)
            throw new BlockStoreException(ErrorKind.Fenced, "the token is not one of this cluster's name nodes, or its key has ended");
        var path = token.Path;
        if (wanted is not null && !FilePath.TryNormalize(wanted, out path, out var problem))
            throw new BlockStoreException(ErrorKind.InvalidArgument, problem, 22);
        AreaOperations.RequireNotReserved(path);
        if (_areas.Find(token.Area) is not { } served)
            throw new BlockStoreException(ErrorKind.Unavailable, $"{_node} does not serve area {token.Area} now");
        // Signed by the name node: a reader may not have heard of the epoch yet, and follows.
        if (token.Node == _node && token.Right != AccessRight.Write)
            served.Hear(token.Epoch);
        if (token.Refuse(right, path, _node, served.Epoch, _clock.GetUtcNow()) is { } refusal)
            throw new BlockStoreException(refusal);
        if (right == AccessRight.Write && served.Writer is null)
            throw new BlockStoreException(ErrorKind.Unavailable, $"{_node} is not the writer of area {token.Area} yet");
        return (served, path, token);
    }

    // The client names the readers (F4), and their tokens show that the name node has named them to it.
    private void AddReaders(ServedArea served, IReadOnlyList<NamedReader> named)
    {
        foreach (var reader in named)
        {
            if (_areas.Keys!.Verify(reader.Token, _clock.GetUtcNow()) is { Right: AccessRight.Read } token && token.Area == served.Id && token.Epoch == served.Epoch
                && token.Node.Value == reader.Node && token.Address == reader.Address && token.Node != _node)
            {
                served.Readers!.Add(new DataNodeAddress(token.Node, token.Address));
            }
        }
    }

    private ValueTask RefuseAsync(OperationError error, CancellationToken cancellationToken) =>
        _frames.WriteAsync(FrameKind.Error, w => WireRecords.Write(w, error), cancellationToken);

    private async Task TryRefuseAsync(OperationError error, CancellationToken cancellationToken)
    {
        try
        {
            await RefuseAsync(error, cancellationToken).AsTask().WaitAsync(_settings.PushTimeout, _clock, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            // It does not listen any more.
        }
    }
}
