using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephCatalogKeeps(CephFixture fixture) : CatalogContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephLifecycleKeeps(CephFixture fixture) : LifecycleContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephSnapshotsKeep(CephFixture fixture) : SnapshotContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephClonesKeep(CephFixture fixture) : CloneContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephUpkeepKeeps(CephFixture fixture) : UpkeepContract(fixture)
{
    protected override bool StopsHalfWay => true;
}

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephCopiesKeep(CephFixture fixture) : CopyContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephDataKeep(CephFixture fixture) : DataContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephLeasesKeep(CephFixture fixture) : LeaseContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephRecordsKeep(CephFixture fixture) : RecordContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephFencingKeeps(CephFixture fixture) : FencingContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephConnectionsKeep(CephFixture fixture) : ConnectionContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephContentKeeps(CephFixture fixture) : ContentContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephOpenImagesKeep(CephFixture fixture) : OpenImageContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephEventLogKeeps(CephFixture fixture) : EventLogContract(fixture)
{
    protected override async Task NothingIsLeftOfAsync(string stream) =>
        Assert.DoesNotContain(stream, await fixture.RunAsync("rados", "-p", fixture.Pool, "-N", ".mooring", "ls"), StringComparison.Ordinal);
}

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephTrashKeeps(CephFixture fixture) : TrashContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephNamespacesKeep(CephFixture fixture) : NamespaceContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephTiesKeep(CephFixture fixture) : TiesContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephUsageKeeps(CephFixture fixture) : UsageContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephGroupsKeep(CephFixture fixture) : GroupContract(fixture);

[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephMigrationsKeep(CephFixture fixture) : MigrationContract(fixture);
