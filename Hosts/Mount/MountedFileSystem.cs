using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;
using Mooring.Mount.Fuse;

namespace Mooring.Mount;

/// <summary>
/// A file system of the file plane as a mount sees it. A number is made of an area's number and the id that a file has there, so nothing has to be
/// remembered for what the kernel knows; only which files are open here.
/// </summary>
internal sealed class MountedFileSystem : IMountedFiles, IAsyncDisposable
{
    private const ulong RootNode = 1;
    private const int IdBits = 48;
    private const int ReadableFile = 0x1A4, ReadableDirectory = 0x1ED;

    // Much less than the time after which a file without a name is taken for forgotten.
    private static readonly TimeSpan KeepInterval = TimeSpan.FromMinutes(10);

    private readonly FileSystemClient _files;
    private readonly IReadOnlyList<AreaShape> _areas;
    private readonly (int Area, long Id) _root;
    private readonly NodeSettings _owner;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, int> _open = [];
    private readonly HashSet<ulong> _nameless = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _keeping;

    private MountedFileSystem(FileSystemClient files, IReadOnlyList<AreaShape> areas, (int Area, long Id) root, NodeSettings owner)
    {
        (_files, _areas, _root, _owner) = (files, areas, root, owner);
        _keeping = KeepAsync();
    }

    /// <summary>Finds the directory that is to be mounted.</summary>
    /// <param name="files">The client; stays the caller's.</param>
    /// <param name="path">The directory.</param>
    /// <param name="uid">Who owns what nobody has said an owner of.</param>
    /// <param name="gid">And their group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MooringException">There is no such file system or directory.</exception>
    public static async Task<MountedFileSystem> OpenAsync(FileSystemClient files, string path, int uid, int gid, CancellationToken cancellationToken)
    {
        var areas = await files.AreasAsync(cancellationToken).ConfigureAwait(false);
        var area = AreaOf(areas, path);
        var found = await files.OperateAsync(area, new NodeOperation(NodeOperationKind.Resolve, 0) { Name = path }, cancellationToken).ConfigureAwait(false);
        if (found.Error is { } error)
            throw new MooringException(error);
        if (!found.Entries[0].IsDirectory)
            throw new MooringException(new OperationError(ErrorKind.InvalidArgument, $"'{path}' is not a directory", Linux.Enotdir));
        return new MountedFileSystem(files, areas, (area.Id, found.Entries[0].Id), new NodeSettings(null, uid, gid));
    }

    /// <inheritdoc/>
    public async Task<FuseAttributes> LookupAsync(ulong directory, string name, CancellationToken cancellationToken)
    {
        var (area, id) = At(directory);
        if (await MountedAtAsync(area, id, name, cancellationToken).ConfigureAwait(false) is { } mounted)
            return await GetAsync(Number(mounted.Id, AreaRootId), cancellationToken).ConfigureAwait(false);
        return One(area, await RunAsync(area, new NodeOperation(NodeOperationKind.Lookup, id) { Name = name }, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<FuseAttributes> GetAsync(ulong node, CancellationToken cancellationToken)
    {
        var (area, id) = At(node);
        return One(area, await RunAsync(area, new NodeOperation(NodeOperationKind.Get, id), cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<(string Name, FuseAttributes Attributes)> Entries, bool More)> ListAsync(
        ulong directory, string after, CancellationToken cancellationToken)
    {
        var (area, id) = At(directory);
        var page = await RunAsync(
            area, new NodeOperation(NodeOperationKind.List, id) { Name = after, Length = NodeOperation.ListMax }, cancellationToken).ConfigureAwait(false);
        var entries = page.Entries.Select(entry => (entry.Name, Attributes(area, entry))).ToList();
        if (page.More)
            return (entries, true);
        // Other areas have no entry of their own where they are mounted.
        foreach (var other in _areas.Where(a => a.Path != FilePath.Root))
        {
            var name = NameOf(other.Path);
            if (await MountedAtAsync(area, id, name, cancellationToken).ConfigureAwait(false) is { } mounted && mounted.Id == other.Id)
                entries.Add((name, await GetAsync(Number(other.Id, AreaRootId), cancellationToken).ConfigureAwait(false)));
        }
        return (entries, false);
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ulong node, long offset, int length, CancellationToken cancellationToken)
    {
        var (area, id) = At(node);
        return (await RunAsync(area, new NodeOperation(NodeOperationKind.Read, id) { Offset = offset, Length = length }, cancellationToken).ConfigureAwait(false)).Content;
    }

    /// <inheritdoc/>
    public async Task<(long TotalBytes, long FreeBytes, long Files)> SpaceAsync(ulong node, CancellationToken cancellationToken)
    {
        var numbers = (await RunAsync(At(node).Area, new NodeOperation(NodeOperationKind.Space, 0), cancellationToken).ConfigureAwait(false)).Numbers;
        return numbers.Count >= 3 ? (numbers[0], numbers[1], numbers[2]) : throw new MountException(Linux.Eio, "an answer has too few numbers");
    }

    /// <inheritdoc/>
    public async Task<FuseAttributes> MakeAsync(ulong directory, string name, NodeSettings settings, ReadOnlyMemory<byte> target, bool mayExist)
    {
        var (area, id) = At(directory);
        if (await MountedAtAsync(area, id, name, CancellationToken.None).ConfigureAwait(false) is not null)
            throw new MountException(Linux.Eexist, $"an area is mounted at '{name}'");
        return One(area, await RunAsync(
            area, new NodeOperation(NodeOperationKind.Make, id) { Name = name, Settings = settings, Content = target, Flags = mayExist ? 1 : 0 }).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task WriteAsync(ulong node, long offset, ReadOnlyMemory<byte> bytes)
    {
        var (area, id) = At(node);
        await RunAsync(area, new NodeOperation(NodeOperationKind.Write, id) { Offset = offset, Content = bytes }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<FuseAttributes> SetAsync(ulong node, NodeSettings settings)
    {
        var (area, id) = At(node);
        var shown = settings.Mode is not null || settings.Uid is not null || settings.Gid is not null ? await ShownAsync(node).ConfigureAwait(false) : _owner;
        return One(area, await RunAsync(area, new NodeOperation(NodeOperationKind.Set, id) { Settings = settings, Shown = shown }).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(ulong directory, string name, bool isDirectory)
    {
        var (area, id) = At(directory);
        var open = isDirectory ? 0 : await OpenIdAsync(directory, name).ConfigureAwait(false);
        await RunAsync(area, new NodeOperation(NodeOperationKind.Remove, id) { Name = name, Flags = isDirectory ? 1 : 0, OpenNode = open }).ConfigureAwait(false);
        await RemovedAsync(area, open).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task RenameAsync(ulong directory, string name, ulong newDirectory, string newName, uint flags)
    {
        var ((area, id), (newArea, newId)) = (At(directory), At(newDirectory));
        if (area != newArea)
            throw new MountException(Linux.Exdev, "areas are file systems of their own");
        foreach (var (place, which) in ((long, string)[])[(id, name), (newId, newName)])
        {
            if (await MountedAtAsync(area, place, which, CancellationToken.None).ConfigureAwait(false) is not null)
                throw new MountException(Linux.Ebusy, $"an area is mounted at '{which}'");
        }
        var open = flags == 0 ? await OpenIdAsync(newDirectory, newName).ConfigureAwait(false) : 0;
        await RunAsync(area, new NodeOperation(NodeOperationKind.Rename, id)
        {
            Name = name, OtherNode = newId, OtherName = newName, Flags = (int)flags, OpenNode = open,
        }).ConfigureAwait(false);
        await RemovedAsync(area, open).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task AllocateAsync(ulong node, long offset, long length, uint mode)
    {
        var (area, id) = At(node);
        await RunAsync(area, new NodeOperation(NodeOperationKind.Allocate, id) { Offset = offset, Length = length, Flags = (int)mode }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<long> SeekAsync(ulong node, long offset, bool holes, CancellationToken cancellationToken)
    {
        var (area, id) = At(node);
        var numbers = (await RunAsync(
            area, new NodeOperation(NodeOperationKind.Seek, id) { Offset = offset, Flags = holes ? 1 : 0 }, cancellationToken).ConfigureAwait(false)).Numbers;
        return numbers.Count == 1 ? numbers[0] : throw new MountException(Linux.Eio, "an answer has too few numbers");
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> GetExtendedAsync(ulong node, string name, CancellationToken cancellationToken)
    {
        var (area, id) = At(node);
        return (await RunAsync(area, new NodeOperation(NodeOperationKind.GetExtended, id) { Name = name }, cancellationToken).ConfigureAwait(false)).Content;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ListExtendedAsync(ulong node, CancellationToken cancellationToken)
    {
        var (area, id) = At(node);
        return (await RunAsync(area, new NodeOperation(NodeOperationKind.ListExtended, id), cancellationToken).ConfigureAwait(false)).Content;
    }

    /// <inheritdoc/>
    public async Task SetExtendedAsync(ulong node, string name, ReadOnlyMemory<byte>? value, uint flags)
    {
        var (area, id) = At(node);
        var shown = await ShownAsync(node).ConfigureAwait(false);
        await RunAsync(area, new NodeOperation(value is null ? NodeOperationKind.RemoveExtended : NodeOperationKind.SetExtended, id)
        {
            Name = name, Content = value ?? ReadOnlyMemory<byte>.Empty, Flags = (int)flags, Shown = shown,
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Opened(ulong node)
    {
        lock (_gate)
            _open[node] = _open.GetValueOrDefault(node) + 1;
    }

    /// <inheritdoc/>
    public async Task ClosedAsync(ulong node)
    {
        lock (_gate)
        {
            if (_open.GetValueOrDefault(node) > 1)
            {
                _open[node]--;
                return;
            }
            _open.Remove(node);
            if (!_nameless.Remove(node))
                return;
        }
        await CloseAsync(node).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        _ended.Dispose();
    }

    private static long AreaRootId => 1;

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static AreaShape AreaOf(IReadOnlyList<AreaShape> areas, string path) => areas.Where(a => FilePath.IsWithin(path, a.Path)).MaxBy(a => a.Path.Length)!;

    // The kernel's name for the root is 1, whatever is mounted there; another directory that has the number 1 of its own is not within it.
    private ulong Number(int area, long id) => (area, id) == _root ? RootNode : ((ulong)area << IdBits) | (ulong)id;

    private (int Area, long Id) At(ulong node) => node == RootNode ? _root : ((int)(node >> IdBits), (long)(node & ((1UL << IdBits) - 1)));

    private async Task<NodeResult> RunAsync(int area, NodeOperation operation, CancellationToken cancellationToken = default)
    {
        var shape = _areas.FirstOrDefault(a => a.Id == area) ?? throw new MountException(Linux.Enoent, $"there is no area {area}");
        try
        {
            var result = await _files.OperateAsync(shape, operation, cancellationToken).ConfigureAwait(false);
            return result.Error is not { } error ? result : throw new MountException(error.Errno ?? Errno(error.Kind), error.Detail);
        }
        catch (MooringException e)
        {
            throw new MountException(e.Problem.Errno ?? Errno(e.Kind), e.Message);
        }
        catch (MooringUnreachableException e)
        {
            throw new MountException(Linux.Eio, e.Message);
        }
    }

    private static int Errno(ErrorKind? kind) => kind switch
    {
        ErrorKind.NotFound => Linux.Enoent,
        ErrorKind.AlreadyExists => Linux.Eexist,
        ErrorKind.NoSpace => Linux.Enospc,
        ErrorKind.PermissionDenied => Linux.Eacces,
        ErrorKind.Busy => Linux.Ebusy,
        ErrorKind.InvalidArgument => Linux.Einval,
        ErrorKind.Unsupported => Linux.Eopnotsupp,
        _ => Linux.Eio,
    };

    private FuseAttributes One(int area, NodeResult result) =>
        result.Entries.Count == 1 ? Attributes(area, result.Entries[0]) : throw new MountException(Linux.Eio, "an answer has no entry");

    private FuseAttributes Attributes(int area, NodeEntry entry)
    {
        var mode = entry.Mode is { } known ? (uint)known : (uint)(entry.IsDirectory ? ReadableDirectory : ReadableFile);
        if ((mode & Linux.TypeMask) == 0)
            mode |= entry.IsDirectory ? Linux.TypeDirectory : Linux.TypeFile;
        var owned = entry.Mode is not null;
        return new FuseAttributes(
            Number(area, entry.Id), mode, (uint)entry.Links, (uint)(owned ? entry.Uid : _owner.Uid!.Value), (uint)(owned ? entry.Gid : _owner.Gid!.Value), entry.SizeBytes,
            entry.UsedBytes, entry.AccessedTicks, entry.ModifiedTicks, entry.ChangedTicks);
    }

    // What is shown of it stays when a part of it is set.
    private async Task<NodeSettings> ShownAsync(ulong node)
    {
        var now = await GetAsync(node, CancellationToken.None).ConfigureAwait(false);
        return new NodeSettings((int)now.Mode, (int)now.Uid, (int)now.Gid);
    }

    // The area that is mounted under this name in this directory.
    private async Task<AreaShape?> MountedAtAsync(int area, long directory, string name, CancellationToken cancellationToken)
    {
        foreach (var other in _areas)
        {
            if (other.Path == FilePath.Root || NameOf(other.Path) != name)
                continue;
            var above = other.Path[..Math.Max(1, other.Path.LastIndexOf('/'))];
            if (AreaOf(_areas, above).Id != area)
                continue;
            try
            {
                var found = await RunAsync(area, new NodeOperation(NodeOperationKind.Resolve, 0) { Name = above }, cancellationToken).ConfigureAwait(false);
                if (found.Entries[0].Id == directory)
                    return other;
            }
            catch (MountException e) when (e.Errno is Linux.Enoent or Linux.Enotdir)
            {
                // The directory that it would be mounted in is not there.
            }
        }
        return null;
    }

    // The id of what has the name, when it is open here.
    private async Task<long> OpenIdAsync(ulong directory, string name)
    {
        lock (_gate)
        {
            if (_open.Count == 0)
                return 0;
        }
        try
        {
            var there = await LookupAsync(directory, name, CancellationToken.None).ConfigureAwait(false);
            lock (_gate)
                return _open.ContainsKey(there.Node) ? At(there.Node).Id : 0;
        }
        catch (MountException e) when (e.Errno == Linux.Enoent)
        {
            return 0;
        }
    }

    private async Task RemovedAsync(int area, long open)
    {
        if (open == 0)
            return;
        var node = Number(area, open);
        lock (_gate)
        {
            if (_open.ContainsKey(node))
            {
                _nameless.Add(node);
                return;
            }
        }
        // It was closed meanwhile.
        await CloseAsync(node).ConfigureAwait(false);
    }

    private async Task CloseAsync(ulong node)
    {
        var (area, id) = At(node);
        try
        {
            await RunAsync(area, new NodeOperation(NodeOperationKind.Close, id)).ConfigureAwait(false);
        }
        catch (MountException)
        {
            // The writer finds it when nobody has kept it for long.
        }
    }

    private async Task KeepAsync()
    {
        using var timer = new PeriodicTimer(KeepInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false))
            {
                ulong[] kept;
                lock (_gate)
                    kept = [.. _nameless];
                foreach (var node in kept)
                    await KeepAsync(node).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The mount is over.
        }
    }

    private async Task KeepAsync(ulong node)
    {
        var (area, id) = At(node);
        try
        {
            await RunAsync(area, new NodeOperation(NodeOperationKind.Keep, id) { Shown = await ShownAsync(node).ConfigureAwait(false) }, _ended.Token).ConfigureAwait(false);
        }
        catch (MountException)
        {
            // Next time.
        }
    }
}
