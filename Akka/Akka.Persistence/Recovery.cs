using Akka.Actor;

namespace Akka.Persistence;

/// <summary>From which snapshot an actor recovers, and how far.</summary>
public sealed class Recovery
{
    /// <summary>The latest snapshot and all events after it.</summary>
    public Recovery()
        : this(SnapshotSelectionCriteria.Latest)
    {
    }

    /// <summary>The snapshot selected and all events after it.</summary>
    public Recovery(SnapshotSelectionCriteria fromSnapshot)
        : this(fromSnapshot, long.MaxValue)
    {
    }

    /// <summary>The snapshot selected and events up to a sequence number.</summary>
    public Recovery(SnapshotSelectionCriteria fromSnapshot, long toSequenceNr)
        : this(fromSnapshot, toSequenceNr, long.MaxValue)
    {
    }

    /// <summary>The snapshot selected, events up to a sequence number, at most <paramref name="replayMax"/> of them.</summary>
    public Recovery(SnapshotSelectionCriteria? fromSnapshot = null, long toSequenceNr = long.MaxValue, long replayMax = long.MaxValue)
    {
        FromSnapshot = fromSnapshot ?? SnapshotSelectionCriteria.Latest;
        ToSequenceNr = toSequenceNr;
        ReplayMax = replayMax;
    }

    /// <summary>The latest snapshot and all events after it.</summary>
    public static Recovery Default { get; } = new(SnapshotSelectionCriteria.Latest);

    /// <summary>No snapshot and no events; only the highest sequence number is read.</summary>
    public static Recovery None { get; } = new(SnapshotSelectionCriteria.None, 0);

    /// <summary>Which snapshot to start from.</summary>
    public SnapshotSelectionCriteria FromSnapshot { get; }

    /// <summary>Last sequence number to replay.</summary>
    public long ToSequenceNr { get; }

    /// <summary>Most events to replay.</summary>
    public long ReplayMax { get; }
}

/// <summary>The last message of a recovery: what follows are new messages.</summary>
public sealed class RecoveryCompleted
{
    /// <summary>The one instance.</summary>
    public static readonly RecoveryCompleted Instance = new();

    private RecoveryCompleted()
    {
    }

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is RecoveryCompleted;

    /// <inheritdoc />
    public override int GetHashCode() => nameof(RecoveryCompleted).Length;
}

/// <summary>Sent to a recovering actor by the scheduler to notice a silent plugin.</summary>
public sealed class RecoveryTick
{
    /// <summary>A tick for the snapshot phase or for the replay phase.</summary>
    public RecoveryTick(bool snapshot) => Snapshot = snapshot;

    /// <summary>Whether it belongs to the snapshot phase.</summary>
    public bool Snapshot { get; }
}

/// <summary>No snapshot or event came within <c>recovery-event-timeout</c>.</summary>
public sealed class RecoveryTimedOutException : AkkaException
{
    /// <summary>Without text.</summary>
    public RecoveryTimedOutException()
    {
    }

    /// <summary>With the text to show.</summary>
    public RecoveryTimedOutException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
