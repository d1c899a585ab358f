using System.Collections.Concurrent;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;

namespace Mooring.Client;

/// <summary>
/// Reads and writes the files of one file system. Asks the name node once for each area, talks to the data nodes after that, and rides over their
/// failures by itself: it reports who did not answer, is told who has the right now, and goes on from what is durable. Safe for concurrent use.
/// </summary>
public sealed partial class FileSystemClient : IDisposable
{
    private readonly IFileGrants _grants;
    private readonly FileClientOptions _options;
    private readonly DataChannels _channels;
    private readonly ConcurrentDictionary<(int Area, bool Write), GrantShape> _known = new();
    private Task<FileSystemShape>? _described;
    private int _turn;

    /// <summary>Makes a client; asks when it is first used.</summary>
    /// <param name="grants">Where it asks for rights; stays the caller's.</param>
    /// <param name="options">How it behaves.</param>
    public FileSystemClient(IFileGrants grants, FileClientOptions? options = null)
    {
        (_grants, _options) = (grants, options ?? new FileClientOptions());
        _channels = new DataChannels(_options);
    }

    /// <summary>Told of every first and second update: who did not answer, and what holds now.</summary>
    public event Action<GrantFailureBody, GrantShape>? Updated;

    /// <summary>Does small operations, all of the same area, at once.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="node">Reads through this node; null for any.</param>
    /// <param name="cancellationToken">Gives up; changes may still happen.</param>
    /// <param name="terms">For changes; a condition for one renaming or removal alone.</param>
    /// <returns>Their results, in order.</returns>
    /// <exception cref="MooringException">All of them were refused.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public async Task<IReadOnlyList<FileResult>> OperateAsync(
        IReadOnlyList<FileOperation> operations, string? node = null, CancellationToken cancellationToken = default, ChangeTerms terms = default)
    {
        var write = operations.Any(o => o.Changes);
        var area = await AreaOfAsync(operations[0].Path, cancellationToken).ConfigureAwait(false);
        foreach (var path in operations.Skip(1).Select(o => o.Path).Concat(operations.Where(o => o.Kind == FileOperationKind.Rename).Select(o => o.Target)))
        {
            if ((await AreaOfAsync(path, cancellationToken).ConfigureAwait(false)).Id != area.Id)
                throw new MooringException(new OperationError(ErrorKind.InvalidArgument, $"'{operations[0].Path}' and '{path}' lie in different areas", 18));
        }
        var (id, sent) = (terms.Request ?? Guid.NewGuid(), terms.SentBefore);
        return await WithMemberAsync(area, write, node, async (grant, member, channel) =>
        {
            var request = write
                ? new FileRequest(grant.WriteToken!, Readers(grant), operations, new RequestAttempt(id, ++sent), terms.Condition)
                : new FileRequest(grant.ReadTokens[member.Node], [], operations);
            await channel.Frames.WriteAsync(FrameKind.Operations, request.Write, cancellationToken).ConfigureAwait(false);
            var answer = await channel.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (answer.Kind != FrameKind.OperationResults)
                throw new WireException($"an answer of kind {(byte)answer.Kind} was not expected");
            var results = FileResult.Read(answer.Payload.Span);
            if (results.Count != operations.Count)
                throw new WireException("the results are not those of the request");
            // What concerns the node and not the operation is for the loop around this.
            if (results.All(r => r.Error is { Kind: ErrorKind.Fenced or ErrorKind.Unavailable or ErrorKind.TimedOut }))
                throw new MooringException(results[0].Error!);
            return results;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes or replaces a file whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its bytes; at most <see cref="FileOperation.ContentBytesMax"/>.</param>
    /// <param name="createNew">Whether there must be none of that name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public Task<FileEntry> PutAsync(string path, ReadOnlyMemory<byte> content, bool createNew = false, CancellationToken cancellationToken = default) =>
        OneAsync(new FileOperation(createNew ? FileOperationKind.Create : FileOperationKind.Put, path, "", 0, content), null, cancellationToken);

    /// <summary>Writes a stream of any length into a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The bytes, from where it stands; one that can seek is read again after a failover when need be.</param>
    /// <param name="mode">What becomes of the file.</param>
    /// <param name="offset">Where to begin, for <see cref="WriteMode.At"/>.</param>
    /// <param name="progress">Told how many bytes are durable.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="terms">An id, when the same request may be made again; and what the file must be, for <see cref="WriteMode.Replace"/>.</param>
    /// <returns>The file.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No progress within the time limit.</exception>
    public async Task<FileEntry> WriteAsync(
        string path, Stream source, WriteMode mode = WriteMode.Replace, long offset = 0, IProgress<long>? progress = null, CancellationToken cancellationToken = default,
        ChangeTerms terms = default)
    {
        var area = await AreaOfAsync(path, cancellationToken).ConfigureAwait(false);
        var upload = new Upload(path, source, mode, offset, _options, progress, terms);
        return await WithMemberAsync(
            area, true, null, (grant, member, channel) => upload.RunAsync(channel, grant.WriteToken!, Readers(grant), cancellationToken), cancellationToken, () => upload.DurableBytes).ConfigureAwait(false);
    }

    /// <summary>Reads a range of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="length">At most so many bytes; null for all.</param>
    /// <param name="opened">Told the file, the range's offset and its length, once, before the first bytes.</param>
    /// <param name="take">Takes the bytes, in order.</param>
    /// <param name="node">Reads through this node; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file.</returns>
    /// <exception cref="MooringException">It was refused, or the file was replaced in the middle.</exception>
    /// <exception cref="MooringUnreachableException">No progress within the time limit.</exception>
    public async Task<FileEntry> ReadAsync(
        string path, long offset, long? length, Func<FileEntry, long, long, Task>? opened, Func<ReadOnlyMemory<byte>, ValueTask> take, string? node = null,
        CancellationToken cancellationToken = default)
    {
        var area = await AreaOfAsync(path, cancellationToken).ConfigureAwait(false);
        var (first, done, end) = ((FileEntry?)null, 0L, 0L);
        return await WithMemberAsync(area, false, node, async (grant, member, channel) =>
        {
            var want = first is null ? length ?? long.MaxValue : end - offset - done;
            await channel.Frames.WriteAsync(FrameKind.ReadOpen, new ReadOpen(grant.ReadTokens[member.Node], path, offset + done, want).Write, cancellationToken).ConfigureAwait(false);
            var (entry, from, count) = Opened(await channel.ReadAsync(cancellationToken).ConfigureAwait(false));
            if (first is null)
            {
                (first, end) = (entry, from + count);
                if (opened is not null)
                    await opened(entry, from, count).ConfigureAwait(false);
            }
            else if ((entry.Crc32C is null ? entry : entry with { ModifiedAt = first.ModifiedAt }) != first)
            {
                throw new MooringException(new OperationError(ErrorKind.Busy, $"'{path}' was changed while it was read; read it again", 16));
            }
            while (await channel.ReadAsync(cancellationToken).ConfigureAwait(false) is { Kind: not FrameKind.ReadDone } frame)
            {
                if (frame.Kind != FrameKind.Chunk || FrameConnection.Chunk(frame) is var chunk && (chunk.Offset != offset + done || chunk.Offset + chunk.Bytes.Length > end))
                    throw new WireException("the bytes are not those of the range");
                await take(FrameConnection.Chunk(frame).Bytes).ConfigureAwait(false);
                done += FrameConnection.Chunk(frame).Bytes.Length;
            }
            return offset + done >= end ? entry : throw new WireException("the range came short");
        }, cancellationToken, () => done).ConfigureAwait(false);
    }

    /// <summary>Reads a small file whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="node">Reads through this node; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="MooringException">There is none, or it is too large for this.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public async Task<ReadOnlyMemory<byte>> GetAsync(string path, string? node = null, CancellationToken cancellationToken = default)
    {
        var results = await OperateAsync([FileOperation.Of(FileOperationKind.Get, path)], node, cancellationToken).ConfigureAwait(false);
        return results[0].Error is { } error ? throw new MooringException(error) : results[0].Content;
    }

    /// <summary>Tells of a file or directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="node">Asks this node; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="MooringException">There is none.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public Task<FileEntry> StatAsync(string path, string? node = null, CancellationToken cancellationToken = default) =>
        OneAsync(FileOperation.Of(FileOperationKind.Stat, path), node, cancellationToken);

    /// <summary>A page of a directory.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="after">The page begins after this name; null for the start.</param>
    /// <param name="limit">At most so many entries.</param>
    /// <param name="node">Asks this node; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entries, and what to ask the next page with; null at the end.</returns>
    /// <exception cref="MooringException">There is none, or it is a file.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public async Task<(IReadOnlyList<FileEntry> Entries, string? Next)> ListAsync(
        string path, string? after, int limit, string? node = null, CancellationToken cancellationToken = default)
    {
        var directory = Normal(path);
        var results = await OperateAsync([new FileOperation(FileOperationKind.List, directory, after ?? "", limit, ReadOnlyMemory<byte>.Empty)], node, cancellationToken).ConfigureAwait(false);
        if (results[0].Error is { } error)
            throw new MooringException(error);
        if (results[0].Next.Length > 0)
            return (results[0].Entries, results[0].Next);
        // Other areas are mounted here: they have no entry of their own in this one.
        var mounted = (await DescribeAsync(cancellationToken).ConfigureAwait(false)).Areas
            .Where(a => a.Path != FilePath.Root && a.Path[..Math.Max(1, a.Path.LastIndexOf('/'))] == directory)
            .Select(a => new FileEntry(a.Path, true, 0, DateTimeOffset.UnixEpoch, null, a.Id));
        return ([.. results[0].Entries.Concat(mounted)], null);
    }

    /// <summary>Makes a directory and those above it; done when it is there already.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="parents">Whether those above are made and an existing one is as good.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="terms">An id, when the same request may be made again.</param>
    /// <returns>The directory.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public Task<FileEntry> MakeDirectoryAsync(string path, bool parents = false, CancellationToken cancellationToken = default, ChangeTerms terms = default) =>
        OneAsync(new FileOperation(FileOperationKind.MakeDirectory, path, "", parents ? 1 : 0, ReadOnlyMemory<byte>.Empty), null, cancellationToken, terms);

    /// <summary>Gives a file or directory another name, atomically.</summary>
    /// <param name="from">The name now.</param>
    /// <param name="to">The new name; a file there is replaced.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="terms">An id, when the same request may be made again; and what it must be under the name that it has now.</param>
    /// <returns>It, under its new name.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public Task<FileEntry> RenameAsync(string from, string to, CancellationToken cancellationToken = default, ChangeTerms terms = default) =>
        OneAsync(new FileOperation(FileOperationKind.Rename, from, to, 0, ReadOnlyMemory<byte>.Empty), null, cancellationToken, terms);

    /// <summary>Removes a file or directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="recursive">Whether a directory goes with all that is in it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="terms">An id, when the same request may be made again; and what it must be.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No result within the time limit.</exception>
    public async Task RemoveAsync(string path, bool recursive = false, CancellationToken cancellationToken = default, ChangeTerms terms = default) =>
        Check(await OperateAsync([FileOperation.Of(recursive ? FileOperationKind.RemoveTree : FileOperationKind.Remove, path)], null, cancellationToken, terms).ConfigureAwait(false));

    /// <inheritdoc/>
    public void Dispose() => _channels.Dispose();

    private async Task<FileEntry> OneAsync(FileOperation operation, string? node, CancellationToken cancellationToken, ChangeTerms terms = default)
    {
        var results = await OperateAsync([operation], node, cancellationToken, terms).ConfigureAwait(false);
        Check(results);
        return results[0].Entries[0];
    }

    private static void Check(IReadOnlyList<FileResult> results)
    {
        if (results[0].Error is { } error)
            throw new MooringException(error);
    }

    private static (FileEntry Entry, long From, long Count) Opened(Frame frame)
    {
        if (frame.Kind != FrameKind.ReadReady)
            throw new WireException($"an answer of kind {(byte)frame.Kind} was not expected");
        var reader = new WireReader(frame.Payload.Span);
        return (FileEntry.Read(ref reader), reader.Size(), reader.Size());
    }

    private static List<NamedReader> Readers(GrantShape grant) =>
        [.. grant.Readers.Where(r => grant.ReadTokens.ContainsKey(r.Node)).Select(r => new NamedReader(r.Node, r.Address, grant.ReadTokens[r.Node]))];

    private static string Normal(string path) => FilePath.TryNormalize(path, out var normal, out var problem)
        ? normal
        : throw new MooringException(new OperationError(ErrorKind.InvalidArgument, problem, 22));

    private async Task<AreaShape> AreaOfAsync(string path, CancellationToken cancellationToken)
    {
        var normal = Normal(path);
        return (await DescribeAsync(cancellationToken).ConfigureAwait(false)).Areas.Where(a => FilePath.IsWithin(normal, a.Path)).MaxBy(a => a.Path.Length)!;
    }

    // The areas of a file system and their paths never change.
    private async Task<FileSystemShape> DescribeAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _described) is { IsCompletedSuccessfully: true } known)
            return await known.ConfigureAwait(false);
        var deadline = Deadline.In(_options.Timeout);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var shape = await _grants.DescribeAsync(cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _described, Task.FromResult(shape));
                return shape;
            }
            catch (Exception e) when (e is IOException || e is MooringException mooring && IsPassing(mooring))
            {
                if (deadline.IsOver)
                    throw new MooringUnreachableException($"file system {_grants.FileSystem}: {e.Message}", null, e);
            }
            await Task.Delay(RetryPause(attempt), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> WithMemberAsync<T>(
        AreaShape area, bool write, string? node, Func<GrantShape, MemberShape, DataChannel, Task<T>> work, CancellationToken cancellationToken, Func<long>? progress = null)
    {
        var (deadline, reached, attempt) = (Deadline.In(_options.Timeout), -1L, 0);
        GrantFailureBody? failure = null;
        while (true)
        {
            GrantShape? grant = null;
            MemberShape? member = null;
            Exception last;
            try
            {
                grant = await GrantAsync(area, write, failure, cancellationToken).ConfigureAwait(false);
                failure = null;
                member = Member(grant, write, node);
                var channel = await _channels.TakeAsync(member.Address, cancellationToken).ConfigureAwait(false);
                var well = false;
                try
                {
                    var result = await work(grant, member, channel).ConfigureAwait(false);
                    well = true;
                    return result;
                }
                finally
                {
                    if (well)
                        _channels.Return(channel);
                    else
                        channel.Dispose();
                }
            }
            catch (MooringException e) when (IsPassing(e))
            {
                last = e;
                Forget(area, grant);
            }
            catch (IOException e)
            {
                last = e;
                Forget(area, grant);
                if (grant is not null && member is not null)
                    failure = new GrantFailureBody(member.Node, grant.Epoch, e.Message);
            }
            if (progress?.Invoke() is { } now && now > reached)
                (deadline, reached, attempt) = (Deadline.In(_options.Timeout), now, 0);
            if (deadline.IsOver)
                throw new MooringUnreachableException($"no progress within {_options.Timeout.TotalSeconds:0.#} s: {last.Message}", null, last);
            await Task.Delay(RetryPause(attempt++), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<GrantShape> GrantAsync(AreaShape area, bool write, GrantFailureBody? failure, CancellationToken cancellationToken)
    {
        if (failure is null && _known.TryGetValue((area.Id, write), out var known) && DateTimeOffset.UtcNow < known.ExpiresAt - TimeSpan.FromSeconds(30))
            return known;
        GrantShape grant;
        try
        {
            grant = await _grants.RequestAsync(new GrantBody(area.Path, write, true, failure), cancellationToken).ConfigureAwait(false);
        }
        catch (MooringException e) when (e.Kind == ErrorKind.NotFound)
        {
            // The file system was removed; another one of its name may be laid out otherwise.
            _described = null;
            _known.Clear();
            throw;
        }
        _known[(area.Id, write)] = grant;
        if (failure is not null)
            Updated?.Invoke(failure, grant);
        return grant;
    }

    private MemberShape Member(GrantShape grant, bool write, string? node)
    {
        if (write)
            return grant.Writer!;
        var all = grant.Writer is { } writer ? grant.Readers.Prepend(writer).ToList() : [.. grant.Readers];
        if (node is null)
            return all[(Interlocked.Increment(ref _turn) & int.MaxValue) % all.Count];
        return all.Find(m => m.Node == node)
            ?? throw new MooringException(new OperationError(ErrorKind.Unavailable, $"{node} does not serve area {grant.Area} of {grant.Filesystem} now"));
    }

    private void Forget(AreaShape area, GrantShape? grant)
    {
        foreach (var write in (bool[])[true, false])
        {
            if (_known.TryGetValue((area.Id, write), out var known) && (grant is null || known.Epoch <= grant.Epoch))
                _known.TryRemove(new KeyValuePair<(int, bool), GrantShape>((area.Id, write), known));
        }
    }

    private TimeSpan RetryPause(int attempt)
    {
        var longest = Math.Min(_options.RetryPauseMax.TotalMilliseconds, _options.RetryPauseMin.TotalMilliseconds * (1 << Math.Min(attempt, 16)));
        return TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * longest);
    }

    // Another node, or the same a little later, will do it.
    private static bool IsPassing(MooringException e) =>
        e.Kind is ErrorKind.Fenced or ErrorKind.Unavailable or ErrorKind.TimedOut or ErrorKind.Overloaded;
}
