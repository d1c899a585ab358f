using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// A file that is written piece by piece: chunks go to the image at once, and become durable and visible by a commit. After a writer's death the next
/// writer's <see cref="AreaWriter.BeginWriteAsync"/> says from which offset to go on. Calls come from one client, one
/// after the other; none needs to wait for the one before to complete.
/// </summary>
public sealed class AreaFileWrite : IAsyncDisposable
{
    private readonly AreaWriter _writer;
    private readonly Lock _gate = new();
    private List<Task<List<Extent>>> _chunks = [];
    private Task<AreaCommit> _lastCommit;
    private bool _closed;

    internal AreaFileWrite(AreaWriter writer, AreaEntry entry, AreaPosition position)
    {
        _writer = writer;
        Id = entry.Id;
        OffsetBytes = DurableBytes = entry.SizeBytes;
        _lastCommit = Task.FromResult(new AreaCommit(position, entry));
    }

    /// <summary>The file's id; it stays when the file is renamed.</summary>
    public long Id { get; }

    /// <summary>Where in the file the next chunk goes, in bytes.</summary>
    public long OffsetBytes { get; private set; }

    /// <summary>Up to here the file is durable and visible, in bytes.</summary>
    public long DurableBytes { get; private set; }

    /// <summary>
    /// Writes the next chunk. Best are chunks of 4 MiB; all but the last should be multiples of 64 KiB. Waits while too much is on its way already.
    /// </summary>
    /// <param name="chunk">The bytes; unchanged until this completes.</param>
    /// <returns>Completes when the buffer is free again: the chunk is on the image, and not yet durable.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NoSpace"/>; <see cref="ErrorKind.Fenced"/>. Then the chunk and all that follow are lost.</exception>
    public Task WriteChunkAsync(ReadOnlyMemory<byte> chunk)
    {
        var pieces = new List<Task>();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            for (var done = 0; done < chunk.Length; done += AreaContent.PieceBytes)
            {
                var piece = _writer.StoreAsync(OffsetBytes, chunk.Slice(done, Math.Min(AreaContent.PieceBytes, chunk.Length - done)));
                OffsetBytes += Math.Min(AreaContent.PieceBytes, chunk.Length - done);
                _chunks.Add(piece);
                pieces.Add(piece);
            }
        }
        return Task.WhenAll(pieces);
    }

    /// <summary>Makes all chunks that were given so far durable and visible. Further chunks may be given meanwhile.</summary>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">Gives the chunks up, as long as nothing is written to the log; then what follows fails, too.</param>
    /// <returns>The change; without chunks since the last commit, that one.</returns>
    /// <exception cref="BlockStoreException">A chunk could not be written; <see cref="ErrorKind.NotFound"/> when the file was removed meanwhile;
    /// <see cref="ErrorKind.Busy"/> when another has written at its end or cut it; <see cref="ErrorKind.Fenced"/>.</exception>
    public Task<AreaCommit> CommitAsync(DateTimeOffset modifiedAt, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_chunks.Count == 0)
                return _lastCommit;
            _lastCommit = CommitAfterAsync(_lastCommit, _chunks, modifiedAt, cancellationToken);
            _chunks = [];
            return _lastCommit;
        }
    }

    /// <summary>Ends it. What was not committed is dropped.</summary>
    /// <returns>Completes when nothing of it is on its way any more.</returns>
    public async ValueTask DisposeAsync()
    {
        List<Task<List<Extent>>> dropped;
        Task last;
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            (dropped, last) = (_chunks, _lastCommit);
        }
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DropAsync(dropped).ConfigureAwait(false);
    }

    private async Task<AreaCommit> CommitAfterAsync(
        Task<AreaCommit> before, List<Task<List<Extent>>> chunks, DateTimeOffset modifiedAt, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(chunks).ConfigureAwait(false);
            // In order: a prefix of the file is what is durable.
            var commit = await before.ConfigureAwait(false);
            for (var i = 0; i < chunks.Count;)
            {
                var extents = new List<Extent>();
                var bytes = 0L;
                while (i < chunks.Count && (bytes == 0 || bytes < _writer.ChunksBytesMax))
                {
                    extents.AddRange(chunks[i].Result);
                    bytes += chunks[i++].Result.Sum(extent => (long)extent.Length);
                }
                commit = await _writer.CommitChunksAsync(Id, extents[0].FileOffset, extents[^1].FileEnd, extents, modifiedAt, cancellationToken).ConfigureAwait(false);
                chunks.RemoveRange(0, i);
                i = 0;
                DurableBytes = Math.Max(DurableBytes, extents[^1].FileEnd);
            }
            return commit;
        }
        catch
        {
            await DropAsync(chunks).ConfigureAwait(false);
            throw;
        }
    }

    private async Task DropAsync(List<Task<List<Extent>>> chunks)
    {
        foreach (var chunk in chunks)
        {
            await ((Task)chunk).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // When the writer is broken the log may have it; then the places are the next opening's matter.
            if (chunk.IsCompletedSuccessfully && _writer.Broken is null)
                _writer.Discard(chunk.Result);
        }
    }
}
