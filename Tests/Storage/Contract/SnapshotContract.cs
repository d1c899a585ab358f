using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What snapshots promise (<see cref="IImageSnapshots"/>).</summary>
public abstract class SnapshotContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task Snapshots_are_listed_in_their_order_with_what_they_hold()
    {
        var volume = await CreateAsync(MiB);
        Assert.Empty((await Store.GetSnapshotsAsync(volume, default)).Items);
        await Store.CreateSnapshotAsync(volume, "second ü", default).WaitAsync(StepLimit);
        await Store.ResizeAsync(volume, 2 * MiB, Shrinking.Never, null, default);
        await Store.CreateSnapshotAsync(volume, "a", default).WaitAsync(StepLimit);
        await Store.ProtectSnapshotAsync(volume, "a", default);

        var found = await Store.GetSnapshotsAsync(volume, default);

        Assert.Equal(await Store.FindAsync(volume, default), found.Image);
        Assert.Equal([("second ü", MiB, false), ("a", 2L * MiB, true)], found.Items.Select(s => (s.Name, s.SizeBytes, s.IsProtected)));
        Assert.True(found.Items[0].Id.Value > 0 && found.Items[0].Id.Value < found.Items[1].Id.Value, "a later snapshot has a higher id");
        Assert.All(found.Items, s => Assert.InRange(s.CreatedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5)));
        Assert.Null(found.CountMax);
    }

    [StoreFact]
    public async Task Rolling_back_gives_bytes_and_size_of_then()
    {
        var volume = await CreateAsync(8 * MiB, 5 * MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, MiB, Pattern(0, MiB, seed: 9), default);
        await Store.ResizeAsync(volume, 12 * MiB, Shrinking.Never, null, default);
        await Store.WriteAsync(volume, 10 * MiB, Pattern(0, MiB, seed: 7), default);
        var reports = new Reports();

        await Store.RollBackAsync(volume, "s", reports, default).WaitAsync(StepLimit);

        Assert.Equal(8 * MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, volume, 0, 5 * MiB));
        Assert.All(await ReadAsync(Store, volume, 5 * MiB, 3 * MiB), b => Assert.Equal(0, b));
        Assert.All(reports.Shares, share => Assert.InRange(share, 0, 1));
        // It is the image's own again, and the snapshot stays as it is.
        await Store.WriteAsync(volume, 0, Pattern(0, 4096, seed: 3), default);
        await Store.RollBackAsync(volume, "s", null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, volume, 0, 4096));
    }

    [StoreFact]
    public async Task What_was_cut_off_comes_back_with_a_rollback()
    {
        var volume = await CreateAsync(2 * MiB, 2 * MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await Store.ResizeAsync(volume, MiB, Shrinking.Unused, null, default);
        await Store.CreateSnapshotAsync(volume, "small", default).WaitAsync(StepLimit);
        await Store.ResizeAsync(volume, 2 * MiB, Shrinking.Never, null, default);
        Assert.All(await ReadAsync(Store, volume, MiB, MiB), b => Assert.Equal(0, b));

        await Store.RollBackAsync(volume, "s", null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 2 * MiB), await ReadAsync(Store, volume, 0, 2 * MiB));
        await Store.RollBackAsync(volume, "small", null, default).WaitAsync(StepLimit);
        Assert.Equal(MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, volume, 0, MiB));
    }

    [StoreFact]
    public async Task An_image_without_data_has_snapshots_as_well()
    {
        var volume = await CreateAsync(MiB);
        await Store.CreateSnapshotAsync(volume, "empty", default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default);
        await Store.RollBackAsync(volume, "empty", null, default).WaitAsync(StepLimit);
        Assert.All(await ReadAsync(Store, volume, 0, MiB), b => Assert.Equal(0, b));
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, volume, 0, 4096));
    }

    [StoreFact]
    public async Task A_name_is_taken_once_and_free_after_the_removal()
    {
        var volume = await CreateAsync(MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        var first = (await Store.GetSnapshotsAsync(volume, default)).Find("s")!.Id;
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateSnapshotAsync(volume, "s", default));
        await Store.RemoveSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        Assert.Null((await Store.GetSnapshotsAsync(volume, default)).Find("s"));
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        Assert.True((await Store.GetSnapshotsAsync(volume, default)).Find("s")!.Id.Value > first.Value, "an id is never used again");
    }

    [StoreFact]
    public async Task A_renamed_snapshot_keeps_its_id_and_never_replaces_another()
    {
        var volume = await CreateAsync(MiB);
        await Store.CreateSnapshotAsync(volume, "one", default).WaitAsync(StepLimit);
        await Store.CreateSnapshotAsync(volume, "two", default).WaitAsync(StepLimit);
        var before = await Store.GetSnapshotsAsync(volume, default);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.RenameSnapshotAsync(volume, "one", "two", default));
        await Store.RenameSnapshotAsync(volume, "one", "three", default).WaitAsync(StepLimit);

        var after = await Store.GetSnapshotsAsync(volume, default);
        Assert.Equal(before.Items.Select(s => s.Id), after.Items.Select(s => s.Id));
        Assert.Equal(["three", "two"], after.Items.Select(s => s.Name));
    }

    [StoreFact]
    public async Task A_protected_snapshot_is_not_removed()
    {
        var volume = await CreateAsync(MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UnprotectSnapshotAsync(volume, "s", default));
        await Store.ProtectSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Busy, () => Store.ProtectSnapshotAsync(volume, "s", default));
        Assert.Contains("protected", (await FailsAsync(ErrorKind.Busy, () => Store.RemoveSnapshotAsync(volume, "s", default))).Detail, StringComparison.Ordinal);
        await Store.UnprotectSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task An_image_with_snapshots_is_not_removed_and_they_are_named()
    {
        var volume = await CreateAsync(MiB, MiB);
        await Store.CreateSnapshotAsync(volume, "monday", default).WaitAsync(StepLimit);
        await Store.CreateSnapshotAsync(volume, "tuesday", default).WaitAsync(StepLimit);
        await Store.ProtectSnapshotAsync(volume, "tuesday", default).WaitAsync(StepLimit);

        var error = await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(volume, null, default));

        Assert.Equal(39, error.Errno);
        Assert.Contains("'monday', 'tuesday' (protected)", error.Detail, StringComparison.Ordinal);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, volume, 0, MiB));
        await Store.UnprotectSnapshotAsync(volume, "tuesday", default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(volume, "tuesday", default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(volume, "monday", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_limit_bounds_how_many_there_may_be()
    {
        var volume = await CreateAsync(MiB);
        await Store.LimitSnapshotsAsync(volume, 1, default).WaitAsync(StepLimit);
        Assert.Equal(1, (await Store.GetSnapshotsAsync(volume, default)).CountMax);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NoSpace, () => Store.CreateSnapshotAsync(volume, "t", default));
        await Store.LimitSnapshotsAsync(volume, null, default).WaitAsync(StepLimit);
        Assert.Null((await Store.GetSnapshotsAsync(volume, default)).CountMax);
        await Store.CreateSnapshotAsync(volume, "t", default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.LimitSnapshotsAsync(volume, 1, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.LimitSnapshotsAsync(volume, -1, default));
    }

    [StoreFact]
    public async Task What_is_not_there_is_not_found()
    {
        var volume = await CreateAsync(MiB);
        foreach (var image in new[] { volume, Fresh() })
        {
            await FailsAsync(ErrorKind.NotFound, () => Store.RenameSnapshotAsync(image, "no", "other", default));
            await FailsAsync(ErrorKind.NotFound, () => Store.RemoveSnapshotAsync(image, "no", default));
            await FailsAsync(ErrorKind.NotFound, () => Store.ProtectSnapshotAsync(image, "no", default));
            await FailsAsync(ErrorKind.NotFound, () => Store.UnprotectSnapshotAsync(image, "no", default));
            await FailsAsync(ErrorKind.NotFound, () => Store.RollBackAsync(image, "no", null, default));
        }
        await FailsAsync(ErrorKind.NotFound, () => Store.GetSnapshotsAsync(Fresh(), default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CreateSnapshotAsync(Fresh(), "s", default));
        await FailsAsync(ErrorKind.NotFound, () => Store.LimitSnapshotsAsync(Fresh(), 1, default));
    }

    [StoreFact]
    public async Task A_name_that_is_none_is_refused()
    {
        var volume = await CreateAsync(MiB);
        foreach (var name in new[] { "", "a/b", "a@b" })
            await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateSnapshotAsync(volume, name, default));
        await Store.CreateSnapshotAsync(volume, new string('x', SnapshotName.LengthMax), default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateSnapshotAsync(volume, new string('x', SnapshotName.LengthMax + 1), default));
    }

    [StoreFact]
    public async Task An_image_that_somebody_has_open_is_not_rolled_back()
    {
        var volume = Fresh();
        await Store.CreateSharedAsync(volume, MiB, default);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        var other = await ConnectAsync("other");
        await using (await other.OpenAsync(volume, readOnly: false, default))
        {
            await FailsAsync(ErrorKind.Busy, () => Store.RollBackAsync(volume, "s", null, default));
            await Store.CreateSnapshotAsync(volume, "beside", default).WaitAsync(StepLimit);
        }
        await Store.RollBackAsync(volume, "s", null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_fenced_connection_changes_no_snapshot()
    {
        var volume = await CreateAsync(MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        var fenced = await ConnectAsync("fenced");
        await Store.FenceAsync(fenced.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);

        await FailsAsync(ErrorKind.Fenced, () => fenced.CreateSnapshotAsync(volume, "t", default));
        await FailsAsync(ErrorKind.Fenced, () => fenced.RemoveSnapshotAsync(volume, "s", default));
        await FailsAsync(ErrorKind.Fenced, () => fenced.ProtectSnapshotAsync(volume, "s", default));
        await FailsAsync(ErrorKind.Fenced, () => fenced.RollBackAsync(volume, "s", null, default));
        Assert.Equal([("s", false)], (await Store.GetSnapshotsAsync(volume, default)).Items.Select(s => (s.Name, s.IsProtected)));
    }
}
