using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// Reads an area beside its writer (F6): the tree from checkpoint and log, then from what the writer tells, file content straight from the image.
/// Any number of calls at once.
/// </summary>
public sealed class AreaReader : IDisposable
{
    private readonly IOpenImage _image;
    private readonly AreaReaderOptions _options;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Guid _areaId;
    private readonly AreaLayout _layout;
    private volatile AreaTree _tree;

    private AreaReader(IOpenImage image, AreaReaderOptions options, Superblock superblock, AreaTree tree)
    {
        _image = image;
        _options = options;
        _areaId = superblock.AreaId;
        _layout = superblock.Layout;
        _tree = tree;
    }

    /// <summary>The names and places as far as they are known here.</summary>
    public AreaTree Tree => _tree;

    /// <summary>How far that is.</summary>
    public AreaPosition Position => _tree.Position;

    /// <summary>How much file content fits, in bytes.</summary>
    public long CapacityBytes => _layout.DataBytes;

    /// <summary>Reads the tree of an area.</summary>
    /// <param name="image">The image, which stays the caller's; read-only is enough.</param>
    /// <param name="options">Bounds; null for the default.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Unsupported"/> when the image holds no area; <see cref="ErrorKind.Internal"/> when it is
    /// damaged.</exception>
    public static async Task<AreaReader> OpenAsync(IOpenImage image, AreaReaderOptions? options, CancellationToken cancellationToken)
    {
        var (superblock, tree) = await AreaImage.LoadAsync(image, cancellationToken).ConfigureAwait(false);
        return new AreaReader(image, options ?? new AreaReaderOptions(), superblock, tree);
    }

    /// <summary>
    /// Takes over what the writer tells (<see cref="AreaBatch.Bytes"/>), in whatever order it comes: what is known already is left out, what is missing
    /// in between is read from the image.
    /// </summary>
    /// <param name="batch">The bytes.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when the tree has what the batch has.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when the bytes are no batch of this area.</exception>
    public async Task ApplyAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
    {
        var (head, chain) = DecodeHead(batch.Span);
        var position = new AreaPosition(head.Epoch, head.Sequence);
        if (_tree.Position.IsAtLeast(position))
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var tree = _tree;
            if (tree.Position.IsAtLeast(position))
                return;
            // Follows what is known: same chain. Anything else (a gap, another writer's end of the log) is settled by the image.
            if (head.Sequence == tree.Position.Sequence + 1 && head.Previous == tree.Point.Chain)
            {
                _tree = Apply(head, batch[LogBatch.HeadBytes..], chain, tree);
                return;
            }
            await CatchUpLockedAsync(position, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes sure that everything up to a position is known, by reading the image if need be.</summary>
    /// <param name="atLeast">The position, as a writer acknowledged it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is known.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Unavailable"/> when the image does not have it (yet).</exception>
    public async Task CatchUpAsync(AreaPosition atLeast, CancellationToken cancellationToken)
    {
        if (_tree.Position.IsAtLeast(atLeast))
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_tree.Position.IsAtLeast(atLeast))
                await CatchUpLockedAsync(atLeast, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Learns whatever the image has by now.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when it is known.</returns>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ReadNewerAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Reads a range of a file, as it is at some position at or after that of the call. Space that was used again meanwhile is noticed by its checksum.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="buffer">Filled as far as the file reaches.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of bytes; 0 at the file's end and beyond.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/>; <see cref="ErrorKind.InvalidArgument"/> for a directory or a bad path;
    /// <see cref="ErrorKind.Internal"/> when what is stored is damaged.</exception>
    public Task<int> ReadAsync(string path, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => AreaContent.ReadCurrentAsync(
        _image, _layout, path, offset, buffer, _options.ReadAttemptsMax, () => _tree, () => RefreshAsync(cancellationToken), cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, by id.</summary>
    /// <param name="id">The file.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="buffer">Filled as far as the file reaches.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The number of bytes; 0 at the file's end and beyond.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="ReadAsync"/>.</exception>
    public Task<int> ReadNodeAsync(long id, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => AreaContent.ReadNodeAsync(
        _image, _layout, id, offset, buffer, _options.ReadAttemptsMax, () => _tree, () => RefreshAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private (LogBatch Head, uint Chain) DecodeHead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var head = LogBatch.Decode(bytes, _layout, out var chain);
            return head.AreaId == _areaId ? (head, chain) : throw new MalformedException("it is of another area");
        }
        catch (MalformedException e)
        {
            throw AreaErrors.Invalid($"not a batch of {_image.Volume}: {e.Message}");
        }
    }

    private AreaTree Apply(LogBatch head, ReadOnlyMemory<byte> changes, uint chain, AreaTree tree)
    {
        try
        {
            return head.ApplyTo(tree, changes.Span, chain, _layout, []);
        }
        catch (MalformedException e)
        {
            throw AreaErrors.Invalid($"not a batch of {_image.Volume}: {e.Message}");
        }
    }

    private async Task CatchUpLockedAsync(AreaPosition atLeast, CancellationToken cancellationToken)
    {
        await ReadNewerAsync(cancellationToken).ConfigureAwait(false);
        if (!_tree.Position.IsAtLeast(atLeast))
            _tree = (await AreaImage.LoadAsync(_image, cancellationToken).ConfigureAwait(false)).Tree;
        if (!_tree.Position.IsAtLeast(atLeast))
            throw new BlockStoreException(ErrorKind.Unavailable, $"{_image.Volume} has come to {_tree.Position} and not yet to {atLeast}");
    }

    /// <summary>Follows the log from where the tree stands; when that place is gone, begins at the checkpoint.</summary>
    private async Task ReadNewerAsync(CancellationToken cancellationToken)
    {
        var superblock = await AreaImage.ReadSuperblockAsync(_image, cancellationToken).ConfigureAwait(false);
        if (superblock.AreaId != _areaId)
            throw AreaErrors.Unsupported($"{_image.Volume} holds another area by now");
        var tree = _tree;
        if (MayFollow(superblock, tree))
        {
            try
            {
                var next = await AreaImage.ReplayAsync(_image, superblock, tree, cancellationToken).ConfigureAwait(false);
                var after = await AreaImage.ReadSuperblockAsync(_image, cancellationToken).ConfigureAwait(false);
                // Nothing that was read was replaced meanwhile.
                if (after.Checkpoint.Position == superblock.Checkpoint.Position && after.Epoch == superblock.Epoch)
                {
                    _tree = next.At(next.Point with { Head = Math.Max(next.Point.Head, superblock.Checkpoint.Position) });
                    return;
                }
            }
            catch (MalformedException)
            {
                // The log does not go on from this tree: it came from the end of a writer that was replaced.
            }
        }
        _tree = (await AreaImage.LoadAsync(_image, cancellationToken).ConfigureAwait(false)).Tree;
    }

    // A batch that a replaced writer left, and that its successor did not see, may have been applied here: then the successor's begin does not follow.
    private static bool MayFollow(Superblock superblock, AreaTree tree)
    {
        if (tree.Position.Sequence < superblock.Checkpoint.Sequence || tree.Position.Epoch.CompareTo(superblock.Checkpoint.Epoch) < 0)
            return false;
        foreach (var takeover in superblock.Takeovers)
        {
            if (takeover.Epoch.CompareTo(tree.Position.Epoch) > 0 && (takeover.Sequence <= tree.Position.Sequence
                || (takeover.Sequence == tree.Position.Sequence + 1 && takeover.Chain != tree.Point.Chain)))
            {
                return false;
            }
        }
        return true;
    }
}
