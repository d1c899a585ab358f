using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What finding images promises (<see cref="IImageCatalog"/>).</summary>
public abstract class CatalogContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task Pools_are_listed_in_order()
    {
        var pools = await Store.ListPoolsAsync(default);
        Assert.Contains(Fixture.Pool, pools);
        Assert.Contains(Fixture.OtherPool, pools);
        Assert.Equal(pools.Order(StringComparer.Ordinal), pools);
    }

    [StoreFact]
    public async Task A_name_that_nothing_has_is_not_found_as_a_value() => Assert.Null(await Store.FindAsync(Fresh(), default));

    [StoreFact]
    public async Task An_image_is_found_by_every_connection_with_the_same_id()
    {
        var volume = await CreateAsync();
        var other = await ConnectAsync("other");
        var id = await Store.FindAsync(volume, default);
        Assert.NotNull(id);
        Assert.NotEmpty(id.Value.Value);
        Assert.Equal(id, await other.FindAsync(volume, default));
        Assert.Equal(id, (await other.GetAsync(volume, default)).Id);
    }

    [StoreFact]
    public async Task A_name_used_again_has_another_id()
    {
        var volume = await CreateAsync();
        var before = await Store.FindAsync(volume, default);
        await Store.RemoveAsync(volume, null, default);
        await Store.CreateAsync(volume, MiB, default);
        Assert.NotEqual(before, await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task What_the_store_knows_of_an_image_is_told()
    {
        var before = DateTimeOffset.UtcNow;
        var volume = await CreateAsync(5 * MiB + 4096);
        var info = await Store.GetAsync(volume, default);
        Assert.Equal(volume, info.Volume);
        Assert.Equal(5 * MiB + 4096, info.SizeBytes);
        Assert.True(info.ObjectSizeBytes > 0);
        Assert.Null(info.Parent);
        Assert.InRange(info.CreatedAt, before.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [StoreFact]
    public Task Getting_an_image_that_is_not_there_says_not_found() => FailsAsync(ErrorKind.NotFound, () => Store.GetAsync(Fresh(), default));

    [StoreFact]
    public async Task An_unknown_pool_is_not_found_by_every_call()
    {
        var nowhere = new VolumeId(FreshText("no-pool"), "", "v");
        var here = await CreateAsync();
        await FailsAsync(ErrorKind.NotFound, () => Store.FindAsync(nowhere, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetAsync(nowhere, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListAsync(nowhere.Pool, "", null, 10, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CreateAsync(nowhere, MiB, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveAsync(nowhere, null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CopyAsync(here, nowhere, null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CopyAsync(nowhere, Fresh(), null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetMetadataAsync(nowhere, default));
    }

    [StoreFact]
    public async Task An_unknown_namespace_is_not_found()
    {
        var nowhere = Fresh() with { Namespace = FreshText("no-namespace") };
        await FailsAsync(ErrorKind.NotFound, () => Store.FindAsync(nowhere, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListAsync(nowhere.Pool, nowhere.Namespace, null, 10, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CreateAsync(nowhere, MiB, default));
    }

    [StoreFact]
    public async Task Names_come_page_by_page_in_order_reserved_ones_included()
    {
        var stem = FreshText("page");
        string[] made = [.. Enumerable.Range(0, 7).Select(i => $"{stem}-{i}"), $"{VolumeId.ReservedPrefix}{stem}"];
        foreach (var name in made.Reverse())
            await Store.CreateAsync(new VolumeId(Fixture.Pool, "", name), MiB, default);

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var page = await Store.ListAsync(Fixture.Pool, "", after, 3, default);
            seen.AddRange(page);
            if (page.Count < 3)
                break;
            after = page[^1];
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal).Distinct(), seen);
        Assert.Equal(made.Order(StringComparer.Ordinal), seen.Where(n => n.Contains(stem, StringComparison.Ordinal)));
    }

    [StoreFact]
    public async Task A_page_may_begin_after_a_name_that_is_not_there()
    {
        var stem = FreshText("z-page");
        await Store.CreateAsync(new VolumeId(Fixture.Pool, "", stem + "-b"), MiB, default);
        Assert.Equal(stem + "-b", (await Store.ListAsync(Fixture.Pool, "", stem + "-a", 1, default))[0]);
    }

    [StoreFact]
    public async Task A_page_has_1_to_1000_names()
    {
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ListAsync(Fixture.Pool, "", null, 0, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ListAsync(Fixture.Pool, "", null, 1001, default));
        await Store.ListAsync(Fixture.Pool, "", null, 1000, default);
    }

    [StoreFact]
    public async Task Images_are_listed_with_what_is_known_of_them()
    {
        var volume = await CreateAsync(5 * MiB);
        var listed = (await Store.ListImagesAsync(volume.Pool, "", volume.Image[..^1], 1, default))[0];
        var known = await Store.GetAsync(volume, default);
        Assert.Equal((volume.Image, known.Id, null, true), (listed.Name, listed.Id, listed.Damage, listed.CanBeNamed));
        Assert.Equal((known.SizeBytes, known.ObjectSizeBytes, known.CreatedAt), (listed.Info!.SizeBytes, listed.Info.ObjectSizeBytes, listed.Info.CreatedAt));
        Assert.Equal(known.Features, listed.Info.Features);
        Assert.Null(await Store.ExamineAsync(volume, default));
        Assert.Null(await Store.ExamineAsync(Fresh(), default));
    }

    [StoreFact]
    public async Task Whatever_a_name_is_made_of_it_can_be_used()
    {
        foreach (var stem in new[] { "spaces and ünïcode 😀", "a\nb\tc\u007f", "%2F?&=#", ".", ".." })
        {
            var volume = Fresh(stem);
            await Store.CreateAsync(volume, MiB, default);
            Assert.Equal(volume.Image, (await Store.ListImagesAsync(volume.Pool, "", volume.Image[..^1], 1, default))[0].Name);
            var longest = volume with { Image = new string('x', VolumeId.ImageBytesMax - 32) + volume.Image[^32..] };
            await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateAsync(longest with { Image = "x" + longest.Image }, MiB, default));
            await Store.RenameAsync(volume, longest, default);
            Assert.Equal(longest, (await Store.GetAsync(longest, default)).Volume);
            await Store.RemoveAsync(longest, null, default);
        }
    }
}
