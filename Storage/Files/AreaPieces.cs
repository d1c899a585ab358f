using Mooring.Messages;
using Content = Mooring.Storage.Files.AreaDecisions.Content;

namespace Mooring.Storage.Files;

/// <summary>
/// Content on its way into an area: pieces go to the image at once, and become durable and visible together in one change, or not at all. Calls come from
/// one client, one after the other; none needs to wait for the one before to complete.
/// </summary>
/// <param name="writer">The area's writer.</param>
public sealed class AreaPieces(AreaWriter writer) : IAsyncDisposable
{
    private readonly List<Task<List<Extent>>> _stored = [];
    private long _bytes;
    private bool _committed;

    /// <summary>Writes the next bytes to the image. Best are 4 MiB. Waits while too much is on its way already.</summary>
    /// <param name="content">The bytes; unchanged until this completes.</param>
    /// <returns>Completes when the buffer is free again.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NoSpace"/>; <see cref="ErrorKind.Fenced"/>; <see cref="ErrorKind.InvalidArgument"/> for more
    /// than goes into one change.</exception>
    public Task WriteAsync(ReadOnlyMemory<byte> content)
    {
        if (_bytes + content.Length > writer.ChunksBytesMax)
            throw AreaErrors.Invalid($"more than {writer.ChunksBytesMax} bytes do not go into this area in one change");
        var first = _stored.Count;
        for (var done = 0; done < content.Length; done += AreaContent.PieceBytes)
            _stored.Add(writer.StoreAsync(_bytes + done, content.Slice(done, Math.Min(AreaContent.PieceBytes, content.Length - done))));
        _bytes += content.Length;
        return Task.WhenAll(_stored[first..]);
    }

    /// <summary>Lets all of it follow a file's end, wherever that is by then; the file is made when it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">Gives up waiting as long as nothing is written to the log.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="AreaWriter.WriteFileAsync"/>.</exception>
    public Task<AreaCommit> AppendAsync(string path, DateTimeOffset modifiedAt, CancellationToken cancellationToken, RequestPart? request = null)
    {
        var names = AreaPath.Split(path);
        return CommitAsync(request, names, (batch, content) => AreaDecisions.WriteRange(batch, names, null, content, modifiedAt.ToUniversalTime()), cancellationToken);
    }

    /// <summary>Drops what was not committed.</summary>
    /// <returns>Completes when nothing of it is on its way any more.</returns>
    public async ValueTask DisposeAsync()
    {
        foreach (var piece in _stored)
        {
            await ((Task)piece).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // When the writer is broken the log may have it; then the places are the next opening's matter.
            if (!_committed && piece.IsCompletedSuccessfully && writer.Broken is null)
                writer.Discard(piece.Result);
        }
    }

    internal async Task<AreaCommit> CommitAsync(
        RequestPart? request, string[] names, Func<BatchBuilder, Content, AreaEntry?> change, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_stored).ConfigureAwait(false);
        var content = Content.OnImage([.. _stored.SelectMany(piece => piece.Result)], _bytes);
        var repeated = false;
        var commit = await writer.SubmitAsync(
            AreaDecisions.Once(request, names, batch => change(batch, content), known => repeated = known), cancellationToken, flushFirst: true).ConfigureAwait(false);
        // The request's first sending has stored it too.
        _committed = !repeated;
        return commit;
    }
}
