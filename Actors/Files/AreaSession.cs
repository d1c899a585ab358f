using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>
/// One area, opened on a connection of its own: what a successor of its writer shuts out is exactly this. It begins as a reader; a reader becomes
/// the writer on the same connection, whose address stands in the name node's journal by then.
/// </summary>
internal sealed class AreaSession : IAsyncDisposable
{
    private readonly IBlockStore _store;
    private readonly AreaId _id;
    private readonly VolumeId _image;
    private readonly Action<OperationError> _failed;
    private IOpenImage? _readImage;
    private IOpenImage? _writeImage;
    private AreaReader? _reader;
    private AreaWriter? _writer;
    private ReaderGroup? _readers;
    private AreaRight? _right;

    private AreaSession(IBlockStore store, AreaId id, VolumeId image, Epoch baseEpoch, Action<OperationError> failed) =>
        (_store, _id, _image, BaseEpoch, _failed) = (store, id, image, baseEpoch, failed);

    /// <summary>Which of the file systems of that name the area is of.</summary>
    public Epoch BaseEpoch { get; }

    /// <summary>The connection's address.</summary>
    public FenceAddress Connection => _store.Address;

    /// <summary>What it is.</summary>
    public AreaRole Role => _writer is not null ? AreaRole.Writer : AreaRole.Reader;

    /// <summary>The writer's right, when it is the writer.</summary>
    public AreaRight? Right => _right;

    /// <summary>How it is served.</summary>
    public ServedArea Served { get; private set; } = null!;

    /// <summary>Whom the writer hands its metadata to.</summary>
    public ReaderGroup? Readers => _readers;

    /// <summary>Opens an area for reading.</summary>
    public static async Task<AreaSession> OpenAsync(
        IBlockStoreProvider provider, int slots, AssignArea assigned, Action<OperationError> failed, CancellationToken cancellationToken)
    {
        var store = await provider.ConnectAsync($"area-{assigned.Area}", slots, cancellationToken).ConfigureAwait(false);
        var session = new AreaSession(store, assigned.Area, assigned.Image, assigned.BaseEpoch, failed);
        try
        {
            session._readImage = await store.OpenAsync(assigned.Image, readOnly: true, cancellationToken).ConfigureAwait(false);
            session._reader = await AreaReader.OpenAsync(session._readImage, null, cancellationToken).ConfigureAwait(false);
            session.Served = ServedArea.ReadBy(session._reader, assigned.Area, assigned.Path, assigned.Epoch, failed);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Becomes the writer: the block store must say that this very connection has the right; then the log's tail is replayed. The name node has
    /// shut the earlier writers out before it put the right there for all to see as admitted.
    /// </summary>
    /// <returns>Who has the right when it is not this connection: then nothing was begun, and it goes on as the reader that it is. Null when it is the writer.</returns>
    public async Task<string?> BecomeWriterAsync(
        NodeName node, Epoch epoch, string path, Guid owner, ReaderGroup readers, CancellationToken cancellationToken)
    {
        var right = await FileRecords.RightAsync(_store, _id, cancellationToken).ConfigureAwait(false);
        if (right is null || right.Epoch != epoch || right.Writer != node || right.Connection != Connection)
            return $"the right to write area {_id} is {right?.Writer.ToString() ?? "nobody"}'s at epoch {right?.Epoch.ToString() ?? "0"} on connection {right?.Connection.ToString() ?? "none"}";
        _writeImage = await _store.OpenAsync(_image, readOnly: false, cancellationToken).ConfigureAwait(false);
        var writer = await AreaWriter.OpenAsync(_writeImage, epoch, owner, null, readers.PushAsync, cancellationToken).ConfigureAwait(false);
        (_writer, _readers, _right) = (writer, readers, right);
        Served = ServedArea.WrittenBy(writer, readers, _id, path, right, _store, _failed);
        await CloseReaderAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>The self-test (F9): does the block store answer on this connection, and is the right still this node's.</summary>
    public async Task TestAsync(TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (_right is { } right)
        {
            var now = await FileRecords.RightAsync(_store, _id, cancellationToken).WaitAsync(timeout, clock, cancellationToken).ConfigureAwait(false);
            if (now != right)
                throw new BlockStoreException(ErrorKind.Fenced, $"area {_id} has another writer now: {now?.Writer} at epoch {now?.Epoch}");
        }
        else
        {
            await _store.ProbeAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_readers is not null)
            await _readers.DisposeAsync().ConfigureAwait(false);
        try
        {
            if (_writer is not null)
                await _writer.DisposeAsync().ConfigureAwait(false);
            await CloseReaderAsync().ConfigureAwait(false);
            if (_writeImage is not null)
                await _writeImage.DisposeAsync().ConfigureAwait(false);
        }
        catch (BlockStoreException)
        {
            // The connection is lost or fenced: what it held does not count any more.
        }
        finally
        {
            await _store.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task CloseReaderAsync()
    {
        var (reader, image) = (_reader, _readImage);
        (_reader, _readImage) = (null, null);
        reader?.Dispose();
        if (image is not null)
            await image.DisposeAsync().ConfigureAwait(false);
    }
}
