using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What the bytes and the metadata of images promise (<see cref="IImageData"/>, <see cref="IImageMetadata"/>).</summary>
public abstract class DataContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task What_was_written_is_read_by_every_connection_and_holes_are_zeros()
    {
        var volume = await CreateAsync(16 * MiB);
        var other = await ConnectAsync("other");
        await Store.WriteAsync(volume, 4 * MiB - 100, Pattern(3, 200), default);
        await other.WriteAsync(volume, 16 * MiB - 1, new byte[] { 7 }, default);
        var all = await ReadAsync(other, volume, 0, 16 * MiB);
        Assert.Equal(Pattern(3, 200), all[(4 * MiB - 100)..(4 * MiB + 100)]);
        Assert.Equal(7, all[^1]);
        Assert.Equal(201, all.Count(b => b != 0));
    }

    [StoreFact]
    public async Task A_write_in_the_middle_leaves_the_rest()
    {
        var volume = await CreateAsync(MiB, MiB);
        await Store.WriteAsync(volume, 1000, Pattern(0, 10, seed: 200), default);
        var all = await ReadAsync(Store, volume, 0, MiB);
        var expected = Pattern(0, MiB);
        Pattern(0, 10, seed: 200).CopyTo(expected, 1000);
        Assert.Equal(expected, all);
    }

    [StoreFact]
    public async Task Nothing_is_read_or_written_beyond_the_end()
    {
        var volume = await CreateAsync(MiB);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ReadAsync(volume, MiB - 1, new byte[2], default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ReadAsync(volume, -1, new byte[2], default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ReadAsync(volume, long.MaxValue, new byte[2], default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.WriteAsync(volume, MiB - 1, Pattern(0, 2), default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.WriteAsync(volume, -1, Pattern(0, 2), default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.WriteAsync(volume, long.MaxValue, Pattern(0, 2), default));
        Assert.All(await ReadAsync(Store, volume, 0, MiB), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task Bytes_of_an_image_that_is_not_there_are_not_found()
    {
        await FailsAsync(ErrorKind.NotFound, () => Store.ReadAsync(Fresh(), 0, new byte[1], default));
        await FailsAsync(ErrorKind.NotFound, () => Store.WriteAsync(Fresh(), 0, new byte[1], default));
    }

    [StoreFact]
    public async Task Many_writers_at_once_each_get_their_bytes_in()
    {
        const int Block = 64 * 1024;
        var volume = await CreateAsync(32 * Block);
        var other = await ConnectAsync("other");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
            (i % 2 == 0 ? Store : other).WriteAsync(volume, i * Block, Pattern(i * Block, Block), default))).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 32 * Block), await ReadAsync(Store, volume, 0, 32 * Block));
    }

    [StoreFact]
    public async Task Metadata_are_set_replaced_and_read_by_every_connection()
    {
        var volume = await CreateAsync(MiB);
        var other = await ConnectAsync("other");
        Assert.Empty(await Store.GetMetadataAsync(volume, default));
        await Store.SetMetadataAsync(volume, "mooring.owner", "op-1", default);
        await Store.SetMetadataAsync(volume, "note", "a b\nü", default);
        await other.SetMetadataAsync(volume, "note", "second", default);
        var all = await other.GetMetadataAsync(volume, default);
        Assert.Equal(2, all.Count);
        Assert.Equal("op-1", all["mooring.owner"]);
        Assert.Equal("second", all["note"]);
    }

    [StoreFact]
    public async Task Metadata_of_many_keys_are_all_read()
    {
        var volume = await CreateAsync(MiB);
        for (var i = 0; i < 80; i++)
            await Store.SetMetadataAsync(volume, $"key-{i:000}", $"{i}", default);
        var all = await Store.GetMetadataAsync(volume, default);
        Assert.Equal(80, all.Count);
        Assert.Equal("79", all["key-079"]);
    }

    [StoreFact]
    public async Task Metadata_of_an_image_that_is_not_there_are_not_found()
    {
        await FailsAsync(ErrorKind.NotFound, () => Store.SetMetadataAsync(Fresh(), "k", "v", default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetMetadataAsync(Fresh(), default));
    }

    [StoreFact]
    public async Task Metadata_are_removed_one_by_one()
    {
        var volume = await CreateAsync(MiB);
        await Store.SetMetadataAsync(volume, "a/b", "1", default);
        await Store.SetMetadataAsync(volume, "c", "2", default);
        await Store.RemoveMetadataAsync(volume, "a/b", default);
        Assert.Equal(new Dictionary<string, string> { ["c"] = "2" }, await Store.GetMetadataAsync(volume, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveMetadataAsync(volume, "a/b", default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveMetadataAsync(Fresh(), "c", default));
    }

    [StoreFact]
    public async Task Metadata_end_with_their_image()
    {
        var volume = await CreateAsync(MiB);
        await Store.SetMetadataAsync(volume, "k", "v", default);
        await Store.RemoveAsync(volume, null, default);
        await Store.CreateAsync(volume, MiB, default);
        Assert.Empty(await Store.GetMetadataAsync(volume, default));
    }
}
