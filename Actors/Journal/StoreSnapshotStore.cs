using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Snapshot;
using Mooring.Storage;

namespace Mooring.Actors.Journal;

/// <summary>The snapshot store beside <see cref="StoreJournal"/>.</summary>
public sealed class StoreSnapshotStore : SnapshotStore
{
    private readonly IEventLog _log = EventLogExtension.Get(Context.System);
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;
    private readonly CancellationTokenSource _stopped = new();

    /// <summary>Made by Akka.Persistence.</summary>
    /// <param name="config">The plugin's configuration.</param>
    public StoreSnapshotStore(Config config) => ArgumentNullException.ThrowIfNull(config);

    /// <inheritdoc/>
    protected override async Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        foreach (var (number, timestamp) in await _log.ListSnapshotsAsync(persistenceId, _stopped.Token).ConfigureAwait(false))
        {
            if (!Selects(criteria, number, timestamp) || await _log.GetSnapshotAsync(persistenceId, number, _stopped.Token).ConfigureAwait(false) is not { } bytes)
                continue;
            var (snapshot, _, _) = EventEnvelope.Read(_system, bytes);
            return new SelectedSnapshot(new SnapshotMetadata(persistenceId, number, timestamp), snapshot);
        }
        return null;
    }

    /// <inheritdoc/>
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken) => _log.PutSnapshotAsync(
        metadata.PersistenceId, metadata.SequenceNr, metadata.Timestamp, EventEnvelope.Write(_system, snapshot, "", metadata.Timestamp.Ticks), _stopped.Token);

    /// <inheritdoc/>
    protected override Task DeleteAsync(SnapshotMetadata metadata, CancellationToken cancellationToken) =>
        _log.DeleteSnapshotAsync(metadata.PersistenceId, metadata.SequenceNr, _stopped.Token);

    /// <inheritdoc/>
    protected override async Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        foreach (var (number, timestamp) in await _log.ListSnapshotsAsync(persistenceId, _stopped.Token).ConfigureAwait(false))
        {
            if (Selects(criteria, number, timestamp))
                await _log.DeleteSnapshotAsync(persistenceId, number, _stopped.Token).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        base.PostStop();
    }

    private static bool Selects(SnapshotSelectionCriteria criteria, long number, DateTime timestamp) =>
        number <= criteria.MaxSequenceNr
        && number >= criteria.MinSequenceNr
        && timestamp <= criteria.MaxTimeStamp
        && (criteria.MinTimestamp is not { } earliest || timestamp >= earliest);
}
