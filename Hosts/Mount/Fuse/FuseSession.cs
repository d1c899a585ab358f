using System.Collections.Concurrent;
using Mooring.Messages.Wire;

namespace Mooring.Mount.Fuse;

/// <summary>
/// Serves a mount: one thread reads what the kernel asks, and as many requests as it has under way are carried out at once, each answered when it is done.
/// The kernel itself keeps in order what must be. Nothing is remembered for what the kernel knows, but which directories are being read.
/// </summary>
internal sealed class FuseSession(FuseDevice device, IMountedFiles files) : IDisposable
{
    // Where many wait, the kernel asks for no more by itself; this bounds what it asks for others.
    private const int RequestsMax = 256;
    private const int SmallRequestBytes = 16 << 10;
    private const int RequestBytesMax = FuseReply.ContentBytesMax + 4096;
    private const uint OutOfCache = 1;
    private const FuseFeatures Wanted = FuseFeatures.AsyncRead | FuseFeatures.BigWrites | FuseFeatures.AutoInvalidateData | FuseFeatures.AsyncDirectIo
        | FuseFeatures.ParallelDirectoryOperations | FuseFeatures.MaxPages;

    private readonly SemaphoreSlim _room = new(RequestsMax, RequestsMax);
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _looking = new();
    private readonly ConcurrentDictionary<ulong, OpenDirectory> _directories = new();
    private readonly ConcurrentBag<byte[]> _buffers = [];
    private ulong _handles;

    /// <summary>Serves until the mount is over. Blocks the thread that calls it.</summary>
    /// <param name="mounted">Told when the kernel and this have agreed on how they speak.</param>
    /// <exception cref="MountException">The device fails.</exception>
    public void Run(Action mounted)
    {
        while (true)
        {
            var buffer = _buffers.TryTake(out var kept) ? kept : GC.AllocateUninitializedArray<byte>(RequestBytesMax);
            var count = device.Read(buffer);
            if (count < 0)
                break;
            if (count > 0)
                Take(buffer, count, mounted);
            else
                _buffers.Add(buffer);
        }
        // What is under way ends by itself; nobody waits for its answers.
        foreach (var looking in _looking.Values)
            looking.Cancel();
    }

    /// <summary>Waits until nothing is under way any more.</summary>
    /// <param name="limit">Not longer than this.</param>
    /// <returns>Completes then.</returns>
    public async Task DrainAsync(TimeSpan limit)
    {
        using var bounded = new CancellationTokenSource(limit);
        try
        {
            for (var i = 0; i < RequestsMax; i++)
                await _room.WaitAsync(bounded.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What does not end now has no one who waits for it.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _room.Dispose();
        foreach (var directory in _directories.Values)
            directory.Dispose();
    }

    private void Take(byte[] buffer, int count, Action mounted)
    {
        var small = count <= SmallRequestBytes;
        var request = FuseRequest.Parse(small ? buffer.AsSpan(0, count).ToArray() : buffer.AsMemory(0, count), out var unique, out _);
        if (small)
            _buffers.Add(buffer);
        switch (request?.Opcode)
        {
            case null:
                if (unique != 0)
                    device.Write(FuseReply.Error(unique, Linux.Einval), []);
                return;
            case FuseOpcode.Forget or FuseOpcode.BatchForget:
                // Numbers say all that there is to know: nothing to forget, and no answer.
                return;
            case FuseOpcode.Interrupt:
                if (_looking.TryGetValue(request.Offset, out var looking))
                    TryCancel(looking);
                return;
            case FuseOpcode.Init:
                // One that speaks an older version cannot be served.
                device.Write(request.Major != FuseReply.Major || request.Minor < FuseReply.Minor
                    ? FuseReply.Error(request.Unique, Linux.Eproto)
                    : FuseReply.Init(request.Unique, request, Wanted), []);
                mounted();
                return;
            default:
                _room.Wait();
                _ = Task.Run(() => ServeAsync(request, small ? null : buffer));
                return;
        }
    }

    private static void TryCancel(CancellationTokenSource looking)
    {
        try
        {
            looking.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is answered already.
        }
    }

    private async Task ServeAsync(FuseRequest request, byte[]? buffer)
    {
        using var interrupted = new CancellationTokenSource();
        _looking[request.Unique] = interrupted;
        Answer answer;
        try
        {
            answer = request.Name is null || request.OtherName is null
                ? new Answer(FuseReply.Error(request.Unique, Linux.Eilseq))
                : await DoAsync(request, interrupted.Token).ConfigureAwait(false);
        }
        catch (MountException e)
        {
            answer = new Answer(FuseReply.Error(request.Unique, e.Errno));
        }
        catch (OperationCanceledException)
        {
            answer = new Answer(FuseReply.Error(request.Unique, Linux.Eintr));
        }
        catch (Exception)
        {
            // Whoever asked must not wait for ever.
            answer = new Answer(FuseReply.Error(request.Unique, Linux.Eio));
        }
        _looking.TryRemove(request.Unique, out _);
        device.Write(answer.Head, answer.Content.Span);
        if (buffer is not null)
            _buffers.Add(buffer);
        _room.Release();
    }

    private async Task<Answer> DoAsync(FuseRequest r, CancellationToken interrupted)
    {
        switch (r.Opcode)
        {
            case FuseOpcode.Lookup:
                return new Answer(FuseReply.Entry(r.Unique, await files.LookupAsync(r.Node, r.Name!, interrupted).ConfigureAwait(false)));
            case FuseOpcode.GetAttributes:
                return new Answer(FuseReply.Attributes(r.Unique, await files.GetAsync(r.Node, interrupted).ConfigureAwait(false)));
            case FuseOpcode.SetAttributes:
                return new Answer(FuseReply.Attributes(r.Unique, await files.SetAsync(r.Node, Settings(r)).ConfigureAwait(false)));
            case FuseOpcode.ReadLink:
                return Content(r, await files.ReadAsync(r.Node, 0, 4096, interrupted).ConfigureAwait(false));
            case FuseOpcode.MakeLink:
                return await MakeAsync(r, Linux.TypeLink | 0x1FF, r.Data).ConfigureAwait(false);
            case FuseOpcode.MakeNode:
                return (r.Mode & Linux.TypeMask) is Linux.TypeFile or Linux.TypeFifo or Linux.TypeSocket
                    ? await MakeAsync(r, r.Mode, ReadOnlyMemory<byte>.Empty).ConfigureAwait(false)
                    : throw new MountException(Linux.Eperm, "devices are not kept");
            case FuseOpcode.MakeDirectory:
                return await MakeAsync(r, (r.Mode & 0xFFF) | Linux.TypeDirectory, ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
            case FuseOpcode.Create:
                return await CreateAsync(r).ConfigureAwait(false);
            case FuseOpcode.Unlink or FuseOpcode.RemoveDirectory:
                await files.RemoveAsync(r.Node, r.Name!, r.Opcode == FuseOpcode.RemoveDirectory).ConfigureAwait(false);
                return Done(r);
            case FuseOpcode.Rename or FuseOpcode.Rename2:
                await files.RenameAsync(r.Node, r.Name!, r.OtherNode, r.OtherName!, r.Flags).ConfigureAwait(false);
                return Done(r);
            case FuseOpcode.Open:
                files.Opened(r.Node);
                return new Answer(FuseReply.Opened(r.Unique, 0));
            case FuseOpcode.Read:
                return Content(r, await files.ReadAsync(r.Node, (long)r.Offset, (int)Math.Min(r.Size, FuseReply.ContentBytesMax), interrupted).ConfigureAwait(false));
            case FuseOpcode.Write:
                return await WriteAsync(r).ConfigureAwait(false);
            case FuseOpcode.Release:
                await files.ClosedAsync(r.Node).ConfigureAwait(false);
                return Done(r);
            case FuseOpcode.Flush or FuseOpcode.Fsync or FuseOpcode.FsyncDirectory or FuseOpcode.SyncFs or FuseOpcode.Destroy:
                // What a write or a change was answered to is durable already.
                return Done(r);
            case FuseOpcode.StatFs:
                var space = await files.SpaceAsync(r.Node, interrupted).ConfigureAwait(false);
                return new Answer(FuseReply.Space(r.Unique, space.TotalBytes, space.FreeBytes, space.Files));
            case FuseOpcode.Allocate:
                await files.AllocateAsync(r.Node, (long)r.Offset, (long)r.Size, r.Flags).ConfigureAwait(false);
                return Done(r);
            case FuseOpcode.Seek:
                return r.Flags is Linux.SeekData or Linux.SeekHole
                    ? new Answer(FuseReply.At(r.Unique, await files.SeekAsync(r.Node, (long)r.Offset, r.Flags == Linux.SeekHole, interrupted).ConfigureAwait(false)))
                    : throw new MountException(Linux.Einval, "the kernel itself knows where that is");
            case FuseOpcode.OpenDirectory or FuseOpcode.ReadDirectory or FuseOpcode.ReleaseDirectory:
                return await DirectoryAsync(r, interrupted).ConfigureAwait(false);
            case FuseOpcode.GetExtended or FuseOpcode.ListExtended or FuseOpcode.SetExtended or FuseOpcode.RemoveExtended:
                return await ExtendedAsync(r, interrupted).ConfigureAwait(false);
            default:
                throw new MountException(Linux.Enosys, "not known");
        }
    }

    private static Answer Done(FuseRequest r) => new(FuseReply.Empty(r.Unique));

    private static Answer Content(FuseRequest r, ReadOnlyMemory<byte> content) => new(FuseReply.Head(r.Unique, content.Length), content);

    private static NodeSettings Settings(FuseRequest r) => new(
        r.Set.HasFlag(FuseSet.Mode) ? (int)r.Mode : null,
        r.Set.HasFlag(FuseSet.Uid) ? (int)r.NewUid : null,
        r.Set.HasFlag(FuseSet.Gid) ? (int)r.NewGid : null,
        r.Set.HasFlag(FuseSet.Size) ? (long)Math.Min(r.Size, long.MaxValue) : null,
        Time(r.Set, FuseSet.Accessed, FuseSet.AccessedNow, r.AccessedSeconds, r.AccessedNanoseconds),
        Time(r.Set, FuseSet.Modified, FuseSet.ModifiedNow, r.ModifiedSeconds, r.ModifiedNanoseconds));

    private static long? Time(FuseSet set, FuseSet given, FuseSet now, long seconds, uint nanoseconds) =>
        set.HasFlag(now) ? -1 : set.HasFlag(given) ? FuseReply.Ticks(seconds, nanoseconds) : null;

    private async Task<Answer> MakeAsync(FuseRequest r, uint mode, ReadOnlyMemory<byte> target) => new(FuseReply.Entry(
        r.Unique, await files.MakeAsync(r.Node, r.Name!, new NodeSettings((int)mode, (int)r.Uid, (int)r.Gid), target, mayExist: false).ConfigureAwait(false)));

    private async Task<Answer> CreateAsync(FuseRequest r)
    {
        var settings = new NodeSettings((int)((r.Mode & 0xFFF) | Linux.TypeFile), (int)r.Uid, (int)r.Gid);
        // The kernel saw none; another mount may have been faster.
        var made = await files.MakeAsync(r.Node, r.Name!, settings, ReadOnlyMemory<byte>.Empty, mayExist: (r.Flags & Linux.OpenExclusive) == 0).ConfigureAwait(false);
        if (made.SizeBytes > 0 && (r.Flags & Linux.OpenTruncate) != 0)
            made = await files.SetAsync(made.Node, new NodeSettings(SizeBytes: 0)).ConfigureAwait(false);
        files.Opened(made.Node);
        return new Answer(FuseReply.Created(r.Unique, made, 0));
    }

    private async Task<Answer> WriteAsync(FuseRequest r)
    {
        // Where the end is the writer knows, not this mount; but what comes out of the cache has its place.
        var appends = (r.Flags & Linux.OpenAppend) != 0 && (r.WriteFlags & OutOfCache) == 0;
        await files.WriteAsync(r.Node, appends ? -1 : (long)r.Offset, r.Data).ConfigureAwait(false);
        return new Answer(FuseReply.Written(r.Unique, r.Data.Length));
    }

    private async Task<Answer> DirectoryAsync(FuseRequest r, CancellationToken interrupted)
    {
        if (r.Opcode == FuseOpcode.OpenDirectory)
        {
            var handle = Interlocked.Increment(ref _handles);
            _directories[handle] = new OpenDirectory(r.Node);
            return new Answer(FuseReply.Opened(r.Unique, handle));
        }
        if (r.Opcode == FuseOpcode.ReleaseDirectory)
        {
            if (_directories.TryRemove(r.Handle, out var closed))
                closed.Dispose();
            return Done(r);
        }
        if (!_directories.TryGetValue(r.Handle, out var directory))
            throw new MountException(Linux.Einval, "the directory is not open");
        return Content(r, await directory.ReadAsync(files, r.Offset, (int)Math.Min(r.Size, FuseReply.ContentBytesMax), interrupted).ConfigureAwait(false));
    }

    private async Task<Answer> ExtendedAsync(FuseRequest r, CancellationToken interrupted)
    {
        // The kernel asks for these at every write; nobody can set them here.
        if (r.Opcode != FuseOpcode.ListExtended && !r.Name!.StartsWith("user.", StringComparison.Ordinal) && !r.Name.StartsWith("trusted.", StringComparison.Ordinal))
            throw new MountException(r.Opcode == FuseOpcode.GetExtended ? Linux.Enodata : Linux.Eopnotsupp, "only attributes of users and of root are kept");
        switch (r.Opcode)
        {
            case FuseOpcode.SetExtended:
                await files.SetExtendedAsync(r.Node, r.Name!, r.Data, r.Flags).ConfigureAwait(false);
                return Done(r);
            case FuseOpcode.RemoveExtended:
                await files.SetExtendedAsync(r.Node, r.Name!, null, 0).ConfigureAwait(false);
                return Done(r);
            default:
                var value = r.Opcode == FuseOpcode.GetExtended
                    ? await files.GetExtendedAsync(r.Node, r.Name!, interrupted).ConfigureAwait(false)
                    : await files.ListExtendedAsync(r.Node, interrupted).ConfigureAwait(false);
                if (r.Size == 0)
                    return new Answer(FuseReply.ExtendedSize(r.Unique, value.Length));
                return (ulong)value.Length <= r.Size ? Content(r, value) : throw new MountException(Linux.Erange, "the value is longer");
        }
    }

    private readonly record struct Answer(byte[] Head, ReadOnlyMemory<byte> Content)
    {
        public Answer(byte[] head)
            : this(head, ReadOnlyMemory<byte>.Empty)
        {
        }
    }
}
