namespace Akka.Persistence.Snapshot;

/// <summary>Stands in when no snapshot store is configured: finds nothing and refuses to save.</summary>
public sealed class NoSnapshotStore : SnapshotStore
{
    /// <inheritdoc />
    protected override Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Task.FromResult<SelectedSnapshot?>(null);

    /// <inheritdoc />
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot) =>
        Task.FromException(new NoSnapshotStoreException("No snapshot store configured."));

    /// <inheritdoc />
    protected override Task DeleteAsync(SnapshotMetadata metadata) =>
        Task.FromException(new NoSnapshotStoreException("No snapshot store configured."));

    /// <inheritdoc />
    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Task.FromException(new NoSnapshotStoreException("No snapshot store configured."));

    /// <summary>No snapshot store is configured.</summary>
    public class NoSnapshotStoreException : Exception
    {
        /// <summary>Without text.</summary>
        public NoSnapshotStoreException()
        {
        }

        /// <summary>With the text to show.</summary>
        public NoSnapshotStoreException(string message)
            : base(message)
        {
        }

        /// <summary>With the text to show and what led to it.</summary>
        public NoSnapshotStoreException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }
}
