using Akka.Actor;
using Akka.Persistence;
using Mooring.Tests.Engine.PersistenceSql;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>What every snapshot store must do, spoken in its protocol.</summary>
public abstract class SnapshotContract(string hocon) : PersistenceTestKit(hocon)
{
    private const string Id = "vol/ä 1-2";

    private IActorRef Store => Akka.Persistence.Persistence.Instance.Apply(Sys).SnapshotStoreFor("");

    private SnapshotMetadata Save(long sequenceNr, string state, string id = Id)
    {
        Store.Tell(new SaveSnapshot(new SnapshotMetadata(id, sequenceNr), new TestEvent(state)), TestActor);
        return ExpectMsg<SaveSnapshotSuccess>().Metadata;
    }

    private SelectedSnapshot? Load(SnapshotSelectionCriteria criteria, long toSequenceNr = long.MaxValue)
    {
        Store.Tell(new LoadSnapshot(Id, criteria, toSequenceNr), TestActor);
        return ExpectMsg<LoadSnapshotResult>().Snapshot;
    }

    [ContractFact]
    public void The_latest_matching_snapshot_is_found()
    {
        Save(1, "one");
        var second = Save(2, "two");
        Save(3, "three");
        Save(9, "other", Id + "-x");
        Assert.Equal(new TestEvent("three"), Load(SnapshotSelectionCriteria.Latest)!.Snapshot);
        Assert.Equal(second.SequenceNr, Load(new SnapshotSelectionCriteria(2))!.Metadata.SequenceNr);
        Assert.Equal(2, Load(SnapshotSelectionCriteria.Latest, 2)!.Metadata.SequenceNr);
        Assert.Null(Load(SnapshotSelectionCriteria.None));
        Assert.Null(Load(new SnapshotSelectionCriteria(long.MaxValue, DateTime.UtcNow.AddDays(-1))));
    }

    [ContractFact]
    public void A_snapshot_that_is_saved_again_is_replaced()
    {
        Save(1, "old");
        Save(1, "new");
        Assert.Equal(new TestEvent("new"), Load(SnapshotSelectionCriteria.Latest)!.Snapshot);
    }

    [ContractFact]
    public void Deleted_snapshots_are_gone()
    {
        Save(1, "one");
        Save(2, "two");
        var third = Save(3, "three");
        Store.Tell(new DeleteSnapshot(third), TestActor);
        ExpectMsg<DeleteSnapshotSuccess>();
        Assert.Equal(2, Load(SnapshotSelectionCriteria.Latest)!.Metadata.SequenceNr);
        Store.Tell(new DeleteSnapshot(new SnapshotMetadata(Id, 2)), TestActor);
        ExpectMsg<DeleteSnapshotSuccess>();
        Assert.Equal(1, Load(SnapshotSelectionCriteria.Latest)!.Metadata.SequenceNr);
        Store.Tell(new DeleteSnapshots(Id, SnapshotSelectionCriteria.Latest), TestActor);
        ExpectMsg<DeleteSnapshotsSuccess>();
        Assert.Null(Load(SnapshotSelectionCriteria.Latest));
    }
}

/// <summary>The contract on the store in memory.</summary>
public sealed class MemorySnapshotStoreSpec() : SnapshotContract("");

/// <summary>The contract on files.</summary>
public sealed class LocalSnapshotStoreSpec : SnapshotContract
{
    private readonly TemporaryDirectory _folder;

    public LocalSnapshotStoreSpec()
        : this(new TemporaryDirectory("snapshots"))
    {
    }

    private LocalSnapshotStoreSpec(TemporaryDirectory folder)
        : base($$"""
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.local"
            akka.persistence.snapshot-store.local.dir = "{{folder.Path}}"
            """) => _folder = folder;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Dispose();
    }

    [ContractFact]
    public void A_damaged_snapshot_is_passed_over()
    {
        var store = Akka.Persistence.Persistence.Instance.Apply(Sys).SnapshotStoreFor("");
        store.Tell(new SaveSnapshot(new SnapshotMetadata("p", 1), new TestEvent("good")), TestActor);
        ExpectMsg<SaveSnapshotSuccess>();
        store.Tell(new SaveSnapshot(new SnapshotMetadata("p", 2), new TestEvent("bad")), TestActor);
        ExpectMsg<SaveSnapshotSuccess>();
        File.WriteAllBytes(Directory.GetFiles(_folder.Path, "snapshot-p-2-*").Single(), [1, 2, 3]);
        store.Tell(new LoadSnapshot("p", SnapshotSelectionCriteria.Latest, long.MaxValue), TestActor);
        Assert.Equal(new TestEvent("good"), ExpectMsg<LoadSnapshotResult>().Snapshot!.Snapshot);
    }
}
