using Mooring.Tests.Engine.Persistence;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>The journal's contract on SQLite.</summary>
public sealed class SqliteJournalSpec : JournalContract
{
    private readonly SqliteFile _file;

    public SqliteJournalSpec()
        : this(new SqliteFile())
    {
    }

    private SqliteJournalSpec(SqliteFile file)
        : base(file.Hocon) => _file = file;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _file.Dispose();
    }
}

/// <summary>The snapshot store's contract on SQLite.</summary>
public sealed class SqliteSnapshotStoreSpec : SnapshotContract
{
    private readonly SqliteFile _file;

    public SqliteSnapshotStoreSpec()
        : this(new SqliteFile())
    {
    }

    private SqliteSnapshotStoreSpec(SqliteFile file)
        : base(file.Hocon) => _file = file;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _file.Dispose();
    }
}
