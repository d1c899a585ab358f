using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What taking all bytes of an image out and bringing them in promises (<see cref="IImageContent"/>).</summary>
public abstract class ContentContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private const int Block = 64 * 1024;

    [StoreFact]
    public async Task A_view_shows_an_image_and_a_snapshot_what_was_then()
    {
        var volume = await CreateAsync(8 * MiB, 2 * MiB);
        await Store.CreateSnapshotAsync(volume, "s", default);
        await Store.WriteAsync(volume, 0, Pattern(0, MiB, seed: 9), default);
        await Store.ResizeAsync(volume, 12 * MiB, Shrinking.Never, null, default);

        await using var now = await Store.OpenViewAsync(volume, null, default);
        await using var then = await Store.OpenViewAsync(volume, "s", default);

        Assert.Equal((12 * MiB, 8 * MiB), (now.SizeBytes, then.SizeBytes));
        Assert.Equal(Pattern(0, MiB, seed: 9), await ReadAsync(now, 0, MiB));
        Assert.Equal(Pattern(0, 2 * MiB), await ReadAsync(then, 0, 2 * MiB));
        Assert.All(await ReadAsync(then, 2 * MiB, MiB), b => Assert.Equal(0, b));
        await FailsAsync(ErrorKind.InvalidArgument, () => then.ReadAsync(8 * MiB, new byte[1], default));
        await FailsAsync(ErrorKind.PermissionDenied, () => now.WriteAsync(0, new byte[1], default));
        await FailsAsync(ErrorKind.NotFound, () => Store.OpenViewAsync(volume, "t", default));
        await FailsAsync(ErrorKind.NotFound, () => Store.OpenViewAsync(Fresh(), null, default));
    }

    [StoreFact]
    public async Task A_view_keeps_nobody_from_changing_the_image()
    {
        var volume = await CreateAsync(MiB, MiB);
        await using var view = await Store.OpenViewAsync(volume, null, default);

        await Store.WriteAsync(volume, 0, Pattern(0, 4096, seed: 7), default);
        Assert.Equal(Pattern(0, 4096, seed: 7), await ReadAsync(view, 0, 4096));
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_comparison_with_a_snapshot_gives_what_has_changed_and_no_less()
    {
        var volume = await CreateAsync(16 * MiB, 8 * MiB);
        await Store.CreateSnapshotAsync(volume, "s", default);
        await using (var image = await Store.OpenToFillAsync(volume, default))
        {
            await image.WriteAsync(MiB, Pattern(0, Block, seed: 5), default);
            await image.WriteAsync(10 * MiB, Pattern(0, Block, seed: 5), default);
            await image.ZeroAsync(4 * MiB, 4 * MiB, default);
            await image.FlushAsync(default);
        }
        await Store.CreateSnapshotAsync(volume, "t", default);

        await using var view = await Store.OpenViewAsync(volume, "t", default);
        var changed = await view.CompareAsync("s", 0, 16 * MiB, default);
        var all = await view.CompareAsync(null, 0, 16 * MiB, default);

        Assert.True(Covers(changed, MiB, Block) && Covers(changed, 10 * MiB, Block) && Covers(changed, 4 * MiB, 4 * MiB), string.Join(' ', changed));
        Assert.False(Covers(changed, 2 * MiB, MiB), string.Join(' ', changed));
        Assert.True(Covers(all, 0, 4 * MiB) && Covers(all, 10 * MiB, Block), string.Join(' ', all));
        foreach (var found in new[] { changed, all })
        {
            Assert.Equal(found.OrderBy(d => d.Offset), found);
            Assert.All(found.Zip(found.Skip(1)), pair => Assert.True(pair.First.Offset + pair.First.Length <= pair.Second.Offset));
            Assert.All(found, d => Assert.InRange(d.Offset + d.Length, 1, 16 * MiB));
            foreach (var zeros in found.Where(d => d.IsZeros))
                Assert.All(await ReadAsync(view, zeros.Offset, (int)zeros.Length), b => Assert.Equal(0, b));
        }
        await FailsAsync(ErrorKind.NotFound, () => view.CompareAsync("u", 0, MiB, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => view.CompareAsync(null, 16 * MiB, 1, default));
    }

    [StoreFact]
    public async Task What_is_filled_is_there_for_every_connection_after_a_flush()
    {
        var volume = await CreateAsync(8 * MiB, 2 * MiB);
        await using (var image = await Store.OpenToFillAsync(volume, default))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => image.WriteAsync(4 * MiB + i * Block, Pattern(i * Block, Block), default))).WaitAsync(StepLimit);
            await image.ZeroAsync(100, MiB, default);
            await image.FlushAsync(default);
            await FailsAsync(ErrorKind.InvalidArgument, () => image.ZeroAsync(8 * MiB - 1, 2, default));
        }
        var other = await ConnectAsync("other");
        Assert.Equal(Pattern(0, 8 * Block), await ReadAsync(other, volume, 4 * MiB, 8 * Block));
        Assert.Equal(Pattern(0, 100), await ReadAsync(other, volume, 0, 100));
        Assert.All(await ReadAsync(other, volume, 100, MiB), b => Assert.Equal(0, b));
        Assert.Equal(Pattern(100 + MiB, 1000), await ReadAsync(other, volume, 100 + MiB, 1000));
    }

    [StoreFact]
    public async Task After_a_fence_nothing_is_filled_any_more()
    {
        var victim = await ConnectAsync("victim");
        var volume = await CreateAsync(MiB);
        var image = await victim.OpenToFillAsync(volume, default);
        await Store.FenceAsync(victim.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);

        await FailsAsync(ErrorKind.Fenced, () => image.WriteAsync(0, Pattern(0, 100), default));
        await image.DisposeAsync();
        Assert.All(await ReadAsync(Store, volume, 0, 100), b => Assert.Equal(0, b));
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    private static bool Covers(IEnumerable<ImageDifference> found, long offset, long length)
    {
        foreach (var part in found.Where(d => d.Offset + d.Length > offset))
        {
            if (part.Offset > offset)
                break;
            var end = part.Offset + part.Length;
            if (end >= offset + length)
                return true;
            (offset, length) = (end, offset + length - end);
        }
        return false;
    }

    private static async Task<byte[]> ReadAsync(IOpenImage image, long offset, int length)
    {
        var bytes = new byte[length];
        await image.ReadAsync(offset, bytes, default).WaitAsync(StepLimit);
        return bytes;
    }
}
