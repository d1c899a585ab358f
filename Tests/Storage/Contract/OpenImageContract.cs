using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What open images promise (<see cref="IImageOpening"/>, <see cref="IOpenImage"/>).</summary>
public abstract class OpenImageContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private async Task<VolumeId> SharedAsync(long sizeBytes = 8 * MiB)
    {
        var volume = Fresh("shared");
        await Store.CreateSharedAsync(volume, sizeBytes, default).WaitAsync(StepLimit);
        return volume;
    }

    private static async Task<byte[]> ReadAsync(IOpenImage image, long offset, int length)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        await image.ReadAsync(offset, bytes, default).WaitAsync(StepLimit);
        return bytes;
    }

    [StoreFact]
    public async Task A_shared_image_is_made_once_and_found_as_any_other()
    {
        var volume = await SharedAsync(5 * MiB);
        Assert.Equal(5 * MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        Assert.DoesNotContain("exclusive-lock", (await Store.GetAsync(volume, default)).Features);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateSharedAsync(volume, MiB, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateSharedAsync(Fresh(), 0, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.OpenAsync(Fresh(), readOnly: true, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.OpenAsync(Fresh(), readOnly: false, default));
    }

    [StoreFact]
    public async Task A_writer_and_several_readers_have_it_open_at_once()
    {
        var volume = await SharedAsync();
        await using var writer = await Store.OpenAsync(volume, readOnly: false, default);
        var connections = new[] { Store, await ConnectAsync("second"), await ConnectAsync("third") };
        var readers = new List<IOpenImage>();
        foreach (var connection in connections)
            readers.Add(await connection.OpenAsync(volume, readOnly: true, default));
        for (var round = 0; round < 5; round++)
        {
            var offset = round * MiB + 1234;
            await writer.WriteAsync(offset, Pattern(offset, 300_000), default);
            foreach (var reader in readers)
                Assert.Equal(Pattern(offset, 300_000), await ReadAsync(reader, offset, 300_000));
        }
        foreach (var reader in readers)
        {
            Assert.Equal(8 * MiB, reader.SizeBytes);
            Assert.Equal(volume, reader.Volume);
            await reader.DisposeAsync();
        }
    }

    [StoreFact]
    public async Task Many_requests_run_at_once_on_one_open_image()
    {
        const int Block = 64 * 1024;
        var volume = await SharedAsync(64 * Block);
        await using var image = await Store.OpenAsync(volume, readOnly: false, default);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => image.WriteAsync(i * Block, Pattern(i * Block, Block), default))).WaitAsync(StepLimit);
        await image.FlushAsync(default).WaitAsync(StepLimit);
        var read = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => ReadAsync(image, i * Block, Block)));
        for (var i = 0; i < 64; i++)
            Assert.Equal(Pattern(i * Block, Block), read[i]);
        Assert.Equal(Pattern(0, 64 * Block), await ReadAsync(Store, volume, 0, 64 * Block));
    }

    [StoreFact]
    public async Task Holes_are_zeros_and_nothing_is_beyond_the_end()
    {
        var volume = await SharedAsync(MiB);
        await using var image = await Store.OpenAsync(volume, readOnly: false, default);
        Assert.All(await ReadAsync(image, 0, MiB), b => Assert.Equal(0, b));
        await FailsAsync(ErrorKind.InvalidArgument, () => image.ReadAsync(MiB - 1, new byte[2], default));
        await FailsAsync(ErrorKind.InvalidArgument, () => image.ReadAsync(-1, new byte[2], default));
        await FailsAsync(ErrorKind.InvalidArgument, () => image.WriteAsync(MiB - 1, Pattern(0, 2), default));
        await FailsAsync(ErrorKind.InvalidArgument, () => image.WriteAsync(long.MaxValue, Pattern(0, 2), default));
        Assert.All(await ReadAsync(image, 0, MiB), b => Assert.Equal(0, b));
        await image.FlushAsync(default);
    }

    [StoreFact]
    public async Task What_is_opened_to_be_read_cannot_be_written()
    {
        var volume = await SharedAsync(MiB);
        await using var image = await Store.OpenAsync(volume, readOnly: true, default);
        await FailsAsync(ErrorKind.PermissionDenied, () => image.WriteAsync(0, Pattern(0, 100), default));
        Assert.All(await ReadAsync(image, 0, 100), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task An_image_that_is_open_to_be_written_is_not_removed_until_it_is_closed()
    {
        var volume = await SharedAsync(MiB);
        var image = await Store.OpenAsync(volume, readOnly: false, default);
        var other = await ConnectAsync("other");
        await FailsAsync(ErrorKind.Busy, () => other.RemoveAsync(volume, null, default));
        await image.DisposeAsync();
        await image.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => image.ReadAsync(0, new byte[1], default));
        await other.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_request_that_is_cancelled_before_it_begins_changes_nothing()
    {
        var volume = await SharedAsync(MiB);
        await using var image = await Store.OpenAsync(volume, readOnly: false, default);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image.WriteAsync(0, Pattern(0, 10), cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image.ReadAsync(0, new byte[10], cancelled.Token));
        Assert.All(await ReadAsync(image, 0, 10), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task After_a_fence_no_write_of_an_open_image_takes_effect()
    {
        var victim = await ConnectAsync("victim");
        var volume = await SharedAsync();
        var open = await victim.OpenAsync(volume, readOnly: false, default);
        await open.WriteAsync(0, Pattern(0, MiB), default);
        await open.FlushAsync(default);
        // Writes go on while the fence comes; each either took effect before it or fails.
        var running = Enumerable.Range(0, 16).Select(i => open.WriteAsync(2 * MiB + i * 4096, Pattern(i, 4096), default)).ToList();

        await Store.FenceAsync(victim.Address, Hour, default).WaitAsync(Fixture.Limit);
        await using var reader = await Store.OpenAsync(volume, readOnly: true, default);
        var after = await ReadAsync(reader, 0, 8 * MiB);
        for (var i = 0; i < 8; i++)
            await FailsAsync(ErrorKind.Fenced, () => open.WriteAsync(i * 4096, Pattern(0, 4096, seed: 99), default));
        foreach (var write in running)
        {
            var failure = await Record.ExceptionAsync(() => write.WaitAsync(StepLimit));
            Assert.True(failure is null or BlockStoreException { Kind: ErrorKind.Fenced }, $"{failure}");
        }

        Assert.Equal(after, await ReadAsync(reader, 0, 8 * MiB));
        Assert.Equal(Pattern(0, MiB), after[..MiB]);
        await FailsAsync(ErrorKind.Fenced, () => victim.OpenAsync(volume, readOnly: false, default));
        await open.DisposeAsync();
        await using var successor = await Store.OpenAsync(volume, readOnly: false, default);
        await successor.WriteAsync(0, Pattern(0, 4096, seed: 7), default);
        Assert.Equal(Pattern(0, 4096, seed: 7), await ReadAsync(reader, 0, 4096));
    }
}
