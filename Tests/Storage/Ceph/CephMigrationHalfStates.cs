using System.Buffers.Binary;
using System.Text;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>What a process that was killed during a step of a migration leaves in Ceph, built by hand, and how the adapter goes on from it.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephMigrationHalfStates(CephFixture fixture) : StoreContract(fixture), IDisposable
{
    private const byte FromUser = 0, FromMigration = 2, Preparing = 1, Executed = 4, Aborting = 5;
    private const int HeadBytes = 6;

    private readonly string _scratch = Path.GetTempFileName();

    public void Dispose() => File.Delete(_scratch);

    [StoreFact]
    public async Task A_source_that_was_only_moved_away_is_prepared()
    {
        var (source, id, target) = await MadeAsync();
        await Store.MoveToTrashAsync(source, TimeSpan.Zero, default).WaitAsync(StepLimit);
        await CameToTrashAsync(id, FromMigration);
        await PrepareAsync(source, id, target);
        await IsWholeAsync(source, id, target);
    }

    [StoreFact]
    public async Task What_a_user_has_moved_to_the_trash_stays_there()
    {
        var (source, id, target) = await MadeAsync();
        await Store.MoveToTrashAsync(source, TimeSpan.Zero, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NotFound, () => PrepareAsync(source, id, target));
        Assert.NotNull(await Store.FindInTrashAsync(source.Pool, "", id, default));
    }

    [StoreFact]
    public async Task A_target_of_which_only_the_name_was_written_is_made_anew()
    {
        var (source, id, target) = await MadeAsync();
        var prepared = await PrepareAsync(source, id, target);
        await SetStateAsync(source, id, target, prepared.TargetId, Preparing);
        await RadosAsync(Fixture.OtherPool, "rm", $"rbd_header.{prepared.TargetId}");
        await PrepareAsync(source, id, target);
        await IsWholeAsync(source, id, target);
    }

    [StoreFact]
    public async Task A_target_that_does_not_know_its_source_is_made_anew()
    {
        var (source, id, target) = await MadeAsync();
        var prepared = await PrepareAsync(source, id, target);
        await SetStateAsync(source, id, target, prepared.TargetId, Preparing);
        await ForgetMigrationAsync(prepared.TargetId);
        await PrepareAsync(source, id, target);
        await IsWholeAsync(source, id, target);
    }

    [StoreFact]
    public async Task A_commit_that_has_only_told_the_target_is_ended()
    {
        var (source, id, target) = await MadeAsync();
        var prepared = await PrepareAsync(source, id, target);
        await Store.ExecuteMigrationAsync(target, null, default).WaitAsync(StepLimit);
        await ForgetMigrationAsync(prepared.TargetId);
        await SetStateAsync(source, id, target, prepared.TargetId, Executed);
        await Store.CommitMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindInTrashAsync(source.Pool, "", id, default));
        Assert.DoesNotContain(id.Value, await RadosAsync(Fixture.Pool, "ls"), StringComparison.Ordinal);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, target, 0, 5 * MiB));
        await Store.ResizeAsync(target, 16 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task What_a_resize_asked_for_space_with_goes_with_the_image_that_ends()
    {
        var (source, id, target) = await MadeAsync();
        var aborted = await PrepareAsync(source, id, target);
        await RadosAsync(target.Pool, "put", $"mooring.space.{aborted.TargetId}", _scratch);
        await Store.AbortMigrationAsync(aborted, null, default).WaitAsync(StepLimit);
        Assert.DoesNotContain($"mooring.space.{aborted.TargetId}", await RadosAsync(target.Pool, "ls"), StringComparison.Ordinal);

        await RadosAsync(source.Pool, "put", $"mooring.space.{id}", _scratch);
        var committed = await PrepareAsync(source, id, target);
        await Store.ExecuteMigrationAsync(target, null, default).WaitAsync(StepLimit);
        await Store.CommitMigrationAsync(committed, null, default).WaitAsync(StepLimit);
        Assert.DoesNotContain(id.Value, await RadosAsync(source.Pool, "ls"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task An_abort_that_has_removed_the_target_is_ended()
    {
        var (source, id, target) = await MadeAsync();
        var prepared = await PrepareAsync(source, id, target);
        await RemoveTargetAsync(prepared);
        await SetStateAsync(source, id, target, prepared.TargetId, Aborting);
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        await IsBackAsync(source, id);
    }

    [StoreFact]
    public async Task An_abort_that_has_given_the_source_its_name_is_ended()
    {
        var (source, id, target) = await MadeAsync();
        var prepared = await PrepareAsync(source, id, target);
        await RemoveTargetAsync(prepared);
        await CameToTrashAsync(id, FromUser);
        await fixture.RunAsync("rbd", "trash", "restore", "--pool", source.Pool, "--image-id", id.Value, "--image", source.Image);
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        await IsBackAsync(source, id);
    }

    [StoreFact]
    public async Task An_abort_that_was_killed_while_it_removed_a_snapshot_is_ended()
    {
        for (var tries = 0; ; tries++)
        {
            var (source, id, target) = await MadeAsync();
            var prepared = await PrepareAsync(source, id, target);
            using var client = fixture.Start("rbd", "migration", "abort", "--no-progress", $"{target}");
            var halfRemoved = false;
            while (!client.HasExited && !halfRemoved)
                halfRemoved = await HasHalfRemovedSnapshotAsync(target);
            client.Kill();
            await client.WaitForExitAsync();
            if (!halfRemoved)
            {
                Assert.True(tries < 20, "it was always faster");
                continue;
            }
            await CephFixture.PastDeadClientAsync(Store, () => Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit));
            await IsBackAsync(source, id);
            return;
        }
    }

    [StoreFact]
    public async Task Without_a_snapshot_that_came_along_it_is_not_executed_and_can_be_aborted()
    {
        var (source, id, target) = await MadeAsync();
        var prepared = await PrepareAsync(source, id, target);
        await fixture.RunAsync("rbd", "snap", "rm", "--no-progress", $"{target}@s");
        await FailsAsync(ErrorKind.Damaged, () => Store.ExecuteMigrationAsync(target, null, default));
        await Store.AbortMigrationAsync(prepared, null, default).WaitAsync(StepLimit);
        await IsBackAsync(source, id);
    }

    [StoreFact]
    public async Task What_the_rbd_command_has_prepared_is_ended_and_the_other_way_round()
    {
        var (source, _, target) = await MadeAsync();
        await fixture.RunAsync("rbd", "migration", "prepare", $"{source}", $"{target}");
        var theirs = (await Store.GetMigrationAsync(target, default).WaitAsync(StepLimit))!;
        await Store.ExecuteMigrationAsync(target, null, default).WaitAsync(StepLimit);
        await Store.CommitMigrationAsync(theirs, null, default).WaitAsync(StepLimit);
        var back = Fresh();
        await Store.PrepareMigrationAsync(target, theirs.TargetId, back, ImageLayout.Default, default).WaitAsync(StepLimit);
        Assert.Contains("prepared", await fixture.RunAsync("rbd", "status", $"{back}"), StringComparison.Ordinal);
        await fixture.RunAsync("rbd", "migration", "execute", "--no-progress", $"{back}");
        await fixture.RunAsync("rbd", "migration", "commit", "--no-progress", $"{back}");
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, back, 0, 5 * MiB));
    }

    private async Task<bool> HasHalfRemovedSnapshotAsync(VolumeId volume)
    {
        try
        {
            return (await fixture.RunAsync("rbd", "snap", "ls", "--all", $"{volume}")).Contains("trash", StringComparison.Ordinal);
        }
        catch (HarnessException)
        {
            // The image is gone.
            return false;
        }
    }

    private async Task<(VolumeId Source, ImageId Id, VolumeId Target)> MadeAsync()
    {
        var source = await CreateAsync(dataBytes: 5 * MiB);
        await Store.CreateSnapshotAsync(source, "s", default).WaitAsync(StepLimit);
        return (source, (await Store.FindAsync(source, default))!.Value, Fresh("target") with { Pool = Fixture.OtherPool });
    }

    private async Task<ImageMigration> PrepareAsync(VolumeId source, ImageId id, VolumeId target)
    {
        await Store.PrepareMigrationAsync(source, id, target, ImageLayout.Default, default).WaitAsync(StepLimit);
        return (await Store.GetMigrationAsync(target, default).WaitAsync(StepLimit))!;
    }

    private async Task IsWholeAsync(VolumeId source, ImageId id, VolumeId target)
    {
        Assert.Null(await Store.FindAsync(source, default));
        Assert.Equal((id, MigrationState.Prepared), await Store.GetMigrationAsync(target, default).WaitAsync(StepLimit) is { } now ? (now.SourceId, now.State) : default);
        await Store.ExecuteMigrationAsync(target, null, default).WaitAsync(StepLimit);
        await Store.CommitMigrationAsync((await Store.GetMigrationAsync(target, default))!, null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, target, 0, 5 * MiB));
        Assert.Equal(["s"], (await Store.GetSnapshotsAsync(target, default)).Items.Select(s => s.Name));
        // One target, and nothing of another.
        Assert.Single((await RadosAsync(Fixture.OtherPool, "ls")).Split('\n'), line => line == $"rbd_id.{target.Image}");
    }

    private async Task IsBackAsync(VolumeId source, ImageId id)
    {
        Assert.Equal(id, await Store.FindAsync(source, default));
        Assert.Null(await Store.FindInTrashAsync(source.Pool, "", id, default));
        Assert.Equal(Pattern(0, 5 * MiB), await ReadAsync(Store, source, 0, 5 * MiB));
        await Store.ResizeAsync(source, 16 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);
    }

    // The byte behind the structure's head says who moved it there.
    private async Task CameToTrashAsync(ImageId id, byte from)
    {
        await RadosAsync(Fixture.Pool, "getomapval", "rbd_trash", $"id_{id}", _scratch);
        var entry = await File.ReadAllBytesAsync(_scratch);
        entry[HeadBytes] = from;
        await File.WriteAllBytesAsync(_scratch, entry);
        await RadosAsync(Fixture.Pool, "setomapval", "rbd_trash", $"id_{id}", "--input-file", _scratch);
    }

    // What the source's header says: which of the two, pool, namespace, name and id of the target, no snapshots, how much shows through, two flags, the state.
    private async Task SetStateAsync(VolumeId source, ImageId id, VolumeId target, ImageId targetId, byte state)
    {
        await RadosAsync(source.Pool, "getomapval", $"rbd_header.{id}", "migration", _scratch);
        var spec = await File.ReadAllBytesAsync(_scratch);
        spec[HeadBytes + 1 + 8 + 4 + 4 + Encoding.UTF8.GetByteCount(target.Image) + 4 + targetId.Value.Length + 4 + 8 + 2] = state;
        await File.WriteAllBytesAsync(_scratch, spec);
        await RadosAsync(source.Pool, "setomapval", $"rbd_header.{id}", "migration", "--input-file", _scratch);
    }

    // As the object class does: the key and the feature.
    private async Task ForgetMigrationAsync(ImageId target)
    {
        var header = $"rbd_header.{target}";
        await RadosAsync(Fixture.OtherPool, "rmomapkey", header, "migration");
        await RadosAsync(Fixture.OtherPool, "getomapval", header, "features", _scratch);
        var features = BinaryPrimitives.ReadUInt64LittleEndian(await File.ReadAllBytesAsync(_scratch));
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, features & ~512UL);
        await File.WriteAllBytesAsync(_scratch, bytes);
        await RadosAsync(Fixture.OtherPool, "setomapval", header, "features", "--input-file", _scratch);
    }

    private async Task RemoveTargetAsync(ImageMigration prepared)
    {
        await ForgetMigrationAsync(prepared.TargetId);
        await Store.RemoveSnapshotAsync(prepared.Target, "s", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(prepared.Target, null, default).WaitAsync(StepLimit);
    }

    private Task<string> RadosAsync(string pool, params string[] arguments) => fixture.RunAsync("rados", ["-p", pool, .. arguments]);
}
