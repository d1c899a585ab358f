using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

/// <summary>What an attempt in doubt makes of the snapshots that it finds.</summary>
public class SnapshotReconcileTests
{
    private static readonly VolumeId Volume = VolumeId.Parse("rbd/a");

    [Fact]
    public void A_snapshot_with_an_id_above_those_before_was_made_since()
    {
        var create = new CreateSnapshot(Volume, "s");

        Assert.Equal(Reconciliation.NotBegun, After(create, 4, (4, "old", false)));
        Assert.Equal(Reconciliation.Done, After(create, 4, (4, "old", false), (5, "s", false)));
        Assert.Equal(Reconciliation.Done, After(create, 0, (5, "s", false)));
        // Somebody has given its name to an older one.
        Assert.Equal(Reconciliation.Foreign, After(create, 4, (4, "s", false)));
    }

    [Fact]
    public void A_renamed_snapshot_is_known_by_its_id()
    {
        var rename = new RenameSnapshot(Volume, "s", "t");

        Assert.Equal(Reconciliation.NotBegun, After(rename, 4, (4, "s", false)));
        Assert.Equal(Reconciliation.Done, After(rename, 4, (4, "t", false)));
        Assert.Equal(Reconciliation.Done, After(rename, 4, (4, "t", false), (5, "s", false)));
        Assert.Equal(Reconciliation.Foreign, After(rename, 4, (5, "t", false)));
        Assert.Equal(Reconciliation.Foreign, After(rename, 4));
    }

    [Fact]
    public void Another_snapshot_under_the_name_of_one_that_was_removed_is_left_alone()
    {
        var remove = new RemoveSnapshot(Volume, "s");

        Assert.Equal(Reconciliation.NotBegun, After(remove, 4, (4, "s", false)));
        Assert.Equal(Reconciliation.Done, After(remove, 4));
        Assert.Equal(Reconciliation.Done, After(remove, 4, (5, "s", false)));
        Assert.Equal(Reconciliation.Foreign, After(remove, 4, (4, "elsewhere", false)));
    }

    [Fact]
    public void Protection_shows_by_itself()
    {
        var (protect, unprotect) = (new ProtectSnapshot(Volume, "s"), new UnprotectSnapshot(Volume, "s"));

        Assert.Equal(Reconciliation.NotBegun, After(protect, 4, (4, "s", false)));
        Assert.Equal(Reconciliation.Done, After(protect, 4, (4, "s", true)));
        Assert.Equal(Reconciliation.Foreign, After(protect, 4, (5, "s", true)));
        Assert.Equal(Reconciliation.NotBegun, After(unprotect, 4, (4, "s", true)));
        Assert.Equal(Reconciliation.Done, After(unprotect, 4, (4, "s", false)));
        Assert.Equal(Reconciliation.Foreign, After(unprotect, 4));
    }

    [Fact]
    public void A_rollback_is_done_again_to_the_same_snapshot_only()
    {
        var rollBack = new RollBackVolume(Volume, "s");

        Assert.Equal(Reconciliation.Partial, After(rollBack, 4, (4, "s", false)));
        Assert.Equal(Reconciliation.Foreign, After(rollBack, 4, (5, "s", false)));
    }

    private static Reconciliation After<T>(T command, ulong noted, params (ulong Id, string Name, bool IsProtected)[] found)
        where T : VolumeCommand => ((SnapshotOperation<T>)OperationCatalog.Of(command)).Reconcile(
            command,
            new SnapshotId(noted),
            new ImageSnapshots(new ImageId("id"), [.. found.Select(s => new ImageSnapshot(new SnapshotId(s.Id), s.Name, 1, DateTimeOffset.UnixEpoch, s.IsProtected))], null));
}
