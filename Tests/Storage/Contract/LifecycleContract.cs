using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What making, resizing, renaming and removing images promises (<see cref="IImageLifecycle"/>).</summary>
public abstract class LifecycleContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_new_image_reads_as_zeros()
    {
        var volume = await CreateAsync(MiB);
        Assert.All(await ReadAsync(Store, volume, 0, MiB), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task A_name_that_is_taken_is_refused_and_the_image_under_it_stays_as_it_is()
    {
        var volume = await CreateAsync(MiB);
        var id = await Store.FindAsync(volume, default);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateAsync(volume, 2 * MiB, default));
        var info = await Store.GetAsync(volume, default);
        Assert.Equal(id, info.Id);
        Assert.Equal(MiB, info.SizeBytes);
    }

    [StoreFact]
    public async Task Of_many_that_create_one_name_at_once_exactly_one_does()
    {
        var volume = Fresh();
        IBlockStore[] stores = [Store, await ConnectAsync("second"), await ConnectAsync("third")];
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            try
            {
                await stores[i % stores.Length].CreateAsync(volume, MiB * (i + 1L), default);
                return i;
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.AlreadyExists)
            {
                return -1;
            }
        })).WaitAsync(StepLimit);
        var winner = Assert.Single(outcomes, i => i >= 0);
        Assert.Equal(MiB * (winner + 1L), (await Store.GetAsync(volume, default)).SizeBytes);
    }

    [StoreFact]
    public async Task A_size_must_be_above_0_and_within_the_limit()
    {
        var volume = Fresh();
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateAsync(volume, 0, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateAsync(volume, -1, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateAsync(volume, long.MaxValue, default));
        Assert.Null(await Store.FindAsync(volume, default));
        var there = await CreateAsync(MiB);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ResizeAsync(there, 0, Shrinking.Unused, null, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ResizeAsync(there, -1, Shrinking.Unused, null, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ResizeAsync(there, long.MaxValue, Shrinking.Unused, null, default));
        Assert.Equal(MiB, (await Store.GetAsync(there, default)).SizeBytes);
    }

    [StoreFact]
    public async Task Removing_frees_the_name()
    {
        var volume = await CreateAsync(8 * MiB, 8 * MiB);
        var reports = new Reports();
        await Store.RemoveAsync(volume, reports, default);
        Assert.Null(await Store.FindAsync(volume, default));
        Assert.All(reports.Shares, share => Assert.InRange(share, 0, 1));
        await Store.CreateAsync(volume, 8 * MiB, default);
        Assert.All(await ReadAsync(Store, volume, 0, MiB), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public Task Removing_what_is_not_there_says_not_found() => FailsAsync(ErrorKind.NotFound, () => Store.RemoveAsync(Fresh(), null, default));

    [StoreFact]
    public async Task Growing_keeps_the_data_and_adds_zeros()
    {
        var volume = await CreateAsync(MiB, MiB);
        await Store.ResizeAsync(volume, 3 * MiB, Shrinking.Never, null, default);
        Assert.Equal(3 * MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, volume, 0, MiB));
        Assert.All(await ReadAsync(Store, volume, MiB, 2 * MiB), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task Shrinking_needs_leave()
    {
        var volume = await CreateAsync(2 * MiB, 2 * MiB);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ResizeAsync(volume, MiB, Shrinking.Never, null, default));
        Assert.Equal(2 * MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        Assert.Equal(Pattern(MiB, MiB), await ReadAsync(Store, volume, MiB, MiB));
    }

    [StoreFact]
    public async Task Shrinking_what_somebody_has_open_needs_force()
    {
        var volume = Fresh();
        await Store.CreateSharedAsync(volume, 3 * MiB, default);
        var other = await ConnectAsync("other");
        await using (await other.OpenAsync(volume, readOnly: false, default))
        {
            await FailsAsync(ErrorKind.Busy, () => Store.ResizeAsync(volume, 2 * MiB, Shrinking.Unused, null, default));
            await Store.ResizeAsync(volume, 4 * MiB, Shrinking.Unused, null, default);
            await Store.ResizeAsync(volume, 2 * MiB, Shrinking.Always, null, default);
        }
        await Store.ResizeAsync(volume, MiB, Shrinking.Unused, null, default);
        Assert.Equal(MiB, (await Store.GetAsync(volume, default)).SizeBytes);
    }

    [StoreFact]
    public async Task What_was_cut_off_does_not_come_back()
    {
        var volume = await CreateAsync(2 * MiB, 2 * MiB);
        await Store.ResizeAsync(volume, MiB, Shrinking.Unused, null, default);
        await Store.ResizeAsync(volume, 2 * MiB, Shrinking.Never, null, default);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, volume, 0, MiB));
        Assert.All(await ReadAsync(Store, volume, MiB, MiB), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task Setting_the_size_that_it_has_is_done_at_once()
    {
        var volume = await CreateAsync(MiB);
        await Store.ResizeAsync(volume, MiB, Shrinking.Never, null, default);
        Assert.Equal(MiB, (await Store.GetAsync(volume, default)).SizeBytes);
    }

    [StoreFact]
    public Task Resizing_what_is_not_there_says_not_found() =>
        FailsAsync(ErrorKind.NotFound, () => Store.ResizeAsync(Fresh(), MiB, Shrinking.Never, null, default));

    [StoreFact]
    public async Task A_renamed_image_keeps_its_id_data_and_metadata()
    {
        var from = await CreateAsync(MiB, MiB);
        await Store.SetMetadataAsync(from, "k", "v", default);
        var id = await Store.FindAsync(from, default);
        var to = Fresh("renamed");
        await Store.RenameAsync(from, to, default);
        Assert.Null(await Store.FindAsync(from, default));
        Assert.Equal(id, await Store.FindAsync(to, default));
        Assert.Equal(to, (await Store.GetAsync(to, default)).Volume);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, to, 0, MiB));
        Assert.Equal("v", (await Store.GetMetadataAsync(to, default))["k"]);
    }

    [StoreFact]
    public async Task Reserved_names_become_visible_by_a_rename()
    {
        var hidden = new VolumeId(Fixture.Pool, "", VolumeId.ReservedPrefix + FreshText("work"));
        var visible = Fresh();
        await Store.CreateAsync(hidden, MiB, default);
        await Store.RenameAsync(hidden, visible, default);
        Assert.Equal(MiB, (await Store.GetAsync(visible, default)).SizeBytes);
    }

    [StoreFact]
    public async Task A_rename_never_replaces_another_image()
    {
        var from = await CreateAsync(MiB);
        var to = await CreateAsync(2 * MiB);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.RenameAsync(from, to, default));
        Assert.Equal(MiB, (await Store.GetAsync(from, default)).SizeBytes);
        Assert.Equal(2 * MiB, (await Store.GetAsync(to, default)).SizeBytes);
    }

    [StoreFact]
    public async Task Renaming_what_is_not_there_says_not_found()
    {
        await FailsAsync(ErrorKind.NotFound, () => Store.RenameAsync(Fresh(), Fresh(), default));
        var done = await CreateAsync(MiB);
        await FailsAsync(ErrorKind.NotFound, () => Store.RenameAsync(Fresh(), done, default));
    }

    [StoreFact]
    public async Task A_rename_stays_in_its_pool_and_namespace()
    {
        var volume = await CreateAsync(MiB);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.RenameAsync(volume, volume with { Pool = Fixture.OtherPool }, default));
        Assert.NotNull(await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task Of_many_that_rename_to_one_name_at_once_exactly_one_does()
    {
        var target = Fresh("target");
        var sources = new List<VolumeId>();
        for (var i = 0; i < 4; i++)
            sources.Add(await CreateAsync(MiB));
        var other = await ConnectAsync("other");
        var outcomes = await Task.WhenAll(sources.Select(async (source, i) =>
        {
            try
            {
                await (i % 2 == 0 ? Store : other).RenameAsync(source, target, default);
                return true;
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.AlreadyExists)
            {
                return false;
            }
        })).WaitAsync(StepLimit);
        Assert.Single(outcomes, won => won);
        for (var i = 0; i < sources.Count; i++)
            Assert.Equal(outcomes[i], await Store.FindAsync(sources[i], default) is null);
    }

    [StoreFact]
    public async Task An_image_is_laid_out_as_asked()
    {
        var volume = Fresh();
        await Store.CreateAsync(volume, 8 * MiB, new ImageLayout(MiB, ["layering", "exclusive-lock"], 1 << 16, 4, Fixture.OtherPool), default);
        var made = await Store.GetAsync(volume, default);
        Assert.Equal((MiB, 1 << 16, 4, Fixture.OtherPool), (made.ObjectSizeBytes, made.StripeUnitBytes, made.StripeCount, made.DataPool));
        Assert.Contains("exclusive-lock", made.Features);
        Assert.DoesNotContain("object-map", made.Features);
        await Store.WriteAsync(volume, 0, Pattern(0, MiB), default);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, volume, 0, MiB));
        var listed = (await Store.ListImagesAsync(volume.Pool, "", volume.Image[..^1], 1, default))[0];
        Assert.Equal(Fixture.OtherPool, listed.Info!.DataPool);
    }

    [StoreFact]
    public async Task An_unknown_data_pool_is_not_found()
    {
        var volume = Fresh();
        await FailsAsync(ErrorKind.NotFound, () => Store.CreateAsync(volume, MiB, new ImageLayout(DataPool: FreshText("no-pool")), default));
        Assert.Null(await Store.FindAsync(volume, default));
    }
}
