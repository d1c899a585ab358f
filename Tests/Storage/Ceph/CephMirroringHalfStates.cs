using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>What a process that was killed during a step of mirroring leaves in Ceph, built by hand, and how the adapter goes on from it.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephMirroringHalfStates(CephFixture fixture) : StoreContract(fixture), IDisposable
{
    private const byte Disabling = 0, Restoring = 3;
    private const ulong NonPrimary = 1024;

    private static readonly ImageLayout WithJournal = new(Features: ["layering", "exclusive-lock", "journaling"]);
    private static readonly string[] Journaling = ["journaling"];

    private readonly string _pool = FreshText("mirrored");
    private readonly string _scratch = Path.GetTempFileName();

    public void Dispose() => File.Delete(_scratch);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await fixture.RunAsync("ceph", "osd", "pool", "create", _pool, "4", "4");
    }

    [StoreFact]
    public async Task A_snapshot_that_was_made_before_mirroring_was_entered_goes()
    {
        var (begun, ended) = (await NotEnteredAsync(), await NotEnteredAsync());
        await Store.EnableMirroringAsync(begun, MirroringMode.Snapshot, default).WaitAsync(StepLimit);
        await IsAsync(begun, primary: true, snapshots: 1);
        await Store.DisableMirroringAsync(ended, false, default).WaitAsync(StepLimit);
        await Store.RemoveAsync(ended, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task Making_an_image_the_primary_one_is_ended()
    {
        foreach (var complete in new[] { true, false })
        {
            var volume = await HalfPromotedAsync(complete);
            Assert.Equal(MirroringState.Changing, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).State);
            await Store.PromoteAsync(volume, false, default).WaitAsync(StepLimit);
            await IsAsync(volume, primary: true, snapshots: 3);
            await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
            await FailsAsync(ErrorKind.InvalidArgument, () => Store.PromoteAsync(volume, false, default));
        }
        var left = await HalfPromotedAsync(complete: false);
        await Store.DemoteAsync(left, default).WaitAsync(StepLimit);
        await IsAsync(left, primary: false, snapshots: 2);
        Assert.Contains("non-primary", (await Store.GetAsync(left, default)).Features);
    }

    [StoreFact]
    public async Task Giving_up_being_the_primary_one_is_ended()
    {
        var (marked, half) = (await MirroredAsync(), await MirroredAsync());
        await MarkAsync(marked);
        await Store.DemoteAsync(half, default).WaitAsync(StepLimit);
        await NotCompleteAsync(half, await LatestAsync(half));
        foreach (var volume in new[] { marked, half })
        {
            Assert.Equal(MirroringState.Changing, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).State);
            await Store.DemoteAsync(volume, default).WaitAsync(StepLimit);
            await IsAsync(volume, primary: false, snapshots: 2);
            await FailsAsync(ErrorKind.InvalidArgument, () => Store.DemoteAsync(volume, default));
            await Store.PromoteAsync(volume, false, default).WaitAsync(StepLimit);
            await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
        }
    }

    [StoreFact]
    public async Task Ending_mirroring_leaves_an_image_that_can_be_written_to()
    {
        foreach (var again in new[] { true, false })
        {
            var volume = await HalfPromotedAsync(complete: again);
            await EnteredAsAsync(volume, Disabling);
            if (again)
                await Store.EnableMirroringAsync(volume, MirroringMode.Snapshot, default).WaitAsync(StepLimit);
            await Store.DisableMirroringAsync(volume, force: true, default).WaitAsync(StepLimit);
            Assert.DoesNotContain("non-primary", (await Store.GetAsync(volume, default)).Features);
            await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
            await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
        }
    }

    [StoreFact]
    public async Task Ending_mirroring_goes_on_where_its_snapshots_are_gone()
    {
        var volume = await MirroredAsync();
        await fixture.RunAsync("rbd", "snap", "rm", $"{volume}", "--snap-id", $"{(await LatestAsync(volume)).Value}");
        await EnteredAsAsync(volume, Disabling);
        await Store.DisableMirroringAsync(volume, force: false, default).WaitAsync(StepLimit);
        Assert.Equal(MirroringState.Disabled, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).State);
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_mirrors_snapshot_that_is_not_complete_does_not_count()
    {
        var volume = await MirroredAsync();
        await fixture.RunAsync("rbd", "mirror", "pool", "peer", "add", _pool, "client.nobody@elsewhere");
        var half = await Store.CreateMirrorSnapshotAsync(volume, default).WaitAsync(StepLimit);
        await NotCompleteAsync(volume, half);
        Assert.DoesNotContain(half, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).Snapshots);
        await Store.CreateMirrorSnapshotAsync(volume, default).WaitAsync(StepLimit);
        await AllCompleteAsync(volume);
    }

    [StoreFact]
    public async Task Giving_up_being_the_primary_one_is_entered_in_the_journal_to_its_end()
    {
        var volume = await MirroredAsync(MirroringMode.Journal);
        var id = await IdAsync(volume);
        await RadosAsync("getomapval", $"journal.{id}", "client_", _scratch);
        await Store.DemoteAsync(volume, default).WaitAsync(StepLimit);
        await IsAsync(volume, primary: false, snapshots: 0);
        // As before the event was entered, which is the only one.
        await RadosAsync("setomapval", $"journal.{id}", "client_", "--input-file", _scratch);
        await RadosAsync(["rm", .. (await RadosAsync("ls")).Split('\n').Where(name => name.StartsWith("journal_data.", StringComparison.Ordinal))]);
        Assert.Equal(MirroringState.Changing, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).State);

        await Store.DemoteAsync(volume, default).WaitAsync(StepLimit);

        await IsAsync(volume, primary: false, snapshots: 0);
        Assert.Contains("journal_data.", await RadosAsync("ls"), StringComparison.Ordinal);
        await Store.PromoteAsync(volume, false, default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
        await IsAsync(volume, primary: true, snapshots: 0);
    }

    [StoreFact]
    public async Task An_image_is_mirrored_to_its_end_where_all_with_a_journal_are()
    {
        await Store.SetPoolMirroringAsync(_pool, "", PoolMirroring.Pool, default).WaitAsync(StepLimit);
        var (made, switched, restored) = (FreshThere(), FreshThere(), FreshThere());

        await Store.CreateAsync(made, MiB, WithJournal, default).WaitAsync(StepLimit);
        Assert.True(await Store.IsCompleteAsync(made, default));
        await NotMirroredAsync(made);
        Assert.False(await Store.IsCompleteAsync(made, default));
        await Store.RemoveAsync(made, null, default).WaitAsync(StepLimit);

        await Store.CreateAsync(switched, MiB, default).WaitAsync(StepLimit);
        Assert.True(await Store.FollowsPoolAsync(switched, default));
        await Store.UpdateFeaturesAsync(switched, Journaling, true, default).WaitAsync(StepLimit);
        await Store.WriteAsync(switched, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
        await NotMirroredAsync(switched);
        Assert.False(await Store.FollowsPoolAsync(switched, default));
        await Store.UpdateFeaturesAsync(switched, Journaling, true, default).WaitAsync(StepLimit);
        Assert.True(await Store.FollowsPoolAsync(switched, default));
        await IsAsync(switched, primary: true, snapshots: 0);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, switched, 0, 4096));
        await NotMirroredAsync(switched);
        await using (var other = await ConnectAsync("other"))
        await using (var open = await other.OpenAsync(switched, readOnly: false, default).WaitAsync(StepLimit))
        {
            await open.WriteAsync(4096, Pattern(4096, 4096), default).WaitAsync(StepLimit);
            await Store.UpdateFeaturesAsync(switched, Journaling, true, default).WaitAsync(StepLimit);
            await IsAsync(switched, primary: true, snapshots: 0);
        }
        Assert.Equal(Pattern(0, 8192), await ReadAsync(Store, switched, 0, 8192));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(switched, Journaling, true, default));

        await Store.CreateAsync(restored, MiB, WithJournal, default).WaitAsync(StepLimit);
        var id = new ImageId(await IdAsync(restored));
        await Store.MoveToTrashAsync(restored, TimeSpan.Zero, default).WaitAsync(StepLimit);
        await ChangeAsync("rbd_trash", $"id_{id}", entry => entry[^1] = Restoring);
        await Store.RestoreFromTrashAsync(id, restored, default).WaitAsync(StepLimit);
        await NotMirroredAsync(restored);
        // It leaves the trash last.
        await RadosAsync("setomapval", "rbd_trash", $"id_{id}", "--input-file", _scratch);
        await Store.RestoreFromTrashAsync(id, restored, default).WaitAsync(StepLimit);
        await IsAsync(restored, primary: true, snapshots: 0);
        Assert.Null(await Store.FindInTrashAsync(_pool, "", id, default));
    }

    private VolumeId FreshThere() => Fresh() with { Pool = _pool };

    private async Task<VolumeId> MirroredAsync(MirroringMode mode = MirroringMode.Snapshot)
    {
        var volume = FreshThere();
        await Store.SetPoolMirroringAsync(_pool, "", PoolMirroring.Image, default).WaitAsync(StepLimit);
        await Store.CreateAsync(volume, 8 * MiB, default).WaitAsync(StepLimit);
        await Store.EnableMirroringAsync(volume, mode, default).WaitAsync(StepLimit);
        return volume;
    }

    private async Task<VolumeId> NotEnteredAsync()
    {
        var volume = await MirroredAsync();
        await NotCompleteAsync(volume, await LatestAsync(volume));
        await NotMirroredAsync(volume);
        return volume;
    }

    private async Task<VolumeId> HalfPromotedAsync(bool complete)
    {
        var volume = await MirroredAsync();
        await Store.DemoteAsync(volume, default).WaitAsync(StepLimit);
        await Store.PromoteAsync(volume, false, default).WaitAsync(StepLimit);
        if (!complete)
            await NotCompleteAsync(volume, await LatestAsync(volume));
        await MarkAsync(volume);
        return volume;
    }

    private async Task IsAsync(VolumeId volume, bool primary, int snapshots)
    {
        var found = await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit);
        Assert.Equal((MirroringState.Enabled, primary, snapshots), (found.State, found.IsPrimary, found.Snapshots.Count));
        await AllCompleteAsync(volume);
    }

    private async Task AllCompleteAsync(VolumeId volume) =>
        Assert.DoesNotContain("\"complete\":false", await fixture.RunAsync("rbd", "snap", "ls", "--all", "--format", "json", $"{volume}"), StringComparison.Ordinal);

    private async Task<SnapshotId> LatestAsync(VolumeId volume) => (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).Snapshots[^1];

    // What else a copy is to have was not written beside the snapshot.
    private async Task NotCompleteAsync(VolumeId volume, SnapshotId snapshot)
    {
        var id = await IdAsync(volume);
        // cls_rbd_snap, and in it the kind, the state and whether it is complete.
        await ChangeAsync($"rbd_header.{id}", $"snapshot_{snapshot.Value:x16}", record =>
        {
            ReadOnlySpan<byte> primary = [3, 0, 0, 0, 0, 1], demoted = [3, 0, 0, 0, 1, 1];
            record[Math.Max(record.AsSpan().LastIndexOf(primary), record.AsSpan().LastIndexOf(demoted)) + 5] = 0;
        });
        await RadosAsync("rm", $"rbd_mirror_snapshot.{id}.{snapshot.Value}.0");
    }

    private async Task MarkAsync(VolumeId volume) => await ChangeAsync(
        $"rbd_header.{await IdAsync(volume)}", "features", features => BitConverter.TryWriteBytes(features, BitConverter.ToUInt64(features) | NonPrimary));

    private async Task NotMirroredAsync(VolumeId volume)
    {
        var mirrored = await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit);
        await RadosAsync("rmomapkey", "rbd_mirroring", $"image_{await IdAsync(volume)}");
        await RadosAsync("rmomapkey", "rbd_mirroring", $"global_{mirrored.GlobalId}");
    }

    // cls::rbd::MirrorImage ends with the state and the mode.
    private async Task EnteredAsAsync(VolumeId volume, byte state) => await ChangeAsync("rbd_mirroring", $"image_{await IdAsync(volume)}", record => record[^2] = state);

    private async Task ChangeAsync(string oid, string key, Action<byte[]> change)
    {
        await RadosAsync("getomapval", oid, key, _scratch);
        var value = await File.ReadAllBytesAsync(_scratch);
        change(value);
        await File.WriteAllBytesAsync(_scratch, value);
        await RadosAsync("setomapval", oid, key, "--input-file", _scratch);
    }

    private async Task<string> IdAsync(VolumeId volume) => (await Store.FindAsync(volume, default))!.Value.Value;

    private Task<string> RadosAsync(params string[] arguments) => fixture.RunAsync("rados", ["-p", _pool, .. arguments]);
}
