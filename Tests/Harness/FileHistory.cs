using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mooring.Client;
using Mooring.Messages;

namespace Mooring.Harness;

/// <summary>
/// Clients that write and read small files while something happens, and the record of what they did. Each file has one writer, which writes rising
/// numbers, so that what a read may give is known: nothing older than what was acknowledged before the read began, and nothing older than what
/// an earlier read gave.
/// </summary>
public sealed class FileHistory : IAsyncDisposable
{
    private readonly OpenFileSystem[] _clients;
    private readonly IReadOnlyList<string> _nodes;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Event> _events = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Task> _running = [];
    private readonly int _writers;

    private FileHistory(string endpoint, string fileSystem, IReadOnlyList<string> nodes, int writers, int readers)
    {
        (_nodes, _writers) = (nodes, writers);
        _clients = [.. Enumerable.Range(0, writers + readers + 1).Select(_ => new OpenFileSystem(
            endpoint, fileSystem, new FileClientOptions { Timeout = TimeSpan.FromSeconds(60), AnswerTimeout = TimeSpan.FromSeconds(2) }))];
    }

    /// <summary>How many writes were acknowledged.</summary>
    public int Written => _events.Count(e => e is { IsWrite: true, End: not null });

    /// <summary>How many reads were answered.</summary>
    public int Read => _events.Count(e => !e.IsWrite);

    /// <summary>Begins.</summary>
    /// <param name="endpoint">A node or the virtual IP.</param>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="nodes">The nodes that are read through in turn.</param>
    /// <param name="writers">How many writers, each with files of its own.</param>
    /// <param name="readers">How many readers.</param>
    /// <returns>The record, which grows until <see cref="StopAsync"/>.</returns>
    public static async Task<FileHistory> StartAsync(string endpoint, string fileSystem, IReadOnlyList<string> nodes, int writers = 2, int readers = 3)
    {
        var history = new FileHistory(endpoint, fileSystem, nodes, writers, readers);
        await history._clients[^1].Files.MakeDirectoryAsync("/history", parents: true);
        for (var i = 0; i < writers; i++)
        {
            var writer = i;
            history._running.Add(Task.Run(() => history.WriteAsync(writer)));
        }
        for (var i = 0; i < readers; i++)
        {
            var reader = i;
            history._running.Add(Task.Run(() => history.ReadAsync(reader)));
        }
        return history;
    }

    /// <summary>Ends the clients; what they have under way ends first.</summary>
    /// <returns>Completes when they have ended.</returns>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    /// <summary>Reads every file once more, and judges.</summary>
    /// <returns>How many files lost an acknowledged write, and how many reads were stale.</returns>
    public async Task<(int Lost, int Stale)> JudgeAsync()
    {
        var lost = 0;
        foreach (var file in _events.Where(e => e is { IsWrite: true, End: not null }).GroupBy(e => e.Path))
        {
            var acknowledged = file.Max(e => e.Value);
            if (await ValueAsync(_clients[^1].Files, file.Key, null) < acknowledged)
                lost++;
        }
        return (lost, _events.GroupBy(e => e.Path).Sum(file => Stale([.. file])));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var client in _clients)
            client.Dispose();
        _stop.Dispose();
    }

    private static int Stale(List<Event> events)
    {
        var stale = 0;
        foreach (var read in events.Where(e => !e.IsWrite))
        {
            var floor = events.Where(e => e.End is { } end && end < read.Begin).Select(e => e.Value).DefaultIfEmpty(0).Max();
            // A read may give what was acknowledged or is being written; never what nobody had begun to write.
            var ceiling = events.Where(e => e.IsWrite && e.Begin < read.End).Select(e => e.Value).DefaultIfEmpty(0).Max();
            if (read.Value < floor || read.Value > ceiling)
                stale++;
        }
        return stale;
    }

    private static string PathOf(int writer, int file) => $"/history/{writer}-{file}";

    private async Task WriteAsync(int writer)
    {
        for (long value = 1; !_stop.IsCancellationRequested; value++)
        {
            var path = PathOf(writer, (int)(value % 2));
            var written = new Event(path, true, value, _clock.Elapsed);
            // In the record before it is sent: a read may give it before it is acknowledged.
            _events.Enqueue(written);
            await _clients[writer].Files.PutAsync(path, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
            written.End = _clock.Elapsed;
            await Task.Delay(10);
        }
    }

    private async Task ReadAsync(int reader)
    {
        for (var turn = reader; !_stop.IsCancellationRequested; turn++)
        {
            var path = PathOf(turn % _writers, turn / _writers % 2);
            var read = new Event(path, false, 0, _clock.Elapsed);
            try
            {
                // Through a certain node every other time, and if that is gone, through any.
                var node = turn % 2 == 0 ? null : _nodes[turn / 2 % _nodes.Count];
                read.Value = await ValueAsync(_clients[_writers + reader].Files, path, node);
            }
            catch (MooringUnreachableException)
            {
                continue;
            }
            read.End = _clock.Elapsed;
            _events.Enqueue(read);
            await Task.Delay(5);
        }
    }

    private static async Task<long> ValueAsync(FileSystemClient files, string path, string? node)
    {
        using var limit = new CancellationTokenSource(node is null ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1));
        try
        {
            return long.Parse((await files.GetAsync(path, node, limit.Token)).Span, CultureInfo.InvariantCulture);
        }
        catch (MooringException e) when (e.Kind == ErrorKind.NotFound)
        {
            return 0;
        }
        catch (OperationCanceledException) when (node is not null)
        {
            throw new MooringUnreachableException($"{node} does not serve", null, null);
        }
    }

    private sealed class Event(string path, bool isWrite, long value, TimeSpan begin)
    {
        public string Path => path;

        public bool IsWrite => isWrite;

        public long Value { get; set; } = value;

        public TimeSpan Begin => begin;

        /// <summary>When it was acknowledged or answered; null when it was not.</summary>
        public TimeSpan? End { get; set; }
    }
}
