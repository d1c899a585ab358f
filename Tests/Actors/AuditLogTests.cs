using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.StorageNode.Http.Audit;
using Mooring.Tests.Actors.Fakes;

namespace Mooring.Tests.Actors;

/// <summary>The audit log on an embedded store, as several nodes write and read it.</summary>
public sealed class AuditLogTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mooring-audit-");
    private readonly ManualClock _clock = new();
    private readonly Interrupted _store;

    public AuditLogTests() => _store = new Interrupted(new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = _directory.FullName }));

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_nodes_write_at_once_is_there_once_and_in_the_order_of_each()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 150).SelectMany(i => new[] { one.Log.WriteAsync(Entry("one", $"{i}")), other.Log.WriteAsync(Entry("other", $"{i}")) })).WaitAsync(Limit);

        var read = new List<AuditEntryShape>();
        var next = (long?)null;
        do
        {
            (var page, next) = await other.Log.ReadAsync(next, 70, default);
            read.AddRange(page);
        }
        while (next is not null);

        Assert.Equal(Enumerable.Range(1, 300).Reverse().Select(n => (long?)n), read.Select(e => e.Number));
        foreach (var node in (string[])["one", "other"])
            Assert.Equal(Enumerable.Range(0, 150).Reverse().Select(i => $"{i}"), read.Where(e => e.Node == node).Select(e => e.Id));
    }

    [Fact]
    public async Task What_is_older_than_it_is_kept_goes()
    {
        await using var node = await StartAsync(new AuditSettings(TimeSpan.FromDays(1), ""));
        await Task.WhenAll(node.Log.WriteAsync(Entry("one", "a")), node.Log.WriteAsync(Entry("one", "b"))).WaitAsync(Limit);
        _clock.Advance(TimeSpan.FromHours(23));
        await node.Log.WriteAsync(Entry("one", "c")).WaitAsync(Limit);
        Assert.Equal(["c", "b", "a"], await IdsAsync(node.Log));

        _clock.Advance(TimeSpan.FromHours(2));
        await node.Log.WriteAsync(Entry("one", "d")).WaitAsync(Limit);
        // One after another: after this one, what the one before it had to do is done.
        await node.Log.WriteAsync(Entry("one", "e")).WaitAsync(Limit);
        Assert.Equal(["e", "d", "c"], await IdsAsync(node.Log));
    }

    [Fact]
    public async Task A_node_writes_its_own_entries_to_its_file_too_as_lines_of_JSON()
    {
        var file = Path.Combine(_directory.FullName, "audit.log");
        await using var node = await StartAsync(new AuditSettings(TimeSpan.FromDays(1), file));
        await using var other = await StartAsync();
        await node.Log.WriteAsync(Entry("one", "a")).WaitAsync(Limit);
        await other.Log.WriteAsync(Entry("other", "b")).WaitAsync(Limit);
        File.Move(file, file + ".1");
        await node.Log.WriteAsync(Entry("one", "c") with { Body = "two\nlines" }).WaitAsync(Limit);

        Assert.Equal("a", Line(Assert.Single(await File.ReadAllLinesAsync(file + ".1"))).Id);
        Assert.Equal("two\nlines", Line(Assert.Single(await File.ReadAllLinesAsync(file))).Body);

        static AuditEntryShape Line(string line) => JsonSerializer.Deserialize(line, HttpJson.Default.AuditEntryShape)!;
    }

    [Fact]
    public async Task Who_cannot_write_is_told_and_it_goes_on_when_the_store_is_back()
    {
        await using var node = await StartAsync();
        _store.IsAway = true;
        var refused = await Assert.ThrowsAsync<BlockStoreException>(() => node.Log.WriteAsync(Entry("one", "a")).WaitAsync(Limit));
        Assert.Equal(ErrorKind.Unavailable, refused.Kind);

        _store.IsAway = false;
        await node.Log.WriteAsync(Entry("one", "b")).WaitAsync(Limit);
        Assert.Equal(["b"], await IdsAsync(node.Log));
    }

    private AuditEntryShape Entry(string node, string id) => new(_clock.GetUtcNow(), node, "received", id, "admin", "127.0.0.1", "POST", "/v1/volumes");

    private static async Task<IEnumerable<string>> IdsAsync(AuditLog log) => (await log.ReadAsync(null, 100, default)).Items.Select(e => e.Id);

    private async Task<Running> StartAsync(AuditSettings? settings = null)
    {
        var log = new AuditLog(_store, settings ?? new AuditSettings(TimeSpan.FromDays(1), ""), _clock, NullLogger<AuditLog>.Instance);
        await log.StartAsync(default);
        return new Running(log);
    }

    private sealed record Running(AuditLog Log) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Log.StopAsync(default).WaitAsync(Limit);
            Log.Dispose();
        }
    }

    private sealed class Interrupted(IEventLogProvider store) : IEventLogProvider
    {
        public bool IsAway { get; set; }

        public Task<IEventLogConnection> OpenEventLogAsync(string purpose, CancellationToken cancellationToken) =>
            IsAway ? throw new BlockStoreException(ErrorKind.TimedOut, "it does not answer") : store.OpenEventLogAsync(purpose, cancellationToken);
    }
}
