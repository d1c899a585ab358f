using System.Globalization;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Persistence.Snapshot;

/// <summary>
/// Keeps each snapshot as a file <c>snapshot-ID-SEQUENCE-TICKS</c> in the configured folder. Files appear by rename, so that a
/// half-written snapshot is never found. All file access runs on the configured stream dispatcher.
/// </summary>
public class LocalSnapshotStore : SnapshotStore
{
    private const string TemporaryExtension = ".tmp";

    private readonly int _maxLoadAttempts;
    private readonly MessageDispatcher _streamDispatcher;
    private readonly DirectoryInfo _folder;
    private readonly Akka.Serialization.Serialization _serialization;
    private readonly ILoggingAdapter _log;

    /// <summary>Must run in an actor that the persistence extension started.</summary>
    public LocalSnapshotStore()
    {
        var config = Persistence.Instance.Apply(Context.System).ConfigFor(Self);
        _maxLoadAttempts = config.GetInt("max-load-attempts", 3);
        _streamDispatcher = Context.System.Dispatchers.Lookup(config.GetString("stream-dispatcher", Dispatchers.DefaultDispatcherId));
        _folder = new DirectoryInfo(config.GetString("dir", "snapshots"));
        _serialization = Context.System.Serialization;
        _log = Context.GetLogger();
    }

    /// <inheritdoc />
    protected override Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        OnStreamDispatcher(() => Load(Find(persistenceId, criteria).OrderByDescending(m => m, SnapshotMetadata.Comparer).Take(_maxLoadAttempts)));

    /// <inheritdoc />
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot) => OnStreamDispatcher(() =>
    {
        Save(metadata, snapshot);
        return true;
    });

    /// <inheritdoc />
    protected override Task DeleteAsync(SnapshotMetadata metadata) => OnStreamDispatcher(() =>
    {
        var criteria = metadata.Timestamp == DateTime.MinValue
            ? new SnapshotSelectionCriteria(metadata.SequenceNr, DateTime.MaxValue, metadata.SequenceNr)
            : new SnapshotSelectionCriteria(metadata.SequenceNr, metadata.Timestamp, metadata.SequenceNr, metadata.Timestamp);
        return Delete(metadata.PersistenceId, criteria);
    });

    /// <inheritdoc />
    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        OnStreamDispatcher(() => Delete(persistenceId, criteria));

    /// <inheritdoc />
    protected override bool ReceivePluginInternal(object message) =>
        // Outcomes need nothing here: a file is there completely or not at all.
        message is SaveSnapshotSuccess or SaveSnapshotFailure or DeleteSnapshotSuccess or DeleteSnapshotFailure
            or DeleteSnapshotsSuccess or DeleteSnapshotsFailure;

    /// <summary>Writes a snapshot's file.</summary>
    protected virtual void Save(SnapshotMetadata metadata, object snapshot)
    {
        var temporary = WithOutputStream(metadata, stream => Serialize(stream, new Serialization.Snapshot(snapshot)));
        temporary.MoveTo(GetSnapshotFileForWrite(metadata).FullName, overwrite: true);
    }

    /// <summary>Writes a snapshot to a stream.</summary>
    protected void Serialize(Stream stream, Serialization.Snapshot snapshot) =>
        stream.Write(_serialization.FindSerializerFor(snapshot).ToBinary(snapshot));

    /// <summary>Writes the temporary file of a snapshot.</summary>
    protected FileInfo WithOutputStream(SnapshotMetadata metadata, Action<Stream> p)
    {
        var temporary = GetSnapshotFileForWrite(metadata, TemporaryExtension);
        using var stream = new FileStream(temporary.FullName, FileMode.Create, FileAccess.Write);
        p(stream);
        stream.Flush(flushToDisk: true);
        return temporary;
    }

    /// <summary>Where a snapshot's file goes. Ids are escaped: they cannot leave the folder.</summary>
    protected FileInfo GetSnapshotFileForWrite(SnapshotMetadata metadata, string extension = "") => new(Path.Combine(
        _folder.FullName,
        string.Create(CultureInfo.InvariantCulture, $"{Prefix(metadata.PersistenceId)}{metadata.SequenceNr}-{metadata.Timestamp.Ticks}{extension}")));

    /// <inheritdoc />
    protected override void PreStart()
    {
        _folder.Create();
        base.PreStart();
    }

    private static string Prefix(string persistenceId) => $"snapshot-{Uri.EscapeDataString(persistenceId)}-";

    private Task<T> OnStreamDispatcher<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _streamDispatcher.Schedule(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private SelectedSnapshot? Load(IEnumerable<SnapshotMetadata> newestFirst)
    {
        Exception? failure = null;
        foreach (var metadata in newestFirst)
        {
            try
            {
                var bytes = File.ReadAllBytes(GetSnapshotFileForWrite(metadata).FullName);
                var serializer = _serialization.FindSerializerForType(typeof(Serialization.Snapshot));
                var snapshot = (Serialization.Snapshot)serializer.FromBinary(bytes, typeof(Serialization.Snapshot));
                return new SelectedSnapshot(metadata, snapshot.Data);
            }
            catch (Exception e)
            {
                // An older snapshot and more events give the same state.
                _log.Error(e, "Error loading snapshot [{0}]", metadata);
                failure = e;
            }
        }

        return failure is null ? null : throw failure;
    }

    private bool Delete(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        foreach (var metadata in Find(persistenceId, criteria))
            GetSnapshotFileForWrite(metadata).Delete();
        return true;
    }

    private List<SnapshotMetadata> Find(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        var prefix = Prefix(persistenceId);
        var found = new List<SnapshotMetadata>();
        foreach (var file in _folder.EnumerateFiles())
        {
            // Another entity's id may continue this one's; then its rest does not parse.
            if (!file.Name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var parts = file.Name[prefix.Length..].Split('-');
            if (parts.Length != 2
                || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var sequenceNr)
                || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks))
                continue;
            var metadata = new SnapshotMetadata(persistenceId, sequenceNr, new DateTime(ticks, DateTimeKind.Utc));
            if (criteria.Matches(metadata))
                found.Add(metadata);
        }

        return found;
    }
}
