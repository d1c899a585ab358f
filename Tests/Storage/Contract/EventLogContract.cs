using System.Text;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What the event log promises (<see cref="IEventLog"/>).</summary>
public abstract class EventLogContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private readonly string _stream = FreshText("stream");

    private IEventLogConnection _log = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _log = await Fixture.OpenEventLogAsync();
    }

    public override async Task DisposeAsync()
    {
        await _log.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Looks for what snapshots of a stream may have left behind.</summary>
    protected virtual Task NothingIsLeftOfAsync(string stream) => Task.CompletedTask;

    [StoreFact]
    public async Task A_stream_that_never_was_is_empty()
    {
        Assert.Equal(0, await _log.GetHighestNumberAsync(_stream, default));
        Assert.Empty(await ReadAsync(_stream));
        Assert.Empty(await _log.ListSnapshotsAsync(_stream, default));
        Assert.Null(await _log.GetSnapshotAsync(_stream, 1, default));
        await _log.DeleteAsync(_stream, 10, default);
        await _log.DeleteSnapshotAsync(_stream, 1, default);
    }

    [StoreFact]
    public async Task Events_are_read_in_order_by_every_connection()
    {
        Assert.True(await AppendAsync(_stream, 1, "a", "b", "c"));
        Assert.True(await AppendAsync(_stream, 4, "d"));
        await using var other = await Fixture.OpenEventLogAsync();
        Assert.Equal(4, await other.GetHighestNumberAsync(_stream, default));
        Assert.Equal(["1:a", "2:b", "3:c", "4:d"], await ReadAsync(_stream, log: other));
        Assert.Equal(["2:b", "3:c"], await ReadAsync(_stream, 2, 3));
        Assert.Equal(["2:b"], await ReadAsync(_stream, 2, 4, limit: 1));
        Assert.Empty(await ReadAsync(_stream, 5));
        Assert.Empty(await ReadAsync(_stream, 3, 2));
    }

    [StoreFact]
    public async Task An_empty_event_is_an_event()
    {
        Assert.True(await AppendAsync(_stream, 1, "", "b"));
        Assert.Equal(["1:", "2:b"], await ReadAsync(_stream));
    }

    [StoreFact]
    public async Task An_append_that_does_not_know_the_latest_event_changes_nothing()
    {
        Assert.True(await AppendAsync(_stream, 1, "a", "b"));
        Assert.False(await AppendAsync(_stream, 1, "x"));
        Assert.False(await AppendAsync(_stream, 2, "x"));
        Assert.False(await AppendAsync(_stream, 4, "x"));
        Assert.Equal(["1:a", "2:b"], await ReadAsync(_stream));
        Assert.Equal(2, await _log.GetHighestNumberAsync(_stream, default));
    }

    [StoreFact]
    public async Task Of_two_incarnations_that_append_the_same_number_exactly_one_does()
    {
        await using var other = await Fixture.OpenEventLogAsync();
        for (var number = 1; number <= 50; number++)
        {
            var outcomes = await Task.WhenAll(
                _log.AppendAsync(_stream, number, [Bytes("mine")], default), other.AppendAsync(_stream, number, [Bytes("theirs")], default)).WaitAsync(StepLimit);
            Assert.Single(outcomes, won => won);
        }
        Assert.Equal(50, await _log.GetHighestNumberAsync(_stream, default));
    }

    [StoreFact]
    public async Task In_a_shared_write_only_the_stale_appends_are_refused()
    {
        // Enough streams at once that several wait for the same object and go out together.
        string[] streams = [.. Enumerable.Range(0, 400).Select(i => $"{_stream}-{i}")];
        for (var i = 0; i < streams.Length; i += 5)
            Assert.True(await AppendAsync(streams[i], 1, "before"));
        var outcomes = await Task.WhenAll(streams.Select(stream => AppendAsync(stream, 1, "now"))).WaitAsync(StepLimit);
        for (var i = 0; i < streams.Length; i++)
        {
            Assert.Equal(i % 5 != 0, outcomes[i]);
            Assert.Equal([i % 5 == 0 ? "1:before" : "1:now"], await ReadAsync(streams[i]));
        }
    }

    [StoreFact]
    public async Task Appends_of_one_stream_that_wait_together_keep_their_order()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(number => AppendAsync(_stream, number, $"{number}"))).WaitAsync(StepLimit);
        Assert.All(outcomes, Assert.True);
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"{n}:{n}"), await ReadAsync(_stream));
    }

    [StoreFact]
    public async Task What_was_asked_for_behind_a_refused_append_is_refused_too()
    {
        await using var other = await Fixture.OpenEventLogAsync();
        Assert.True(await other.AppendAsync(_stream, 1, [Bytes("theirs")], default));
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 5).Select(number => AppendAsync(_stream, number, "mine"))).WaitAsync(StepLimit);
        Assert.DoesNotContain(true, outcomes);
        Assert.Equal(["1:theirs"], await ReadAsync(_stream));
        Assert.True(await AppendAsync(_stream, 2, "mine"));
    }

    [StoreFact]
    public async Task A_long_stream_is_read_page_by_page()
    {
        for (var first = 1; first <= 2500; first += 500)
            Assert.True(await AppendAsync(_stream, first, [.. Enumerable.Range(first, 500).Select(n => $"event {n}")]));
        var all = await ReadAsync(_stream);
        Assert.Equal(Enumerable.Range(1, 2500).Select(n => $"{n}:event {n}"), all);
        Assert.Equal(all.Skip(999).Take(1100), await ReadAsync(_stream, 1000, long.MaxValue, 1100));
    }

    [StoreFact]
    public async Task Large_events_are_kept_whole_and_larger_ones_refused()
    {
        var large = new byte[1 << 20];
        Random.Shared.NextBytes(large);
        Assert.True(await _log.AppendAsync(_stream, 1, [large, large, large, large, large, large], default));
        var count = 0;
        await foreach (var (_, bytes) in _log.ReadAsync(_stream, 1, long.MaxValue, long.MaxValue, default))
        {
            Assert.True(bytes.Span.SequenceEqual(large));
            count++;
        }
        Assert.Equal(6, count);
        await FailsAsync(ErrorKind.InvalidArgument, () => _log.AppendAsync(_stream, 7, [new byte[(1 << 20) + 1]], default));
    }

    [StoreFact]
    public async Task Deleted_events_are_gone_and_the_highest_number_stays()
    {
        await AppendAsync(_stream, 1, "a", "b", "c");
        await _log.DeleteAsync(_stream, 2, default);
        Assert.Equal(["3:c"], await ReadAsync(_stream));
        await _log.DeleteAsync(_stream, long.MaxValue, default);
        Assert.Empty(await ReadAsync(_stream));
        Assert.Equal(3, await _log.GetHighestNumberAsync(_stream, default));
        Assert.False(await AppendAsync(_stream, 1, "x"));
        Assert.True(await AppendAsync(_stream, 4, "d"));
        Assert.Equal(["4:d"], await ReadAsync(_stream));
    }

    [StoreFact]
    public async Task Streams_whose_names_begin_alike_are_apart()
    {
        string[] names = [_stream, _stream + "/", _stream + "/a", _stream + "/00000000000000000001", _stream + "%", _stream + "%2F", _stream + "ä"];
        foreach (var name in names)
            Assert.True(await AppendAsync(name, 1, name));
        foreach (var name in names)
            Assert.Equal([$"1:{name}"], await ReadAsync(name));
        await _log.DeleteAsync(_stream, long.MaxValue, default);
        Assert.Equal([$"1:{names[2]}"], await ReadAsync(names[2]));
    }

    [StoreFact]
    public async Task Snapshots_are_listed_newest_first_read_replaced_and_deleted()
    {
        var when = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var large = new byte[3 << 20];
        Random.Shared.NextBytes(large);
        await _log.PutSnapshotAsync(_stream, 5, when, Bytes("five"), default);
        await _log.PutSnapshotAsync(_stream, 12, when.AddDays(1), large, default);
        Assert.Equal([(12, when.AddDays(1)), (5, when)], await _log.ListSnapshotsAsync(_stream, default));
        Assert.Equal("five", Encoding.UTF8.GetString((await _log.GetSnapshotAsync(_stream, 5, default))!.Value.Span));
        Assert.True((await _log.GetSnapshotAsync(_stream, 12, default))!.Value.Span.SequenceEqual(large));
        Assert.Null(await _log.GetSnapshotAsync(_stream, 6, default));

        await _log.PutSnapshotAsync(_stream, 5, when, large, default);
        await _log.PutSnapshotAsync(_stream, 12, when, Bytes("small"), default);
        Assert.True((await _log.GetSnapshotAsync(_stream, 5, default))!.Value.Span.SequenceEqual(large));
        Assert.Equal("small", Encoding.UTF8.GetString((await _log.GetSnapshotAsync(_stream, 12, default))!.Value.Span));

        await _log.DeleteSnapshotAsync(_stream, 12, default);
        Assert.Equal([(5, when)], await _log.ListSnapshotsAsync(_stream, default));
        await _log.DeleteSnapshotAsync(_stream, 5, default);
        Assert.Empty(await _log.ListSnapshotsAsync(_stream, default));
        await NothingIsLeftOfAsync(_stream);
    }

    [StoreFact]
    public async Task After_its_connection_was_fenced_a_log_appends_nowhere_any_more()
    {
        for (var round = 0; round < 5; round++)
        {
            // So many streams that every object of the journal, each on OSDs of its own, has some: the fence must hold at all of them at once.
            string[] streams = [.. Enumerable.Range(0, 100).Select(i => $"{_stream}-{round}-{i}")];
            await using var victim = await Fixture.OpenEventLogAsync();
            Assert.All(await Task.WhenAll(streams.Select(stream => victim.AppendAsync(stream, 1, [Bytes("a")], default))), Assert.True);
            await Store.FenceAsync(victim.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);
            await Task.WhenAll(streams.Select(stream => FailsAsync(ErrorKind.Fenced, () => victim.AppendAsync(stream, 2, [Bytes("b")], default))));
            await FailsAsync(ErrorKind.Fenced, () => victim.DeleteAsync(streams[0], 1, default));
            await FailsAsync(ErrorKind.Fenced, () => victim.PutSnapshotAsync(streams[0], 1, DateTime.UnixEpoch, Bytes("s"), default));
            Assert.True(await AppendAsync(streams[0], 2, "c"));
            Assert.Equal(["1:a", "2:c"], await ReadAsync(streams[0]));
        }
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private Task<bool> AppendAsync(string stream, long first, params string[] events) =>
        _log.AppendAsync(stream, first, [.. events.Select(Bytes)], default);

    private async Task<List<string>> ReadAsync(
        string stream, long from = 1, long to = long.MaxValue, long limit = long.MaxValue, IEventLog? log = null)
    {
        var events = new List<string>();
        await foreach (var (number, bytes) in (log ?? _log).ReadAsync(stream, from, to, limit, default))
            events.Add($"{number}:{Encoding.UTF8.GetString(bytes.Span)}");
        return events;
    }
}
