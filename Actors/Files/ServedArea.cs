using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>
/// An area as this node serves it now, to any number of connections at once. Before anything is read it makes sure that it knows every change
/// that was acknowledged before: a reader by a look at the image's log, a writer by the end of its commit and a look at the area's epoch in
/// the block store. Neither needs the other node, so a set reads on while one of its nodes lives (F12).
/// </summary>
public sealed class ServedArea
{
    private readonly Coalesced _current;
    private readonly Action<OperationError> _failed;
    private long _epoch;

    private ServedArea(AreaId id, string path, Epoch epoch, Action<OperationError> failed, Func<ServedArea, Task> makeCurrent)
    {
        (Id, Path, _epoch, _failed) = (id, path, epoch.Value, failed);
        _current = new Coalesced(() => makeCurrent(this));
    }

    /// <summary>The area.</summary>
    public AreaId Id { get; }

    /// <summary>The directory that it is mounted at.</summary>
    public string Path { get; }

    /// <summary>The epoch that this node knows.</summary>
    public Epoch Epoch => new(Interlocked.Read(ref _epoch));

    /// <summary>The writer, when this node is the first.</summary>
    public AreaWriter? Writer { get; private init; }

    /// <summary>The reader, when it is not.</summary>
    public AreaReader? Reader { get; private init; }

    /// <summary>Whom a writer hands its metadata to.</summary>
    internal ReaderGroup? Readers { get; private init; }

    /// <summary>The tree as it is known.</summary>
    public AreaTree Tree => Writer?.Tree ?? Reader!.Tree;

    /// <summary>How much file content fits, in bytes.</summary>
    public long CapacityBytes => Writer?.CapacityBytes ?? Reader!.CapacityBytes;

    /// <summary>An area that this node reads.</summary>
    internal static ServedArea ReadBy(AreaReader reader, AreaId id, string path, Epoch epoch, Action<OperationError> failed) => new(
        id, path, epoch, failed, _ => reader.RefreshAsync(CancellationToken.None))
    {
        Reader = reader,
    };

    /// <summary>An area that this node writes.</summary>
    internal static ServedArea WrittenBy(
        AreaWriter writer, ReaderGroup readers, AreaId id, string path, AreaRight right, IRecords records, Action<OperationError> failed) => new(
        id, path, right.Epoch, failed, async _ =>
        {
            // What a reader may have seen already must be seen here too.
            await writer.SettleAsync().ConfigureAwait(false);
            if (await FileRecords.RightAsync(records, id, CancellationToken.None).ConfigureAwait(false) is not { } now || now != right)
                throw new BlockStoreException(ErrorKind.Fenced, $"area {id} has another writer now");
        })
    {
        Writer = writer,
        Readers = readers,
    };

    /// <summary>Completes when everything that was acknowledged before this call is known here.</summary>
    /// <returns>Completes then.</returns>
    /// <exception cref="BlockStoreException">The block store cannot be reached, or another node has become the writer.</exception>
    public async Task MakeCurrentAsync()
    {
        try
        {
            await _current.RunAsync().ConfigureAwait(false);
        }
        catch (BlockStoreException e)
        {
            Failed(e.Error);
            throw;
        }
    }

    /// <summary>A reader hears of a later epoch, from a token that the name node has signed.</summary>
    /// <param name="epoch">The epoch.</param>
    public void Hear(Epoch epoch)
    {
        if (Writer is not null)
            return;
        for (var known = Interlocked.Read(ref _epoch); known < epoch.Value;)
        {
            var before = Interlocked.CompareExchange(ref _epoch, epoch.Value, known);
            if (before == known)
                return;
            known = before;
        }
    }

    /// <summary>Reads bytes of a file.</summary>
    /// <param name="path">Its path within the area.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Where they go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many there were.</returns>
    public Task<int> ReadAsync(string path, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => Writer is { } writer
        ? writer.ReadAsync(path, offset, buffer, cancellationToken)
        : Reader!.ReadAsync(path, offset, buffer, cancellationToken);

    /// <summary>Reads bytes of a file by its id.</summary>
    /// <param name="id">The file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="buffer">Where they go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many there were.</returns>
    public Task<int> ReadNodeAsync(long id, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => Writer is { } writer
        ? writer.ReadNodeAsync(id, offset, buffer, cancellationToken)
        : Reader!.ReadNodeAsync(id, offset, buffer, cancellationToken);

    /// <summary>Something failed that says that this node may not be able to serve the area any more.</summary>
    /// <param name="error">What.</param>
    public void Failed(OperationError error)
    {
        if (error.Kind is ErrorKind.Fenced or ErrorKind.TimedOut or ErrorKind.Unavailable or ErrorKind.Internal)
            _failed(error);
    }

    /// <summary>A path of the file system as the area has it.</summary>
    /// <param name="path">The path, normalized and within <see cref="Path"/>.</param>
    /// <returns>The path within the area.</returns>
    public string Inside(string path) => Path == FilePath.Root ? path : path.Length == Path.Length ? FilePath.Root : path[Path.Length..];

    /// <summary>A path of the area as the file system has it.</summary>
    /// <param name="path">The path within the area.</param>
    /// <returns>The path.</returns>
    public string Outside(string path) => Path == FilePath.Root ? path : path == FilePath.Root ? Path : Path + path;
}

/// <summary>The areas that a node serves now, and what it needs to check tokens. Written by the area's actors, read by connections.</summary>
/// <param name="clock">The time.</param>
public sealed class ServedAreas(TimeProvider clock)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<AreaId, ServedArea> _areas = new();

    /// <summary>Which sendings of requests this node has begun.</summary>
    internal AttemptLedger Attempts { get; } = new(clock);

    /// <summary>The keys that tokens are signed with; null until they were read.</summary>
    public TokenKeys? Keys { get; internal set; }

    /// <summary>An area, if it is served.</summary>
    /// <param name="area">The area.</param>
    /// <returns>The area, or null.</returns>
    public ServedArea? Find(AreaId area) => _areas.GetValueOrDefault(area);

    /// <summary>Serves an area, or serves it no more.</summary>
    /// <param name="area">The area.</param>
    /// <param name="served">How; null to end it.</param>
    internal void Set(AreaId area, ServedArea? served)
    {
        if (served is null)
            _areas.TryRemove(area, out _);
        else
            _areas[area] = served;
    }
}
