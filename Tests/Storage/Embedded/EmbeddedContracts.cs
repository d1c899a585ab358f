using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Embedded;

public sealed class EmbeddedCatalog(EmbeddedFixture fixture) : CatalogContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedLifecycle(EmbeddedFixture fixture) : LifecycleContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedSnapshots(EmbeddedFixture fixture) : SnapshotContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedClones(EmbeddedFixture fixture) : CloneContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedUpkeep(EmbeddedFixture fixture) : UpkeepContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedCopies(EmbeddedFixture fixture) : CopyContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedData(EmbeddedFixture fixture) : DataContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedLeases(EmbeddedFixture fixture) : LeaseContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedRecords(EmbeddedFixture fixture) : RecordContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedFencing(EmbeddedFixture fixture) : FencingContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedConnections(EmbeddedFixture fixture) : ConnectionContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedContent(EmbeddedFixture fixture) : ContentContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedOpenImages(EmbeddedFixture fixture) : OpenImageContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedEventLogs(EmbeddedFixture fixture) : EventLogContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedTrash(EmbeddedFixture fixture) : TrashContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedNamespaces(EmbeddedFixture fixture) : NamespaceContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedTies(EmbeddedFixture fixture) : TiesContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedUsage(EmbeddedFixture fixture) : UsageContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedGroups(EmbeddedFixture fixture) : GroupContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedMigrations(EmbeddedFixture fixture) : MigrationContract(fixture), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedIsNotMirrored(EmbeddedFixture fixture) : NoMirroringContract(fixture), IClassFixture<EmbeddedFixture>;
