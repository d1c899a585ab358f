using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What groups of images promise (<see cref="IGroups"/>).</summary>
public abstract class GroupContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_group_is_made_renamed_and_removed()
    {
        var (group, other, taken) = (Fresh("group"), Fresh("group"), Fresh("group"));
        Assert.Null(await Store.FindGroupAsync(group, default).WaitAsync(StepLimit));
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        await Store.CreateGroupAsync(taken, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateGroupAsync(group, default));
        var id = await Store.FindGroupAsync(group, default).WaitAsync(StepLimit);
        Assert.NotNull(id);
        Assert.Empty(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));
        Assert.Empty(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit));

        await FailsAsync(ErrorKind.AlreadyExists, () => Store.RenameGroupAsync(group, taken, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.RenameGroupAsync(group, group with { Pool = Fixture.OtherPool }, default));
        await Store.RenameGroupAsync(group, other, default).WaitAsync(StepLimit);
        Assert.Equal(id, await Store.FindGroupAsync(other, default).WaitAsync(StepLimit));
        Assert.Null(await Store.FindGroupAsync(group, default).WaitAsync(StepLimit));

        await Store.RemoveGroupAsync(other, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindGroupAsync(other, default).WaitAsync(StepLimit));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveGroupAsync(other, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RenameGroupAsync(other, group, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetGroupImagesAsync(other, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CreateGroupAsync(group with { Namespace = FreshText("ns") }, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ListGroupsAsync(Fixture.Pool, FreshText("ns"), null, 10, default));
    }

    [StoreFact]
    public async Task Groups_are_listed_page_by_page()
    {
        var ns = FreshText("ns");
        await Store.CreateNamespaceAsync(Fixture.Pool, ns, default).WaitAsync(StepLimit);
        Assert.Empty(await Store.ListGroupsAsync(Fixture.Pool, ns, null, 2, default).WaitAsync(StepLimit));
        foreach (var name in new[] { "c", "a", "b" })
            await Store.CreateGroupAsync(new VolumeId(Fixture.Pool, ns, name), default).WaitAsync(StepLimit);
        Assert.Equal(["a", "b"], await Store.ListGroupsAsync(Fixture.Pool, ns, null, 2, default).WaitAsync(StepLimit));
        Assert.Equal(["c"], await Store.ListGroupsAsync(Fixture.Pool, ns, "b", 2, default).WaitAsync(StepLimit));
        // It has images of its own, and others' are not among them.
        await FailsAsync(ErrorKind.InvalidArgument, async () => await Store.AddToGroupAsync(new VolumeId(Fixture.Pool, ns, "a"), await CreateAsync(), default));
    }

    [StoreFact]
    public async Task An_image_is_in_one_group_at_most_and_stays_there()
    {
        var (group, other, volume) = (Fresh("group"), Fresh("group"), await CreateAsync());
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        await Store.CreateGroupAsync(other, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NotFound, () => Store.AddToGroupAsync(group, Fresh(), default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveFromGroupAsync(group, volume, default));

        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.AddToGroupAsync(other, volume, default));
        var id = (await Store.FindAsync(volume, default).WaitAsync(StepLimit))!.Value;
        Assert.Equal([new GroupImage(volume, id, true)], await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));
        Assert.Empty(await Store.GetGroupImagesAsync(other, default).WaitAsync(StepLimit));
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(volume, null, default));
        await Store.MoveToTrashAsync(volume, TimeSpan.Zero, default).WaitAsync(StepLimit);
        Assert.Equal([new GroupImage(null, id, true)], await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveFromTrashAsync(Fixture.Pool, "", id, force: false, null, default));
        var renamed = Fresh();
        await Store.RestoreFromTrashAsync(id, renamed, default).WaitAsync(StepLimit);
        Assert.Equal([new GroupImage(renamed, id, true)], await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));

        await Store.RemoveFromGroupAsync(group, renamed, default).WaitAsync(StepLimit);
        Assert.Empty(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));
        await Store.AddToGroupAsync(other, renamed, default).WaitAsync(StepLimit);
        await Store.RemoveGroupAsync(other, default).WaitAsync(StepLimit);
        await Store.RemoveAsync(renamed, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task Images_of_a_group_are_kept_and_rolled_back_together()
    {
        var (group, a, b) = (Fresh("group"), await CreateAsync(8 * MiB, 4 * MiB), await CreateAsync(8 * MiB, 4 * MiB));
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        foreach (var volume in new[] { a, b })
            await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await Store.CreateGroupSnapshotAsync(group, "s", default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateGroupSnapshotAsync(group, "s", default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateGroupSnapshotAsync(group, "a@b", default));
        var snapshot = Assert.Single(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit));
        Assert.Equal(("s", true), (snapshot.Name, snapshot.IsComplete));
        // They are no snapshots of the images' own.
        Assert.Empty((await Store.GetSnapshotsAsync(a, default).WaitAsync(StepLimit)).Items);

        foreach (var volume in new[] { a, b })
            await Store.WriteAsync(volume, 0, Pattern(0, 4 * MiB, seed: 2), default).WaitAsync(StepLimit);
        await Store.ResizeAsync(b, 16 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NotFound, () => Store.RollBackGroupAsync(group, "t", null, default));
        await using (await Store.OpenAsync(b, readOnly: false, default).WaitAsync(StepLimit))
            await FailsAsync(ErrorKind.Busy, () => Store.RollBackGroupAsync(group, "s", null, default));
        Assert.Equal(Pattern(0, 4096, seed: 2), await ReadAsync(Store, a, 0, 4096));
        var reports = new Reports();
        await Store.RollBackGroupAsync(group, "s", reports, default).WaitAsync(StepLimit);
        Assert.NotEmpty(reports.Shares);
        foreach (var volume in new[] { a, b })
        {
            Assert.Equal(Pattern(0, 4 * MiB), await ReadAsync(Store, volume, 0, 4 * MiB));
            Assert.Equal(8 * MiB, (await Store.GetAsync(volume, default).WaitAsync(StepLimit)).SizeBytes);
        }

        await FailsAsync(ErrorKind.NotFound, () => Store.RenameGroupSnapshotAsync(group, "t", "u", default));
        await Store.RenameGroupSnapshotAsync(group, "s", "t", default).WaitAsync(StepLimit);
        Assert.Equal(snapshot with { Name = "t" }, Assert.Single(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit)));
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveGroupAsync(group, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveGroupSnapshotAsync(group, "s", default));
        await Store.RemoveGroupSnapshotAsync(group, "t", default).WaitAsync(StepLimit);
        Assert.Empty(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit));
        await Store.RemoveGroupAsync(group, default).WaitAsync(StepLimit);
        foreach (var volume in new[] { a, b })
            await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task An_image_that_a_group_has_snapshots_of_cannot_be_removed()
    {
        var (group, volume) = (Fresh("group"), await CreateAsync());
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await Store.CreateGroupSnapshotAsync(group, "s", default).WaitAsync(StepLimit);
        await Store.RemoveFromGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(volume, null, default));
        await Store.RemoveGroupSnapshotAsync(group, "s", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
        await Store.RemoveGroupAsync(group, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_locked_image_keeps_its_group_from_being_snapshotted()
    {
        var (group, volume) = (Fresh("group"), await CreateAsync());
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await Store.LockAsync(volume, "mine", "", default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Busy, () => Store.CreateGroupSnapshotAsync(group, "s", default));
        Assert.Empty(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit));
    }
}
