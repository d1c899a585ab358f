using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What the trash promises (<see cref="IImageTrash"/>).</summary>
public abstract class TrashContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private static readonly TimeSpan Later = TimeSpan.FromHours(1);

    [StoreFact]
    public async Task What_is_moved_to_the_trash_has_no_name_and_comes_back_as_it_was()
    {
        var (volume, id) = await TrashedAsync(TimeSpan.Zero);
        Assert.Null(await Store.FindAsync(volume, default));
        Assert.DoesNotContain(volume.Image, await Store.ListAsync(volume.Pool, "", volume.Image[..^1], 10, default));
        var there = await Store.FindInTrashAsync(volume.Pool, "", id, default);
        Assert.Equal((id, volume.Image, "user", false), (there!.Id, there.Name, there.Source, there.Moving));
        Assert.InRange(there.DeletedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));

        // The name is free.
        await Store.CreateAsync(volume, MiB, default);
        var other = Fresh("restored");
        await Store.RestoreFromTrashAsync(id, other, default);

        Assert.Equal(id, await Store.FindAsync(other, default));
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, other, 0, MiB));
        Assert.Equal("v", (await Store.GetMetadataAsync(other, default))["k"]);
        Assert.Null(await Store.FindInTrashAsync(volume.Pool, "", id, default));
    }

    [StoreFact]
    public async Task What_is_removed_from_the_trash_is_gone()
    {
        var (volume, id) = await TrashedAsync(TimeSpan.Zero);
        await Store.RemoveFromTrashAsync(volume.Pool, "", id, force: false, null, default);
        Assert.Null(await Store.FindInTrashAsync(volume.Pool, "", id, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveFromTrashAsync(volume.Pool, "", id, force: true, null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RestoreFromTrashAsync(id, volume, default));
    }

    [StoreFact]
    public async Task Before_its_time_it_is_removed_only_by_force()
    {
        var (volume, id) = await TrashedAsync(Later);
        await FailsAsync(ErrorKind.PermissionDenied, () => Store.RemoveFromTrashAsync(volume.Pool, "", id, force: false, null, default));
        Assert.InRange((await Store.FindInTrashAsync(volume.Pool, "", id, default))!.DeferredUntil, DateTimeOffset.UtcNow.AddMinutes(55), DateTimeOffset.UtcNow.AddMinutes(65));
        await Store.RemoveFromTrashAsync(volume.Pool, "", id, force: true, null, default);
        Assert.Null(await Store.FindInTrashAsync(volume.Pool, "", id, default));
    }

    [StoreFact]
    public async Task A_restored_image_never_replaces_another()
    {
        var (volume, id) = await TrashedAsync(TimeSpan.Zero);
        var taken = await CreateAsync(2 * MiB);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.RestoreFromTrashAsync(id, taken, default));
        Assert.Equal(2 * MiB, (await Store.GetAsync(taken, default)).SizeBytes);
        await Store.RestoreFromTrashAsync(id, volume, default);
    }

    [StoreFact]
    public async Task What_is_in_use_or_locked_is_not_moved()
    {
        var volume = Fresh();
        await Store.CreateSharedAsync(volume, MiB, default);
        var other = await ConnectAsync("other");
        await using (await other.OpenAsync(volume, readOnly: false, default))
            await FailsAsync(ErrorKind.Busy, () => Store.MoveToTrashAsync(volume, TimeSpan.Zero, default));
        await Store.LockAsync(volume, "mine", "", default);
        await FailsAsync(ErrorKind.Busy, () => Store.MoveToTrashAsync(volume, TimeSpan.Zero, default));
        Assert.NotNull(await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task The_trash_is_listed_page_by_page()
    {
        var made = new List<ImageId>();
        for (var i = 0; i < 5; i++)
            made.Add((await TrashedAsync(Later)).Id);

        var seen = new List<ImageId>();
        for (string? after = null; ;)
        {
            var page = await Store.ListTrashAsync(Fixture.Pool, "", after, 2, default);
            seen.AddRange(page.Select(image => image.Id));
            if (page.Count < 2)
                break;
            after = page[^1].Id.Value;
        }

        Assert.Equal(seen.OrderBy(id => id.Value, StringComparer.Ordinal).Distinct(), seen);
        Assert.Empty(made.Except(seen));
    }

    [StoreFact]
    public async Task What_is_not_there_is_not_found()
    {
        var nothing = new ImageId("abcdef");
        await FailsAsync(ErrorKind.NotFound, () => Store.MoveToTrashAsync(Fresh(), TimeSpan.Zero, default));
        Assert.Null(await Store.FindInTrashAsync(Fixture.Pool, "", nothing, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListTrashAsync(FreshText("no-pool"), "", null, 10, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListTrashAsync(Fixture.Pool, FreshText("no-namespace"), null, 10, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RestoreFromTrashAsync(nothing, Fresh(), default));
    }

    private async Task<(VolumeId Volume, ImageId Id)> TrashedAsync(TimeSpan delay)
    {
        var volume = await CreateAsync(MiB, MiB);
        await Store.SetMetadataAsync(volume, "k", "v", default);
        var id = (await Store.FindAsync(volume, default))!.Value;
        await Store.MoveToTrashAsync(volume, delay, default).WaitAsync(StepLimit);
        return (volume, id);
    }
}
