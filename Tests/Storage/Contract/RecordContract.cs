using System.Text;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What small guarded records promise (<see cref="IRecords"/>).</summary>
public abstract class RecordContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private readonly string _key = FreshText("record");

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [StoreFact]
    public async Task A_record_that_is_not_there_is_null() => Assert.Null(await Store.GetRecordAsync(_key, default));

    [StoreFact]
    public async Task What_was_put_is_read_by_every_connection()
    {
        var version = await Store.PutRecordAsync(_key, Bytes("one"), 0, default);
        var other = await ConnectAsync("other");
        var record = await other.GetRecordAsync(_key, default);
        Assert.NotNull(version);
        Assert.True(version >= 1);
        Assert.Equal(_key, record!.Key);
        Assert.Equal(version, record.Version);
        Assert.Equal("one", Encoding.UTF8.GetString(record.Value.Span));
    }

    [StoreFact]
    public async Task Versions_rise_and_an_old_one_changes_nothing()
    {
        var first = await Store.PutRecordAsync(_key, Bytes("one"), 0, default);
        var second = await Store.PutRecordAsync(_key, Bytes("two"), first!.Value, default);
        Assert.True(second > first);
        Assert.Null(await Store.PutRecordAsync(_key, Bytes("three"), first.Value, default));
        Assert.Null(await Store.PutRecordAsync(_key, Bytes("three"), 0, default));
        Assert.Null(await Store.PutRecordAsync(_key, Bytes("three"), second!.Value + 1, default));
        Assert.False(await Store.RemoveRecordAsync(_key, first.Value, default));
        var record = await Store.GetRecordAsync(_key, default);
        Assert.Equal("two", Encoding.UTF8.GetString(record!.Value.Span));
        Assert.Equal(second, record.Version);
    }

    [StoreFact]
    public async Task A_removed_record_is_gone()
    {
        var version = await Store.PutRecordAsync(_key, Bytes("one"), 0, default);
        Assert.True(await Store.RemoveRecordAsync(_key, version!.Value, default));
        Assert.False(await Store.RemoveRecordAsync(_key, version.Value, default));
        Assert.Null(await Store.GetRecordAsync(_key, default));
        Assert.Null(await Store.PutRecordAsync(_key, Bytes("two"), version.Value, default));
        // The new record has versions of its own: who knows the old one cannot change it.
        Assert.NotNull(await Store.PutRecordAsync(_key, Bytes("two"), 0, default));
        Assert.Null(await Store.PutRecordAsync(_key, Bytes("three"), version.Value, default));
    }

    [StoreFact]
    public async Task Of_many_that_write_with_the_same_version_exactly_one_wins()
    {
        IBlockStore[] stores = [Store, await ConnectAsync("second"), await ConnectAsync("third")];
        long version = 0;
        for (var round = 0; round < 5; round++)
        {
            var expected = version;
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
                (Writer: i, Version: await stores[i % 3].PutRecordAsync(_key, Bytes($"{i}"), expected, default)))).WaitAsync(StepLimit);
            var winner = Assert.Single(outcomes, o => o.Version is not null);
            var record = await Store.GetRecordAsync(_key, default);
            Assert.Equal($"{winner.Writer}", Encoding.UTF8.GetString(record!.Value.Span));
            Assert.Equal(winner.Version, record.Version);
            version = record.Version;
        }
    }

    [StoreFact]
    public async Task Counting_by_many_loses_nothing()
    {
        IBlockStore[] stores = [Store, await ConnectAsync("second")];
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            for (var done = 0; done < 5;)
            {
                var now = await stores[i % 2].GetRecordAsync(_key, default);
                var count = now is null ? 0 : int.Parse(Encoding.UTF8.GetString(now.Value.Span), null);
                if (await stores[i % 2].PutRecordAsync(_key, Bytes($"{count + 1}"), now?.Version ?? 0, default) is not null)
                    done++;
            }
        })).WaitAsync(StepLimit);
        Assert.Equal("30", Encoding.UTF8.GetString((await Store.GetRecordAsync(_key, default))!.Value.Span));
    }

    [StoreFact]
    public async Task Records_are_listed_by_prefix_in_order()
    {
        foreach (var suffix in new[] { "/b", "/a", "/a/1", "", "~", "/B" })
            await Store.PutRecordAsync(_key + suffix, Bytes(suffix), 0, default);
        var listed = await Store.ListRecordsAsync(_key + "/", default);
        Assert.Equal(["/B", "/a", "/a/1", "/b"], listed.Select(r => r.Key[_key.Length..]));
        Assert.Equal(["/B", "/a", "/a/1", "/b"], listed.Select(r => Encoding.UTF8.GetString(r.Value.Span)));
        Assert.All(listed, r => Assert.True(r.Version >= 1));
        Assert.Equal(6, (await Store.ListRecordsAsync(_key, default)).Count);
        Assert.Empty(await Store.ListRecordsAsync(_key + "/c", default));
    }

    [StoreFact]
    public async Task Keys_may_hold_any_printable_character()
    {
        var key = _key + " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~%_";
        Assert.NotNull(await Store.PutRecordAsync(key, Bytes("v"), 0, default));
        Assert.Equal(key, (await Store.GetRecordAsync(key, default))!.Key);
        Assert.Equal(key, Assert.Single(await Store.ListRecordsAsync(key[..^1], default)).Key);
    }

    [StoreFact]
    public async Task A_record_has_a_good_key_and_at_most_64_KiB()
    {
        foreach (var key in new[] { "", new string('k', 257), "a\nb", "ä" })
            await FailsAsync(ErrorKind.InvalidArgument, () => Store.PutRecordAsync(key, Bytes("v"), 0, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.PutRecordAsync(_key, new byte[64 * 1024 + 1], 0, default));
        Assert.NotNull(await Store.PutRecordAsync(_key, new byte[64 * 1024], 0, default));
        Assert.Equal(64 * 1024, (await Store.GetRecordAsync(_key, default))!.Value.Length);
        var longest = _key.PadRight(256, 'k');
        Assert.NotNull(await Store.PutRecordAsync(longest, ReadOnlyMemory<byte>.Empty, 0, default));
        Assert.Equal(0, (await Store.GetRecordAsync(longest, default))!.Value.Length);
    }
}
