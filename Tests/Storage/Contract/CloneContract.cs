using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What clones promise (<see cref="IImageClones"/>).</summary>
public abstract class CloneContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_clone_has_the_bytes_of_then_and_a_life_of_its_own()
    {
        var parent = await SnapshottedAsync();
        await Store.SetMetadataAsync(parent, "k", "v", default);
        await Store.WriteAsync(parent, 0, Pattern(0, 4096, seed: 9), default);
        await Store.ResizeAsync(parent, 16 * MiB, Shrinking.Never, null, default);
        var clone = Fresh("clone");
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);

        var info = await Store.GetAsync(clone, default);
        Assert.Equal((8L * MiB, $"{parent}@s"), (info.SizeBytes, info.Parent));
        Assert.NotEqual(await Store.FindAsync(parent, default), info.Id);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, clone, 0, 5 * MiB));
        Assert.All(await ReadAsync(Store, clone, 5 * MiB, 3 * MiB), b => Assert.Equal(0, b));
        Assert.Equal("v", (await Store.GetMetadataAsync(clone, default))["k"]);

        await Store.WriteAsync(clone, MiB, Pattern(0, 4096, seed: 5), default);
        Assert.Equal(Pattern(0, 4096, seed: 5), await ReadAsync(Store, clone, MiB, 4096));
        Assert.Equal(Pattern(MiB, 4096), await ReadAsync(Store, parent, MiB, 4096));
        var second = Fresh("clone");
        await Store.CloneAsync(parent, "s", second, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, second, 0, 5 * MiB));
    }

    [StoreFact]
    public async Task Clones_are_the_children_of_their_parent()
    {
        var parent = await SnapshottedAsync();
        Assert.Empty(await Store.GetChildrenAsync(parent, default));
        var (one, other) = (Fresh("clone"), Fresh("clone") with { Pool = Fixture.OtherPool });
        await Store.CloneAsync(parent, "s", one, default).WaitAsync(StepLimit);
        await Store.CloneAsync(parent, "s", other, default).WaitAsync(StepLimit);

        Assert.Equal([other, one], (await Store.GetChildrenAsync(parent, default)).OrderBy(c => c.Pool, StringComparer.Ordinal));
        await Store.RemoveAsync(one, null, default).WaitAsync(StepLimit);
        Assert.Equal([other], await Store.GetChildrenAsync(parent, default));
    }

    [StoreFact]
    public async Task A_protected_snapshot_stays_so_while_it_has_clones_and_they_are_named()
    {
        var parent = await SnapshottedAsync();
        await Store.ProtectSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        var clone = Fresh("clone");
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);

        Assert.Contains(clone.ToString(), (await FailsAsync(ErrorKind.Busy, () => Store.UnprotectSnapshotAsync(parent, "s", default))).Detail, StringComparison.Ordinal);
        var error = await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(parent, null, default));
        Assert.Contains("'s' (protected)", error.Detail, StringComparison.Ordinal);
        Assert.Contains(clone.ToString(), error.Detail, StringComparison.Ordinal);
        foreach (var change in new[] { () => Store.UnprotectSnapshotAsync(parent, "s", default), () => Store.RemoveAsync(parent, null, default) })
            Assert.Equal([clone], (await Assert.ThrowsAsync<BlockStoreException>(change)).InTheWay);

        await Store.FlattenAsync(clone, null, default).WaitAsync(StepLimit);
        await Store.UnprotectSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(parent, null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, clone, 0, 5 * MiB));
    }

    [StoreFact]
    public async Task A_snapshot_that_is_not_protected_can_be_removed_although_it_has_clones()
    {
        var parent = await SnapshottedAsync();
        var clone = Fresh("clone");
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);

        Assert.Empty((await Store.GetSnapshotsAsync(parent, default)).Items);
        Assert.Equal([clone], await Store.GetChildrenAsync(parent, default));
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, clone, 0, 5 * MiB));
        Assert.Contains(clone.ToString(), (await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(parent, null, default))).Detail, StringComparison.Ordinal);
        var id = (await Store.FindAsync(parent, default))!.Value;
        await Store.MoveToTrashAsync(parent, TimeSpan.Zero, default);
        var refused = await Assert.ThrowsAsync<BlockStoreException>(() => Store.RemoveFromTrashAsync(parent.Pool, "", id, force: true, null, default));
        Assert.Equal((ErrorKind.Busy, clone), (refused.Kind, Assert.Single(refused.InTheWay)));
        await Store.RestoreFromTrashAsync(id, parent, default);

        await Store.RemoveAsync(clone, null, default).WaitAsync(StepLimit);
        Assert.Empty(await Store.GetChildrenAsync(parent, default));
        await Store.RemoveAsync(parent, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_flattened_clone_needs_its_parent_no_more()
    {
        var parent = await SnapshottedAsync();
        var clone = Fresh("clone");
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);
        await Store.WriteAsync(clone, MiB, Pattern(0, 4096, seed: 5), default);
        var id = await Store.FindAsync(clone, default);
        var reports = new Reports();

        await Store.FlattenAsync(clone, reports, default).WaitAsync(StepLimit);

        Assert.Null((await Store.GetAsync(clone, default)).Parent);
        Assert.Equal(id, await Store.FindAsync(clone, default));
        Assert.NotEmpty(reports.Shares);
        Assert.All(reports.Shares, share => Assert.InRange(share, 0, 1));
        Assert.Empty(await Store.GetChildrenAsync(parent, default));
        await Store.RemoveSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(parent, null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, clone, 0, MiB));
        Assert.Equal(Pattern(0, 4096, seed: 5), await ReadAsync(Store, clone, MiB, 4096));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.FlattenAsync(clone, null, default));
    }

    [StoreFact]
    public async Task What_cannot_be_cloned_is_told_and_makes_nothing()
    {
        var parent = await SnapshottedAsync();
        var target = Fresh("clone");
        await FailsAsync(ErrorKind.NotFound, () => Store.CloneAsync(parent, "no", target, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.CloneAsync(Fresh(), "s", target, default));
        Assert.Null(await Store.FindAsync(target, default));
        var there = await CreateAsync(MiB);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CloneAsync(parent, "s", there, default));
        Assert.Null((await Store.GetAsync(there, default)).Parent);
        await FailsAsync(ErrorKind.NotFound, () => Store.FlattenAsync(Fresh(), null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetChildrenAsync(Fresh(), default));
    }

    [StoreFact]
    public async Task A_clone_can_be_copied_snapshotted_and_rolled_back()
    {
        var parent = await SnapshottedAsync();
        var (clone, copy) = (Fresh("clone"), Fresh("copy"));
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);
        await Store.CopyAsync(clone, copy, null, default).WaitAsync(StepLimit);
        Assert.Null((await Store.GetAsync(copy, default)).Parent);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, copy, 0, 5 * MiB));

        await Store.CreateSnapshotAsync(clone, "own", default).WaitAsync(StepLimit);
        await Store.WriteAsync(clone, 0, Pattern(0, MiB, seed: 7), default);
        await Store.RollBackAsync(clone, "own", null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, clone, 0, 5 * MiB));
    }

    [StoreFact]
    public async Task A_deep_copy_has_the_snapshots_too()
    {
        var source = await SnapshottedAsync();
        await Store.ProtectSnapshotAsync(source, "s", default).WaitAsync(StepLimit);
        await Store.WriteAsync(source, 0, Pattern(0, MiB, seed: 7), default);
        var target = Fresh("deep") with { Pool = Fixture.OtherPool };
        var reports = new Reports();

        await Store.DeepCopyAsync(source, target, reports, default).WaitAsync(StepLimit);

        Assert.All(reports.Shares, share => Assert.InRange(share, 0, 1));
        Assert.Equal([("s", 8L * MiB, true)], (await Store.GetSnapshotsAsync(target, default)).Items.Select(s => (s.Name, s.SizeBytes, s.IsProtected)));
        Assert.Equal(await ReadAsync(Store, source, 0, 8 * MiB), await ReadAsync(Store, target, 0, 8 * MiB));
        await Store.WriteAsync(source, 0, Pattern(0, MiB, seed: 3), default);
        Assert.Equal(Pattern(0, MiB, seed: 7), await ReadAsync(Store, target, 0, MiB));
        await Store.RollBackAsync(target, "s", null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, target, 0, 5 * MiB));
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.DeepCopyAsync(source, target, null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.DeepCopyAsync(Fresh(), Fresh(), null, default));
    }

    [StoreFact]
    public async Task A_deep_copy_of_a_clone_is_a_clone_of_the_same_parent()
    {
        var parent = await SnapshottedAsync();
        var (clone, copy) = (Fresh("clone"), Fresh("deep"));
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);
        await Store.DeepCopyAsync(clone, copy, null, default).WaitAsync(StepLimit);

        Assert.Equal($"{parent}@s", (await Store.GetAsync(copy, default)).Parent);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, copy, 0, 5 * MiB));
    }

    // 8 MiB, 5 of them data, and a snapshot "s".
    private async Task<VolumeId> SnapshottedAsync()
    {
        var volume = await CreateAsync(8 * MiB, 5 * MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        return volume;
    }
}
