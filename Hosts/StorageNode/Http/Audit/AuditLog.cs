using System.Text.Json;
using System.Threading.Channels;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Storage;

namespace Mooring.StorageNode.Http.Audit;

/// <summary>How the audit log is kept.</summary>
/// <param name="Keep">How long.</param>
/// <param name="File">Where this node's entries go, too, as lines of JSON; empty for nowhere.</param>
internal sealed record AuditSettings(TimeSpan Keep, string File);

/// <summary>
/// The audit log of all nodes: one stream of events in the block store, that every node appends to. Entries that wait together are written together.
/// </summary>
internal sealed class AuditLog(IEventLogProvider store, AuditSettings settings, TimeProvider clock, ILogger<AuditLog> log) : BackgroundService
{
    /// <summary>The stages of an entry.</summary>
    public const string Received = "received", Completed = "completed";

    private const string Stream = "audit";
    private const int WaitingMax = 10_000, BatchMax = 100, PageMax = 1000, RefusalMax = 100;

    private static readonly TimeSpan TrimInterval = TimeSpan.FromHours(1);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private IEventLogConnection? _log;
    private long _next;
    private DateTimeOffset _trimAt;

    /// <summary>Writes an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>Completes when it is durable.</returns>
    /// <exception cref="BlockStoreException">It could not be written, or too many wait.</exception>
    public Task WriteAsync(AuditEntryShape entry)
    {
        var waiting = new Waiting(entry, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _waiting.Writer.TryWrite(waiting)
            ? waiting.Written.Task
            : throw new BlockStoreException(ErrorKind.Overloaded, $"{WaitingMax} entries wait for being written to the audit log, or the node ends");
    }

    /// <summary>Writes how something ended; the answer need not wait for it. That it could not be written is logged.</summary>
    /// <param name="entry">Its first entry, with what came of it.</param>
    /// <returns>Completes when it is durable, or cannot be.</returns>
    public async Task CompleteAsync(AuditEntryShape entry)
    {
        try
        {
            await WriteAsync(entry with { At = clock.GetUtcNow(), Stage = Completed });
        }
        catch (BlockStoreException)
        {
            // The first entry is there, and says that the answer is not known.
        }
    }

    /// <summary>Reads entries, newest first.</summary>
    /// <param name="before">Only those with lower numbers; null for the newest.</param>
    /// <param name="limit">How many are looked at.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entries, and the lowest number that was looked at; null at the end.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public async Task<(IReadOnlyList<AuditEntryShape> Items, long? Next)> ReadAsync(long? before, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await store.OpenEventLogAsync("audit", cancellationToken);
        var last = before - 1 ?? await reader.GetHighestNumberAsync(Stream, cancellationToken);
        var first = Math.Max(1, last - limit + 1);
        var found = new List<AuditEntryShape>();
        await foreach (var (number, bytes) in reader.ReadAsync(Stream, first, last, limit, cancellationToken))
            found.Add(Read(bytes) with { Number = number });
        found.Reverse();
        // What is older than all of these was removed.
        return (found, first > 1 && found.Count > 0 && found[^1].Number == first ? first : null);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                var batch = new List<Waiting>();
                while (batch.Count < BatchMax && _waiting.Reader.TryRead(out var waiting))
                    batch.Add(waiting);
                await WriteAsync(batch, stoppingToken);
            }
        }
        finally
        {
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var waiting))
                waiting.Written.SetException(new BlockStoreException(ErrorKind.Unavailable, "the node ends"));
            await CloseAsync();
        }
    }

    private async Task WriteAsync(List<Waiting> batch, CancellationToken cancellationToken)
    {
        try
        {
            var entries = batch.ConvertAll(waiting => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(waiting.Entry, HttpJson.Default.AuditEntryShape));
            await AppendAsync(entries, cancellationToken);
            if (settings.File.Length > 0)
                await CopyAsync(entries, cancellationToken);
            foreach (var waiting in batch)
                waiting.Written.SetResult();
            if (clock.GetUtcNow() >= _trimAt)
                await TrimAsync(cancellationToken);
        }
        catch (Exception e) when (e is BlockStoreException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            log.LogWarning("the audit log cannot be written: {Problem}", PlainText.Line(e.Message));
            var problem = e as BlockStoreException ?? new BlockStoreException(ErrorKind.Unavailable, PlainText.Line(e.Message));
            foreach (var waiting in batch)
                waiting.Written.TrySetException(new BlockStoreException(problem.Error with { Kind = ErrorKind.Unavailable, Detail = $"the audit log cannot be written: {problem.Message}" }));
            await CloseAsync();
        }
    }

    // The other nodes append, too: who has been overtaken follows the last of them.
    private async Task AppendAsync(List<ReadOnlyMemory<byte>> entries, CancellationToken cancellationToken)
    {
        _log ??= await store.OpenEventLogAsync("audit", cancellationToken);
        for (var refused = 0; refused < RefusalMax; refused++)
        {
            if (_next == 0)
                _next = await _log.GetHighestNumberAsync(Stream, cancellationToken) + 1;
            if (await _log.AppendAsync(Stream, _next, entries, cancellationToken))
            {
                _next += entries.Count;
                return;
            }
            _next = 0;
        }
        throw new BlockStoreException(ErrorKind.Overloaded, $"the other nodes were faster {RefusalMax} times");
    }

    // Opened each time: it may have been rotated.
    private async Task CopyAsync(List<ReadOnlyMemory<byte>> entries, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(settings.File, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        foreach (var entry in entries)
            await file.WriteAsync((byte[])[.. entry.Span, (byte)'\n'], cancellationToken);
    }

    private async Task TrimAsync(CancellationToken cancellationToken)
    {
        var (oldest, end) = (clock.GetUtcNow() - settings.Keep, 0L);
        await foreach (var (number, bytes) in _log!.ReadAsync(Stream, 1, long.MaxValue, PageMax, cancellationToken))
        {
            if (Read(bytes).At >= oldest)
                break;
            end = number;
        }
        if (end > 0)
            await _log.DeleteAsync(Stream, end, cancellationToken);
        _trimAt = clock.GetUtcNow() + TrimInterval;
    }

    private async Task CloseAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        (_log, _next) = (null, 0);
    }

    private static AuditEntryShape Read(ReadOnlyMemory<byte> bytes) => JsonSerializer.Deserialize(bytes.Span, HttpJson.Default.AuditEntryShape)!;

    private sealed record Waiting(AuditEntryShape Entry, TaskCompletionSource Written);
}
