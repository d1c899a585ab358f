using Akka.Actor;
using Akka.Event;
using Akka.Persistence;

namespace Mooring.Actors.Journal;

/// <summary>
/// A persistent actor whose state is its latest snapshot and all events after it. It makes a snapshot now and then and removes what that replaces; it
/// never begins with a part of its events.
/// </summary>
/// <typeparam name="TSnapshot">What it keeps of its state.</typeparam>
/// <typeparam name="TEvent">What happens to it.</typeparam>
public abstract class JournalledActor<TSnapshot, TEvent> : ReceivePersistentActor, IWithTimers
    where TSnapshot : class
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private long _snapshotAt;
    private long _replayed;

    /// <summary>Makes the actor.</summary>
    protected JournalledActor()
    {
        Recover<SnapshotOffer>(offer =>
        {
            (_snapshotAt, _replayed) = (offer.Metadata.SequenceNr, 0);
            Restore((TSnapshot)offer.Snapshot);
        });
        Recover<TEvent>(happened =>
        {
            _replayed++;
            Replay(happened);
        });
        Recover<RecoveryCompleted>(_ =>
        {
            RequireAllEvents();
            OnRecovered();
        });
        Command<SaveSnapshotSuccess>(saved =>
        {
            DeleteMessages(saved.Metadata.SequenceNr);
            DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
        });
        Command<SaveSnapshotFailure>(failed => _log.Warning("{0}: no snapshot: {1}", PersistenceId, failed.Cause.Message));
        Command<DeleteMessagesSuccess>(_ => { });
        Command<DeleteMessagesFailure>(failed => _log.Warning("{0}: old events stay: {1}", PersistenceId, failed.Cause.Message));
        Command<DeleteSnapshotsSuccess>(_ => { });
        Command<DeleteSnapshotsFailure>(failed => _log.Warning("{0}: old snapshots stay: {1}", PersistenceId, failed.Cause.Message));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>After how many events there is a snapshot.</summary>
    protected abstract long SnapshotEvery { get; }

    /// <summary>Begins with a snapshot.</summary>
    /// <param name="snapshot">The latest.</param>
    protected abstract void Restore(TSnapshot snapshot);

    /// <summary>Goes on by an event of before.</summary>
    /// <param name="happened">What happened.</param>
    protected abstract void Replay(TEvent happened);

    /// <summary>What to keep of the state as it is.</summary>
    /// <returns>The snapshot.</returns>
    protected abstract TSnapshot Snapshot();

    /// <summary>The state is what it was.</summary>
    protected abstract void OnRecovered();

    /// <summary>Makes a snapshot when there are enough events since the last.</summary>
    protected void SnapshotWhenDue()
    {
        if (LastSequenceNr - _snapshotAt < SnapshotEvery)
            return;
        _snapshotAt = LastSequenceNr;
        SaveSnapshot(Snapshot());
    }

    // An event that the journal does not take has not happened: what waits for it must not go on.
    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        throw new InvalidOperationException($"event {sequenceNr} of {PersistenceId} was rejected: {cause.Message}", cause);

    // While it recovers, another incarnation, which does not know yet that it is replaced, may make a snapshot and delete the events before it: then a
    // snapshot that is older has been read, and the events that should follow it are gone. It fails, and so recovers once more.
    private void RequireAllEvents()
    {
        if (_snapshotAt + _replayed != LastSequenceNr)
            throw new InvalidOperationException(
                $"{PersistenceId} was read while another incarnation wrote it: {_replayed} events after {_snapshotAt}, and the latest is {LastSequenceNr}");
    }
}
