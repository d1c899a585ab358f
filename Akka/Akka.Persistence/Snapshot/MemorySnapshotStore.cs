namespace Akka.Persistence.Snapshot;

/// <summary>A snapshot in memory.</summary>
public class SnapshotEntry
{
    /// <summary>Entity and sequence number.</summary>
    public string Id { get; set; } = "";

    /// <summary>The entity.</summary>
    public string PersistenceId { get; set; } = "";

    /// <summary>Sequence number of the last event in it.</summary>
    public long SequenceNr { get; set; }

    /// <summary>When it was saved, in UTC ticks.</summary>
    public long Timestamp { get; set; }

    /// <summary>The state.</summary>
    public object? Snapshot { get; set; }
}

/// <summary>Keeps snapshots in memory, for tests: they are gone with the actor system.</summary>
public class MemorySnapshotStore : SnapshotStore
{
    /// <summary>All snapshots; used by the store's actor only.</summary>
    protected virtual List<SnapshotEntry> Snapshots { get; } = [];

    /// <inheritdoc />
    protected override Task DeleteAsync(SnapshotMetadata metadata)
    {
        Snapshots.RemoveAll(s => s.PersistenceId == metadata.PersistenceId
            && s.SequenceNr == metadata.SequenceNr
            && (metadata.Timestamp == DateTime.MinValue || s.Timestamp == metadata.Timestamp.Ticks));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        Snapshots.RemoveAll(s => Matches(s, persistenceId, criteria));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    protected override Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        var found = Snapshots.Where(s => Matches(s, persistenceId, criteria)).MaxBy(s => s.SequenceNr);
        return Task.FromResult(found is null ? null : new SelectedSnapshot(MetadataOf(found), found.Snapshot!));
    }

    /// <inheritdoc />
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        var id = metadata.PersistenceId + "_" + metadata.SequenceNr;
        Snapshots.RemoveAll(s => s.Id == id);
        Snapshots.Add(new SnapshotEntry
        {
            Id = id,
            PersistenceId = metadata.PersistenceId,
            SequenceNr = metadata.SequenceNr,
            Timestamp = metadata.Timestamp.Ticks,
            Snapshot = snapshot,
        });
        return Task.CompletedTask;
    }

    private static bool Matches(SnapshotEntry entry, string persistenceId, SnapshotSelectionCriteria criteria) =>
        entry.PersistenceId == persistenceId && criteria.Matches(MetadataOf(entry));

    private static SnapshotMetadata MetadataOf(SnapshotEntry entry) =>
        new(entry.PersistenceId, entry.SequenceNr, new DateTime(entry.Timestamp, DateTimeKind.Utc));
}
