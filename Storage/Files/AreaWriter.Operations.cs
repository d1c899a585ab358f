using Mooring.Messages;
using Content = Mooring.Storage.Files.AreaDecisions.Content;

namespace Mooring.Storage.Files;

/// <content>The operations. Each is atomic, and durable when it completes.</content>
public sealed partial class AreaWriter
{
    /// <summary>Makes a file, or gives one another content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of its content; unchanged until this completes.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="createNew">Whether it must not be there yet.</param>
    /// <param name="cancellationToken">Gives up waiting as long as nothing is written to the log.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> (directory), <see cref="ErrorKind.AlreadyExists"/>,
    /// <see cref="ErrorKind.InvalidArgument"/>, <see cref="ErrorKind.NoSpace"/>, <see cref="ErrorKind.Overloaded"/>, <see cref="ErrorKind.Fenced"/>.</exception>
    public Task<AreaCommit> WriteFileAsync(
        string path, ReadOnlyMemory<byte> content, DateTimeOffset modifiedAt, bool createNew, CancellationToken cancellationToken, RequestPart? request = null)
    {
        var names = AreaPath.Split(path);
        return ChangeContentAsync(
            request, names, content, batch => AreaDecisions.WriteFile(batch, names, Content.InBatch(content), modifiedAt.ToUniversalTime(), createNew),
            (batch, stored) => AreaDecisions.WriteFile(batch, names, stored, modifiedAt.ToUniversalTime(), createNew), cancellationToken);
    }

    /// <summary>Writes a part of a file, which is made when it is not there. What lies between its end and the part is zeros.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="content">What to write; unchanged until this completes.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="WriteFileAsync"/>.</exception>
    public Task<AreaCommit> WriteAsync(
        string path, long offset, ReadOnlyMemory<byte> content, DateTimeOffset modifiedAt, CancellationToken cancellationToken, RequestPart? request = null)
    {
        if (offset < 0 || offset > AreaDecisions.FileBytesMax)
            throw AreaErrors.Invalid($"a file has no offset {offset}");
        return WriteRangeAsync(path, offset, content, modifiedAt, request, cancellationToken);
    }

    /// <summary>Writes at the end of a file, wherever that is by then; it is made when it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What to write; unchanged until this completes.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="WriteFileAsync"/>.</exception>
    public Task<AreaCommit> AppendAsync(
        string path, ReadOnlyMemory<byte> content, DateTimeOffset modifiedAt, CancellationToken cancellationToken, RequestPart? request = null) =>
        WriteRangeAsync(path, null, content, modifiedAt, request, cancellationToken);

    /// <summary>Sets the size of a file; what is added is zeros.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sizeBytes">Its size in bytes.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="WriteFileAsync"/>; <see cref="ErrorKind.NotFound"/> when it is not there.</exception>
    public Task<AreaCommit> TruncateAsync(string path, long sizeBytes, DateTimeOffset modifiedAt, CancellationToken cancellationToken, RequestPart? request = null)
    {
        var names = AreaPath.Split(path);
        return SubmitAsync(AreaDecisions.Once(request, names, batch => AreaDecisions.Truncate(batch, names, sizeBytes, modifiedAt.ToUniversalTime())), cancellationToken);
    }

    /// <summary>Makes a directory.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="parents">Whether those above are made too, and one that is there already is fine.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="WriteFileAsync"/>.</exception>
    public Task<AreaCommit> MakeDirectoryAsync(string path, bool parents, DateTimeOffset modifiedAt, CancellationToken cancellationToken, RequestPart? request = null)
    {
        var names = AreaPath.Split(path);
        return SubmitAsync(AreaDecisions.Once(request, names, batch => AreaDecisions.MakeDirectory(batch, names, parents, modifiedAt.ToUniversalTime())), cancellationToken);
    }

    /// <summary>Gives a file or directory another path. A file replaces a file, a directory an empty directory, in the same moment.</summary>
    /// <param name="from">Its path.</param>
    /// <param name="to">The new path.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <param name="replace">Whether what has the new path may be replaced.</param>
    /// <param name="condition">What must stand under the path; null for anything.</param>
    /// <param name="replaced">What must stand under the new path; null for anything or nothing.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.AlreadyExists"/>;
    /// <see cref="ErrorKind.InvalidArgument"/> for a directory into itself, over a file
    /// or over one that is not empty, and for a file over a directory; <see cref="ErrorKind.PreconditionFailed"/>.</exception>
    public Task<AreaCommit> RenameAsync(
        string from, string to, CancellationToken cancellationToken, RequestPart? request = null, bool replace = true, AreaCondition? condition = null,
        AreaCondition? replaced = null)
    {
        var (fromNames, toNames) = (AreaPath.Split(from), AreaPath.Split(to));
        var rename = AreaDecisions.If(replaced, toNames, batch => AreaDecisions.Rename(batch, fromNames, toNames, replace));
        return SubmitAsync(AreaDecisions.Once(request, toNames, AreaDecisions.If(condition, fromNames, rename)), cancellationToken);
    }

    /// <summary>Removes a file or directory.</summary>
    /// <param name="path">The path.</param>
    /// <param name="recursive">Whether a directory goes with all that is in it, in one moment; else it must be empty.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <param name="request">The part of a client's request that this is: it changes the area once, and when it comes again gets the same answer.</param>
    /// <param name="condition">What must stand under the path; null for anything.</param>
    /// <returns>The change.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> for a directory that is not empty;
    /// <see cref="ErrorKind.PreconditionFailed"/>.</exception>
    public Task<AreaCommit> RemoveAsync(string path, bool recursive, CancellationToken cancellationToken, RequestPart? request = null, AreaCondition? condition = null)
    {
        var names = AreaPath.Split(path);
        return SubmitAsync(
            AreaDecisions.Once(request, names, AreaDecisions.If(condition, names, batch =>
            {
                AreaDecisions.Remove(batch, names, recursive);
                return null;
            })),
            cancellationToken);
    }

    /// <summary>Begins to write a file piece by piece. What is committed of it is visible.</summary>
    /// <param name="path">The file.</param>
    /// <param name="resume">Whether it is there and is gone on with at its end, as after a writer's death; else it must not be there yet.</param>
    /// <param name="modifiedAt">When, by the client's clock.</param>
    /// <param name="cancellationToken">As in <see cref="WriteFileAsync"/>.</param>
    /// <returns>The file, to be disposed.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="WriteFileAsync"/>.</exception>
    public async Task<AreaFileWrite> BeginWriteAsync(string path, bool resume, DateTimeOffset modifiedAt, CancellationToken cancellationToken)
    {
        var names = AreaPath.Split(path);
        // Nothing to change, nothing to commit.
        if (resume && _tree.Walk(names, names.Length) is FileNode file)
            return new AreaFileWrite(this, _tree.EntryOf(file, AreaPath.Join(names)), _tree.Position);
        var begun = await SubmitAsync(batch => AreaDecisions.Begin(batch, names, resume, modifiedAt.ToUniversalTime()), cancellationToken).ConfigureAwait(false);
        return new AreaFileWrite(this, begun.Entry!, begun.Position);
    }

    /// <summary>Reads a range of a file; see <see cref="AreaReader.ReadAsync"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="buffer">Filled as far as the file reaches.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of bytes.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="AreaReader.ReadAsync"/>.</exception>
    public Task<int> ReadAsync(string path, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => AreaContent.ReadCurrentAsync(
        _image, _layout, path, offset, buffer, _options.ReadAttemptsMax, CurrentTree, () => Task.CompletedTask, cancellationToken);

    internal Task<AreaCommit> CommitChunksAsync(
        long id, long from, long to, IReadOnlyList<Extent> extents, DateTimeOffset modifiedAt, CancellationToken cancellationToken) =>
        SubmitAsync(batch => AreaDecisions.AddChunks(batch, id, from, to, extents, modifiedAt.ToUniversalTime()), cancellationToken, flushFirst: true);

    /// <summary>At most so many bytes of content go into one operation of chunks, so that their checksums fit into a batch.</summary>
    internal long ChunksBytesMax => (long)(_layout.BatchBytesMax / 16) * AreaLayout.PageBytes;

    /// <summary>Takes places for content and writes it there, bounded by what may be on its way.</summary>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NoSpace"/>; then nothing is taken.</exception>
    internal async Task<List<Extent>> StoreAsync(long fileOffset, ReadOnlyMemory<byte> content)
    {
        await _dataInFlight.TakeAsync(content.Length).ConfigureAwait(false);
        List<Blocks>? runs = null;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            runs = await TakeSpaceAsync(content.Length).ConfigureAwait(false);
            return await AreaContent.WriteAsync(_image, runs, fileOffset, content).ConfigureAwait(false);
        }
        catch
        {
            if (runs is not null)
                _space.Give(runs);
            throw;
        }
        finally
        {
            _dataInFlight.Give(content.Length);
        }
    }

    /// <summary>Gives the places of content back that was stored and never committed.</summary>
    internal void Discard(IEnumerable<Extent> extents) => _space.Give(extents.Select(extent => extent.Blocks));

    private AreaTree CurrentTree() => _tree;

    private async Task<List<Blocks>> TakeSpaceAsync(int bytes)
    {
        if (_broken is { } broken)
            throw new BlockStoreException(broken.Error, broken);
        var blocks = AreaLayout.RoundUp(bytes) / AreaLayout.BlockBytes;
        for (var attempt = 0; attempt < _options.SpaceAttemptsMax; attempt++)
        {
            var released = NextRelease();
            if (_space.Take(blocks) is { } taken)
                return taken;
            if (released is null)
                break;
            await released.ConfigureAwait(false);
        }
        return _space.Take(blocks) ?? throw AreaErrors.NoSpace($"{bytes} bytes do not fit: {FreeBytes} of {CapacityBytes} are free");
    }

    private Task<AreaCommit> WriteRangeAsync(
        string path, long? offset, ReadOnlyMemory<byte> content, DateTimeOffset modifiedAt, RequestPart? request, CancellationToken cancellationToken)
    {
        var names = AreaPath.Split(path);
        return ChangeContentAsync(
            request, names, content, batch => AreaDecisions.WriteRange(batch, names, offset, Content.InBatch(content), modifiedAt.ToUniversalTime()),
            (batch, stored) => AreaDecisions.WriteRange(batch, names, offset, stored, modifiedAt.ToUniversalTime()), cancellationToken);
    }

    /// <summary>Small content goes with the batch; large content goes to its place first.</summary>
    private async Task<AreaCommit> ChangeContentAsync(
        RequestPart? request, string[] names, ReadOnlyMemory<byte> content, Func<BatchBuilder, AreaEntry?> inBatch, Func<BatchBuilder, Content, AreaEntry?> stored,
        CancellationToken cancellationToken)
    {
        if (content.Length <= _inlineBytesMax)
            return await SubmitAsync(AreaDecisions.Once(request, names, inBatch), cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await using var pieces = new AreaPieces(this);
        await pieces.WriteAsync(content).ConfigureAwait(false);
        return await pieces.CommitAsync(request, names, stored, cancellationToken).ConfigureAwait(false);
    }
}
