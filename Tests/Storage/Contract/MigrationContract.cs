using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What migrations promise (<see cref="IImageMigration"/>).</summary>
public abstract class MigrationContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_migrated_image_is_the_same_in_another_pool()
    {
        var (source, id) = await SnapshottedAsync();
        await Store.SetMetadataAsync(source, "k", "v", default);
        var target = Elsewhere();
        Assert.Null(await Store.GetMigrationAsync(source, default));
        await PrepareAsync(source, id, target);

        Assert.Null(await Store.FindAsync(source, default));
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, target, 0, 5 * MiB));
        var prepared = await MigrationAsync(target);
        Assert.Equal((source, id, target, MigrationState.Prepared), (prepared.Source, prepared.SourceId, prepared.Target, prepared.State));
        Assert.Equal(await Store.FindAsync(target, default), prepared.TargetId);
        Assert.Equal(prepared, (await Store.DescribeAsync(target, default).WaitAsync(StepLimit)).Migration);
        await Store.WriteAsync(target, MiB, Pattern(0, 4096, seed: 5), default).WaitAsync(StepLimit);

        var reports = new Reports();
        await Store.ExecuteMigrationAsync(target, reports, default).WaitAsync(StepLimit);
        Assert.Equal(1, reports.Shares[^1]);
        Assert.Equal(MigrationState.Executed, (await MigrationAsync(target)).State);
        await Store.CommitMigrationAsync(prepared, null, default).WaitAsync(StepLimit);

        Assert.Null(await Store.GetMigrationAsync(target, default).WaitAsync(StepLimit));
        Assert.Null(await Store.FindInTrashAsync(source.Pool, source.Namespace, id, default));
        Assert.Equal(Pattern(0, 4096, seed: 5), await ReadAsync(Store, target, MiB, 4096));
        Assert.Equal(Pattern(2 * MiB, MiB), await ReadAsync(Store, target, 2 * MiB, MiB));
        Assert.Equal("v", (await Store.GetMetadataAsync(target, default))["k"]);
        Assert.Equal(["s"], (await Store.GetSnapshotsAsync(target, default)).Items.Select(s => s.Name));
        await Store.RollBackAsync(target, "s", null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, target, 0, 5 * MiB));
        // What is done is not done again.
        await Store.CommitMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(target, "s", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(target, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task An_aborted_migration_leaves_the_source_with_what_was_written_since()
    {
        var (source, id) = await SnapshottedAsync();
        await Store.ProtectSnapshotAsync(source, "s", default).WaitAsync(StepLimit);
        var clone = Fresh("clone");
        await Store.CloneAsync(source, "s", clone, default).WaitAsync(StepLimit);
        var target = Elsewhere();
        await PrepareAsync(source, id, target);
        Assert.Equal([clone], await Store.GetChildrenAsync(target, default).WaitAsync(StepLimit));
        await Store.WriteAsync(target, MiB, Pattern(0, 4096, seed: 5), default).WaitAsync(StepLimit);
        var prepared = await MigrationAsync(target);
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);

        Assert.Null(await Store.FindAsync(target, default));
        Assert.Equal(id, await Store.FindAsync(source, default));
        Assert.Null(await Store.FindInTrashAsync(source.Pool, source.Namespace, id, default));
        Assert.Equal(Pattern(0, 4096, seed: 5), await ReadAsync(Store, source, MiB, 4096));
        Assert.Equal(Pattern(2 * MiB, MiB), await ReadAsync(Store, source, 2 * MiB, MiB));
        Assert.Equal([clone], await Store.GetChildrenAsync(source, default).WaitAsync(StepLimit));
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, clone, 0, 5 * MiB));
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        Assert.Equal(id, await Store.FindAsync(source, default));
        // It can be changed again.
        await Store.ResizeAsync(source, 16 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_prepared_migration_is_prepared_once()
    {
        var (source, id) = await SnapshottedAsync();
        var target = Elsewhere();
        await PrepareAsync(source, id, target);
        var prepared = await MigrationAsync(target);
        await PrepareAsync(source, id, target);
        Assert.Equal(prepared, await MigrationAsync(target));
        await FailsAsync(ErrorKind.NotFound, () => Store.PrepareMigrationAsync(source, new ImageId("0000"), Elsewhere(), ImageLayout.Default, default));
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task The_target_is_laid_out_as_asked()
    {
        var source = await CreateAsync(dataBytes: 4 * MiB);
        var target = Elsewhere();
        await Store.PrepareMigrationAsync(source, (await Store.FindAsync(source, default))!.Value, target, new ImageLayout(ObjectSizeBytes: MiB), default).WaitAsync(StepLimit);
        Assert.Equal(MiB, (await Store.GetAsync(target, default)).ObjectSizeBytes);
        await Store.ExecuteMigrationAsync(target, null, default).WaitAsync(StepLimit);
        await Store.CommitMigrationAsync(await MigrationAsync(target), null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 4 * MiB), await ReadAsync(Store, target, 0, 4 * MiB));
    }

    [StoreFact]
    public async Task A_step_out_of_turn_is_refused()
    {
        var (source, id) = await SnapshottedAsync();
        var target = Elsewhere();
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ExecuteMigrationAsync(source, null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.ExecuteMigrationAsync(target, null, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetMigrationAsync(target, default));
        await FailsAsync(ErrorKind.AlreadyExists, async () => await PrepareAsync(source, id, await CreateAsync()));
        Assert.Equal(id, await Store.FindAsync(source, default));
        await PrepareAsync(source, id, target);
        var prepared = await MigrationAsync(target);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CommitMigrationAsync(prepared, null, default));
        await Store.ExecuteMigrationAsync(target, null, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ExecuteMigrationAsync(target, null, default));
        await Store.CommitMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NotFound, () => Store.AbortMigrationAsync(prepared, null, default));
        Assert.Equal(prepared.TargetId, await Store.FindAsync(target, default));
    }

    [StoreFact]
    public async Task What_is_used_is_not_migrated()
    {
        var (source, id) = await SnapshottedAsync();
        await using (await Store.OpenAsync(source, readOnly: false, default).WaitAsync(StepLimit))
            await FailsAsync(ErrorKind.Busy, () => PrepareAsync(source, id, Elsewhere()));
        await Store.LockAsync(source, "mark", "", default);
        await FailsAsync(ErrorKind.Busy, () => PrepareAsync(source, id, Elsewhere()));
        await Store.BreakLockAsync(source, Assert.Single((await Store.GetTiesAsync(source, default)).Locks).Holder, "mark", default);
        var group = Fresh("group");
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        await Store.AddToGroupAsync(group, source, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Busy, () => PrepareAsync(source, id, Elsewhere()));
        await Store.RemoveFromGroupAsync(group, source, default).WaitAsync(StepLimit);
        var target = Elsewhere();
        await PrepareAsync(source, id, target);
        var prepared = await MigrationAsync(target);
        await using (await Store.OpenAsync(target, readOnly: false, default).WaitAsync(StepLimit))
            await FailsAsync(ErrorKind.Busy, () => Store.AbortMigrationAsync(prepared, null, default));
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task Until_a_migration_is_over_neither_image_is_changed()
    {
        var (source, id) = await SnapshottedAsync();
        var target = Elsewhere();
        await PrepareAsync(source, id, target);
        var group = Fresh("group") with { Pool = target.Pool };
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        foreach (var change in new Func<Task>[]
        {
            () => Store.RemoveAsync(target, null, default),
            () => Store.MoveToTrashAsync(target, TimeSpan.Zero, default),
            () => Store.RenameAsync(target, target with { Image = FreshText("image") }, default),
            () => Store.ResizeAsync(target, 16 * MiB, Shrinking.Never, null, default),
            () => Store.CreateSnapshotAsync(target, "t", default),
            () => Store.RemoveSnapshotAsync(target, "s", default),
            () => Store.ProtectSnapshotAsync(target, "s", default),
            () => Store.RollBackAsync(target, "s", null, default),
            () => Store.LimitSnapshotsAsync(target, 3, default),
            () => Store.CloneAsync(target, "s", Fresh("clone"), default),
            () => Store.DeepCopyAsync(target, Fresh("copy"), null, default),
            () => Store.FlattenAsync(target, null, default),
            () => Store.SparsifyAsync(target, null, default),
            () => Store.SetMetadataAsync(target, "k", "v", default),
            () => Store.AddToGroupAsync(group, target, default),
            () => Store.OpenToFillAsync(target, default),
            () => Store.PrepareMigrationAsync(target, Store.FindAsync(target, default).GetAwaiter().GetResult()!.Value, Fresh(), ImageLayout.Default, default),
            () => Store.RestoreFromTrashAsync(id, Fresh() with { Pool = source.Pool }, default),
            () => Store.RemoveFromTrashAsync(source.Pool, "", id, true, null, default),
        })
        {
            await FailsAsync(ErrorKind.Busy, change);
        }
        Assert.Equal("migration", (await Store.FindInTrashAsync(source.Pool, "", id, default))!.Source);
        var copy = Fresh("copy");
        await Store.CopyAsync(target, copy, null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, copy, 0, 5 * MiB));
        await Store.AbortMigrationAsync(await MigrationAsync(target), null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_source_whose_name_is_taken_is_restored_under_another()
    {
        var (source, id) = await SnapshottedAsync();
        var target = Elsewhere();
        await PrepareAsync(source, id, target);
        var prepared = await MigrationAsync(target);
        await Store.CreateAsync(source, MiB, default).WaitAsync(StepLimit);
        Assert.Contains(id.Value, (await FailsAsync(ErrorKind.AlreadyExists, () => Store.AbortMigrationAsync(prepared, null, default))).Detail, StringComparison.Ordinal);

        Assert.Null(await Store.FindAsync(target, default));
        // Asked again, it says the same.
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.AbortMigrationAsync(prepared, null, default));
        var other = Fresh();
        await Store.RestoreFromTrashAsync(id, other, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, other, 0, 5 * MiB));
        await Store.ResizeAsync(other, 16 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);
        Assert.Equal(MiB, (await Store.GetAsync(source, default)).SizeBytes);
    }

    protected VolumeId Elsewhere() => Fresh("target") with { Pool = Fixture.OtherPool };

    protected async Task<(VolumeId Source, ImageId Id)> SnapshottedAsync()
    {
        var source = await CreateAsync(dataBytes: 5 * MiB);
        await Store.CreateSnapshotAsync(source, "s", default).WaitAsync(StepLimit);
        return (source, (await Store.FindAsync(source, default))!.Value);
    }

    protected Task PrepareAsync(VolumeId source, ImageId id, VolumeId target) =>
        Store.PrepareMigrationAsync(source, id, target, ImageLayout.Default, default).WaitAsync(StepLimit);

    protected async Task<ImageMigration> MigrationAsync(VolumeId target) => (await Store.GetMigrationAsync(target, default).WaitAsync(StepLimit))!;
}
