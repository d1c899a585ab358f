using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>The small operations on an area; many run at once and share the writer's commits.</summary>
internal sealed class AreaOperations(ServedArea served, TimeProvider clock, RequestAttempt? attempt, EntryCondition? condition)
{
    /// <summary>How many bytes are read from the image and sent at once.</summary>
    public const int ReadChunkBytes = 1 << 20;

    private const int ReadAttemptsMax = 8;

    /// <summary>How an entry of the area looks from outside.</summary>
    public static FileEntry Entry(ServedArea served, AreaEntry entry) =>
        new(served.Outside(entry.Path), entry.IsDirectory, entry.SizeBytes, entry.ModifiedAt, entry.Crc32c, served.Id.Number);

    /// <summary>What a client's condition is for the area.</summary>
    public static AreaCondition? Condition(ServedArea served, EntryCondition? condition)
    {
        // No file is like one of another area.
        const long none = -1;
        return condition is null ? null : new AreaCondition([.. condition.Known.Select(known => new AreaEntry(
            known.Path, 0, known.IsDirectory, known.Area == served.Id.Number ? known.SizeBytes : none, known.ModifiedAt, known.Crc32C))]);
    }

    /// <summary>Names of Mooring's own work cannot be asked for.</summary>
    public static void RequireNotReserved(string path)
    {
        if (path.Split('/').Any(name => name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)))
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"names that begin with {VolumeId.ReservedPrefix} are reserved", 22);
    }

    /// <summary>Results that together fit into a frame: what does not is refused, and asked for again alone.</summary>
    public static IReadOnlyList<FileResult> Fit(IReadOnlyList<FileResult> results)
    {
        long left = FrameConnection.StandardPayloadBytesMax - 4;
        return [.. results.Select(result =>
        {
            var bytes = 64L + result.Content.Length + (result.Error is null ? 0 : 4096) + result.Next.Length * 3 + result.Entries.Sum(e => e.Path.Length * 3L + 64);
            if (bytes > left)
                return FileResult.Failed(new OperationError(ErrorKind.Overloaded, "the answer is too large for one request; ask for less"));
            left -= bytes;
            return result;
        })];
    }

    /// <summary>Does one operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="index">Which one of the request it is.</param>
    /// <param name="scope">The path that the token holds for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its result; every expected failure is one.</returns>
    public async Task<FileResult> RunAsync(FileOperation operation, int index, string scope, CancellationToken cancellationToken)
    {
        try
        {
            return await DoAsync(operation, index, Inside(operation.Path, scope), scope, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockStoreException e)
        {
            served.Failed(e.Error);
            return FileResult.Failed(e.Error);
        }
    }

    private async Task<FileResult> DoAsync(FileOperation operation, int index, string path, string scope, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        RequestPart? part = attempt is { } sending ? new RequestPart(sending.Request, index) : null;
        if (condition is not null && (index > 0 || operation.Kind is not (FileOperationKind.Rename or FileOperationKind.Remove or FileOperationKind.RemoveTree)))
            throw new BlockStoreException(ErrorKind.InvalidArgument, "a condition is heeded for one renaming or removal", 22);
        switch (operation.Kind)
        {
            case FileOperationKind.Put:
            case FileOperationKind.Create:
                if (operation.Content.Length > FileOperation.ContentBytesMax)
                    throw new BlockStoreException(ErrorKind.InvalidArgument, $"{operation.Content.Length} bytes are too many for one operation; stream them", 22);
                return Done(await served.Writer!.WriteFileAsync(path, operation.Content, now, operation.Kind == FileOperationKind.Create, cancellationToken, part).ConfigureAwait(false));
            case FileOperationKind.MakeDirectory:
                return Done(await served.Writer!.MakeDirectoryAsync(path, operation.Number != 0, now, cancellationToken, part).ConfigureAwait(false));
            case FileOperationKind.Rename:
                return Done(await served.Writer!.RenameAsync(path, Inside(operation.Target, scope), cancellationToken, part, condition: Condition(served, condition)).ConfigureAwait(false));
            case FileOperationKind.Remove:
            case FileOperationKind.RemoveTree:
                return Done(await served.Writer!.RemoveAsync(path, operation.Kind == FileOperationKind.RemoveTree, cancellationToken, part, Condition(served, condition)).ConfigureAwait(false));
            case FileOperationKind.Truncate:
                return Done(await served.Writer!.TruncateAsync(path, operation.Number, now, cancellationToken, part).ConfigureAwait(false));
            case FileOperationKind.Stat:
                return new FileResult(null, [Entry(served, served.Tree.Get(path))], "", ReadOnlyMemory<byte>.Empty);
            case FileOperationKind.List:
                return List(path, operation);
            default:
                return await GetAsync(path, cancellationToken).ConfigureAwait(false);
        }
    }

    private FileResult Done(AreaCommit commit) => new(null, commit.Entry is { } entry ? [Entry(served, entry)] : [], "", ReadOnlyMemory<byte>.Empty);

    private FileResult List(string path, FileOperation operation)
    {
        var limit = (int)Math.Clamp(operation.Number, 1, FileOperation.ListMax);
        var after = operation.Target.Length == 0 ? null : operation.Target;
        // A page is also bounded in bytes: names may be long.
        var (entries, bytes, next) = (new List<FileEntry>(), 0L, "");
        foreach (var entry in served.Tree.List(path, after, limit))
        {
            var name = entry.Path[(entry.Path.LastIndexOf('/') + 1)..];
            bytes += (entry.Path.Length * 3) + 64;
            if (bytes > FrameConnection.StandardPayloadBytesMax / 2)
                return new FileResult(null, entries, next, ReadOnlyMemory<byte>.Empty);
            next = name;
            if (!name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
                entries.Add(Entry(served, entry));
        }
        var more = next.Length > 0 && served.Tree.List(path, next, 1).Count > 0;
        return new FileResult(null, entries, more ? next : "", ReadOnlyMemory<byte>.Empty);
    }

    // All bytes of one version of the file.
    private async Task<FileResult> GetAsync(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < ReadAttemptsMax; attempt++)
        {
            var entry = served.Tree.Get(path);
            if (entry.IsDirectory)
                throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{served.Outside(path)}' is a directory", 21);
            if (entry.SizeBytes > FileOperation.ContentBytesMax)
                throw new BlockStoreException(ErrorKind.Overloaded, $"'{served.Outside(path)}' is too large for one answer; stream it");
            var content = new byte[entry.SizeBytes];
            var count = entry.SizeBytes == 0 ? 0 : await served.ReadAsync(path, 0, content, cancellationToken).ConfigureAwait(false);
            if (count == content.Length && served.Tree.Find(path) == entry)
                return new FileResult(null, [Entry(served, entry)], "", content);
        }
        throw new BlockStoreException(ErrorKind.Busy, $"'{served.Outside(path)}' changes faster than it can be read", 16);
    }

    private string Inside(string text, string scope)
    {
        if (!FilePath.TryNormalize(text, out var path, out var problem))
            throw new BlockStoreException(ErrorKind.InvalidArgument, problem, 22);
        RequireNotReserved(path);
        if (!FilePath.IsWithin(path, served.Path))
            throw new BlockStoreException(ErrorKind.InvalidArgument, $"'{path}' does not lie in the area of {served.Path}", 18);
        return FilePath.IsWithin(path, scope)
            ? served.Inside(path)
            : throw new BlockStoreException(ErrorKind.PermissionDenied, $"the token holds for {scope}, not for {path}");
    }
}
