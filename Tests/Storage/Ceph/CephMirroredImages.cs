using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>What is kept of mirroring with images and pools, which <c>rbd</c> sees as well; and switching the journal on and off.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephMirroredImages(CephFixture fixture) : StoreContract(fixture)
{
    private static readonly string[] Journaling = ["journaling"];

    [StoreFact]
    public async Task An_image_is_mirrored_by_snapshots()
    {
        var volume = await MirrorableAsync();
        Assert.Equal(MirroringState.Disabled, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).State);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.PromoteAsync(volume, false, default));
        await Store.EnableMirroringAsync(volume, MirroringMode.Snapshot, default).WaitAsync(StepLimit);
        var begun = await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit);
        Assert.Equal((MirroringState.Enabled, MirroringMode.Snapshot, true, 1), (begun.State, begun.Mode, begun.IsPrimary, begun.Snapshots.Count));
        Assert.Contains(begun.GlobalId, await fixture.RunAsync("rbd", "info", $"{volume}"), StringComparison.Ordinal);
        await Store.EnableMirroringAsync(volume, MirroringMode.Snapshot, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.EnableMirroringAsync(volume, MirroringMode.Journal, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.PromoteAsync(volume, false, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.ResyncAsync(volume, default));
        await FailsAsync(ErrorKind.Busy, () => Store.PrepareMigrationAsync(
            volume, Store.FindAsync(volume, default).GetAwaiter().GetResult()!.Value, Fresh(), ImageLayout.Default, default));
        // Nobody is there for whom it would be made.
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateMirrorSnapshotAsync(volume, default));
        await fixture.RunAsync("rbd", "mirror", "pool", "peer", "add", Fixture.OtherPool, "client.nobody@elsewhere");
        var id = await Store.CreateMirrorSnapshotAsync(volume, default).WaitAsync(StepLimit);
        Assert.Contains(id, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).Snapshots);

        await Store.DemoteAsync(volume, default).WaitAsync(StepLimit);
        Assert.False((await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).IsPrimary);
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.DemoteAsync(volume, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateMirrorSnapshotAsync(volume, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.DisableMirroringAsync(volume, false, default));
        await Store.ResyncAsync(volume, default).WaitAsync(StepLimit);
        await Store.PromoteAsync(volume, false, default).WaitAsync(StepLimit);
        Assert.True((await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).IsPrimary);
        await Store.DisableMirroringAsync(volume, false, default).WaitAsync(StepLimit);
        await Store.DisableMirroringAsync(volume, false, default).WaitAsync(StepLimit);
        Assert.Equal(MirroringState.Disabled, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).State);
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task An_image_is_mirrored_by_its_journal()
    {
        var volume = await MirrorableAsync();
        await Store.EnableMirroringAsync(volume, MirroringMode.Journal, default).WaitAsync(StepLimit);
        Assert.Equal(MirroringMode.Journal, (await Store.GetMirroringAsync(volume, default).WaitAsync(StepLimit)).Mode);
        Assert.Contains("journaling", (await Store.GetAsync(volume, default)).Features);
        await Store.DisableMirroringAsync(volume, false, default).WaitAsync(StepLimit);
        Assert.DoesNotContain("journaling", (await Store.GetAsync(volume, default)).Features);
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_namespace_is_mirrored_as_was_said_last()
    {
        var ns = FreshText("ns");
        await Store.CreateNamespaceAsync(Fixture.OtherPool, ns, default).WaitAsync(StepLimit);
        await Store.SetPoolMirroringAsync(Fixture.OtherPool, "", PoolMirroring.Image, default).WaitAsync(StepLimit);
        var volume = new VolumeId(Fixture.OtherPool, ns, "a");
        await Store.CreateAsync(volume, MiB, default).WaitAsync(StepLimit);
        Assert.Equal(PoolMirroring.Disabled, await Store.GetPoolMirroringAsync(volume.Pool, ns, default).WaitAsync(StepLimit));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.EnableMirroringAsync(volume, MirroringMode.Snapshot, default));
        foreach (var mode in new[] { PoolMirroring.Image, PoolMirroring.Image, PoolMirroring.Pool, PoolMirroring.Pool, PoolMirroring.Disabled, PoolMirroring.Image })
        {
            await Store.SetPoolMirroringAsync(volume.Pool, ns, mode, default).WaitAsync(StepLimit);
            Assert.Equal(mode, await Store.GetPoolMirroringAsync(volume.Pool, ns, default).WaitAsync(StepLimit));
        }
        await Store.EnableMirroringAsync(volume, MirroringMode.Snapshot, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Busy, () => Store.SetPoolMirroringAsync(volume.Pool, ns, PoolMirroring.Disabled, default));
        await Store.DisableMirroringAsync(volume, false, default).WaitAsync(StepLimit);
        await Store.SetPoolMirroringAsync(volume.Pool, ns, PoolMirroring.Disabled, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NotFound, () => Store.GetPoolMirroringAsync(volume.Pool, FreshText("ns"), default));
    }

    [StoreFact]
    public async Task The_journal_comes_and_goes_with_its_feature()
    {
        var volume = await CreateAsync();
        await Store.UpdateFeaturesAsync(volume, Journaling, true, default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
        await Store.UpdateFeaturesAsync(volume, Journaling, false, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, volume, 0, 4096));
        Assert.DoesNotContain(Header(volume), await RadosAsync("ls"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_feature_without_a_journal_is_taken_away()
    {
        var volume = await CreateAsync();
        await Store.UpdateFeaturesAsync(volume, Journaling, true, default).WaitAsync(StepLimit);
        await RadosAsync("rm", Header(volume));
        await Store.UpdateFeaturesAsync(volume, Journaling, false, default).WaitAsync(StepLimit);
        Assert.DoesNotContain("journaling", (await Store.GetAsync(volume, default)).Features);
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
        await Store.UpdateFeaturesAsync(volume, Journaling, true, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_journal_without_the_feature_is_made_anew()
    {
        var volume = await CreateAsync();
        await RadosAsync("create", Header(volume));
        await Store.UpdateFeaturesAsync(volume, Journaling, true, default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);
        Assert.Contains("journaling", (await Store.GetAsync(volume, default)).Features);
    }

    private async Task<VolumeId> MirrorableAsync()
    {
        var volume = Fresh() with { Pool = Fixture.OtherPool };
        await Store.SetPoolMirroringAsync(volume.Pool, "", PoolMirroring.Image, default).WaitAsync(StepLimit);
        await Store.CreateAsync(volume, 8 * MiB, default).WaitAsync(StepLimit);
        return volume;
    }

    private string Header(VolumeId volume) => $"journal.{Store.FindAsync(volume, default).GetAwaiter().GetResult()}";

    private Task<string> RadosAsync(params string[] arguments) => fixture.RunAsync("rados", ["-p", Fixture.Pool, .. arguments]);
}
