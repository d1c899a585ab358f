namespace Akka.Persistence;

/// <summary>A message between persistent actors and snapshot stores.</summary>
public interface ISnapshotMessage : IPersistenceMessage
{
}

/// <summary>What a snapshot store is asked.</summary>
public interface ISnapshotRequest : ISnapshotMessage
{
}

/// <summary>What a snapshot store replies.</summary>
public interface ISnapshotResponse : ISnapshotMessage
{
}

/// <summary>Identifies a snapshot.</summary>
public sealed record SnapshotMetadata
{
    /// <summary>Of an entity at a sequence number; the store sets the time.</summary>
    public SnapshotMetadata(string persistenceId, long sequenceNr)
        : this(persistenceId, sequenceNr, DateTime.MinValue)
    {
    }

    /// <summary>Of an entity at a sequence number, saved at a time (UTC).</summary>
    public SnapshotMetadata(string persistenceId, long sequenceNr, DateTime timestamp)
    {
        PersistenceId = persistenceId;
        SequenceNr = sequenceNr;
        Timestamp = timestamp;
    }

    /// <summary>Orders by entity, sequence number and time.</summary>
    public static IComparer<SnapshotMetadata> Comparer { get; } = Comparer<SnapshotMetadata>.Create((left, right) =>
    {
        var order = string.CompareOrdinal(left.PersistenceId, right.PersistenceId);
        if (order == 0)
            order = left.SequenceNr.CompareTo(right.SequenceNr);
        return order != 0 ? order : left.Timestamp.CompareTo(right.Timestamp);
    });

    /// <summary>The entity.</summary>
    public string PersistenceId { get; }

    /// <summary>Sequence number of the last event in the snapshot.</summary>
    public long SequenceNr { get; }

    /// <summary>When it was saved (UTC).</summary>
    public DateTime Timestamp { get; }
}

/// <summary>Selects snapshots by sequence number and time, bounds included.</summary>
public sealed record SnapshotSelectionCriteria
{
    /// <summary>All bounds.</summary>
    public SnapshotSelectionCriteria(long maxSequenceNr, DateTime maxTimeStamp, long minSequenceNr = 0, DateTime? minTimestamp = null)
    {
        MaxSequenceNr = maxSequenceNr;
        MaxTimeStamp = maxTimeStamp;
        MinSequenceNr = minSequenceNr;
        MinTimestamp = minTimestamp ?? DateTime.MinValue;
    }

    /// <summary>Any time, up to a sequence number.</summary>
    public SnapshotSelectionCriteria(long maxSequenceNr)
        : this(maxSequenceNr, DateTime.MaxValue)
    {
    }

    /// <summary>The latest snapshot.</summary>
    public static SnapshotSelectionCriteria Latest { get; } = new(long.MaxValue, DateTime.MaxValue);

    /// <summary>No snapshot.</summary>
    public static SnapshotSelectionCriteria None { get; } = new(0, DateTime.MinValue);

    /// <summary>Upper bound of the sequence number.</summary>
    public long MaxSequenceNr { get; }

    /// <summary>Upper bound of the time (UTC).</summary>
    public DateTime MaxTimeStamp { get; }

    /// <summary>Lower bound of the sequence number.</summary>
    public long MinSequenceNr { get; }

    /// <summary>Lower bound of the time (UTC).</summary>
    public DateTime? MinTimestamp { get; }

    internal SnapshotSelectionCriteria Limit(long toSequenceNr) => toSequenceNr < MaxSequenceNr
        ? new SnapshotSelectionCriteria(toSequenceNr, MaxTimeStamp, MinSequenceNr, MinTimestamp)
        : this;

    internal bool Matches(SnapshotMetadata metadata) => metadata.SequenceNr <= MaxSequenceNr
        && metadata.SequenceNr >= MinSequenceNr
        && metadata.Timestamp <= MaxTimeStamp
        && metadata.Timestamp >= MinTimestamp;
}

/// <summary>A snapshot that was found.</summary>
public sealed record SelectedSnapshot
{
    /// <summary>Makes it.</summary>
    public SelectedSnapshot(SnapshotMetadata metadata, object snapshot)
    {
        Metadata = metadata;
        Snapshot = snapshot;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>The state.</summary>
    public object Snapshot { get; }
}

/// <summary>The snapshot that a recovery starts from.</summary>
public sealed record SnapshotOffer
{
    /// <summary>Makes it.</summary>
    public SnapshotOffer(SnapshotMetadata metadata, object snapshot)
    {
        Metadata = metadata;
        Snapshot = snapshot;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>The state.</summary>
    public object Snapshot { get; }
}

/// <summary>Asks for the latest snapshot that matches.</summary>
public sealed record LoadSnapshot : ISnapshotRequest
{
    /// <summary>Makes it.</summary>
    public LoadSnapshot(string persistenceId, SnapshotSelectionCriteria criteria, long toSequenceNr)
    {
        PersistenceId = persistenceId;
        Criteria = criteria;
        ToSequenceNr = toSequenceNr;
    }

    /// <summary>The entity.</summary>
    public string PersistenceId { get; }

    /// <summary>Which snapshots.</summary>
    public SnapshotSelectionCriteria Criteria { get; }

    /// <summary>Last sequence number.</summary>
    public long ToSequenceNr { get; }
}

/// <summary>The snapshot found.</summary>
public sealed record LoadSnapshotResult : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public LoadSnapshotResult(SelectedSnapshot? snapshot, long toSequenceNr)
    {
        Snapshot = snapshot;
        ToSequenceNr = toSequenceNr;
    }

    /// <summary>What was found; null when there is none.</summary>
    public SelectedSnapshot? Snapshot { get; }

    /// <summary>Last sequence number.</summary>
    public long ToSequenceNr { get; }
}

/// <summary>The snapshot could not be read.</summary>
public sealed class LoadSnapshotFailed : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public LoadSnapshotFailed(Exception cause)
    {
        Cause = cause;
    }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }
}

/// <summary>Asks to save a snapshot.</summary>
public sealed record SaveSnapshot : ISnapshotRequest
{
    /// <summary>Makes it.</summary>
    public SaveSnapshot(SnapshotMetadata metadata, object snapshot)
    {
        Metadata = metadata;
        Snapshot = snapshot;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>The state.</summary>
    public object Snapshot { get; }
}

/// <summary>A snapshot was saved.</summary>
public sealed record SaveSnapshotSuccess : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public SaveSnapshotSuccess(SnapshotMetadata metadata)
    {
        Metadata = metadata;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }
}

/// <summary>A snapshot could not be saved.</summary>
public sealed record SaveSnapshotFailure : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public SaveSnapshotFailure(SnapshotMetadata metadata, Exception cause)
    {
        Metadata = metadata;
        Cause = cause;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }
}

/// <summary>Asks to delete one snapshot.</summary>
public sealed record DeleteSnapshot : ISnapshotRequest
{
    /// <summary>Makes it.</summary>
    public DeleteSnapshot(SnapshotMetadata metadata)
    {
        Metadata = metadata;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }
}

/// <summary>A snapshot was deleted.</summary>
public sealed record DeleteSnapshotSuccess : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public DeleteSnapshotSuccess(SnapshotMetadata metadata)
    {
        Metadata = metadata;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }
}

/// <summary>A snapshot could not be deleted.</summary>
public sealed record DeleteSnapshotFailure : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public DeleteSnapshotFailure(SnapshotMetadata metadata, Exception cause)
    {
        Metadata = metadata;
        Cause = cause;
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotMetadata Metadata { get; }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }
}

/// <summary>Asks to delete all snapshots that match.</summary>
public sealed record DeleteSnapshots : ISnapshotRequest
{
    /// <summary>Makes it.</summary>
    public DeleteSnapshots(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        PersistenceId = persistenceId;
        Criteria = criteria;
    }

    /// <summary>The entity.</summary>
    public string PersistenceId { get; }

    /// <summary>Which snapshots.</summary>
    public SnapshotSelectionCriteria Criteria { get; }
}

/// <summary>The snapshots were deleted.</summary>
public sealed record DeleteSnapshotsSuccess : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public DeleteSnapshotsSuccess(SnapshotSelectionCriteria criteria)
    {
        Criteria = criteria;
    }

    /// <summary>Which snapshots.</summary>
    public SnapshotSelectionCriteria Criteria { get; }
}

/// <summary>The snapshots could not be deleted.</summary>
public sealed record DeleteSnapshotsFailure : ISnapshotResponse
{
    /// <summary>Makes it.</summary>
    public DeleteSnapshotsFailure(SnapshotSelectionCriteria criteria, Exception cause)
    {
        Criteria = criteria;
        Cause = cause;
    }

    /// <summary>Which snapshots.</summary>
    public SnapshotSelectionCriteria Criteria { get; }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }
}
