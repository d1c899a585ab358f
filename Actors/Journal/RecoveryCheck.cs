namespace Mooring.Actors.Journal;

/// <summary>
/// Whether a persistent actor has got all of its events. While it recovers, another incarnation, which does not know yet that it is replaced, may make a
/// snapshot and delete the events before it: then a snapshot that is older is read, and the events that should follow it are gone.
/// </summary>
internal struct RecoveryCheck
{
    private long _snapshotAt;
    private long _replayed;

    /// <summary>Begins behind a snapshot.</summary>
    /// <param name="sequenceNr">Its place in the journal.</param>
    public void Offered(long sequenceNr) => (_snapshotAt, _replayed) = (sequenceNr, 0);

    /// <summary>Counts an event.</summary>
    public void Replayed() => _replayed++;

    /// <summary>Fails, so that the actor recovers once more, when events are missing.</summary>
    /// <param name="id">Whose they are.</param>
    /// <param name="lastSequenceNr">The place of the latest event.</param>
    /// <exception cref="InvalidOperationException">They are.</exception>
    public readonly void RequireAll(string id, long lastSequenceNr)
    {
        if (_snapshotAt + _replayed != lastSequenceNr)
            throw new InvalidOperationException($"{id} was read while another incarnation wrote it: {_replayed} events after {_snapshotAt}, and the latest is {lastSequenceNr}");
    }
}
