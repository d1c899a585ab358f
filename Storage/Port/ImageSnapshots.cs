namespace Mooring.Storage;

/// <summary>The store's internal id of a snapshot: stays when it is renamed; within an image each is above those before it.</summary>
/// <param name="Value">As the store gave it; above 0.</param>
public readonly record struct SnapshotId(ulong Value);

/// <summary>A snapshot of an image.</summary>
/// <param name="Id">Its internal id.</param>
/// <param name="Name">Its name within its image.</param>
/// <param name="SizeBytes">The image's size then, in bytes.</param>
/// <param name="CreatedAt">When it was made, by the store's clock.</param>
/// <param name="IsProtected">Whether it cannot be removed until it is unprotected.</param>
public sealed record ImageSnapshot(SnapshotId Id, string Name, long SizeBytes, DateTimeOffset CreatedAt, bool IsProtected);

/// <summary>The snapshots of an image.</summary>
/// <param name="Image">The image's internal id.</param>
/// <param name="Items">Those that users have made, the oldest first; what the store keeps for itself (in a group, in the trash) is left out.</param>
/// <param name="CountMax">How many there may be; null when that is not limited.</param>
public sealed record ImageSnapshots(ImageId Image, IReadOnlyList<ImageSnapshot> Items, long? CountMax)
{
    /// <summary>The snapshot of a name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The snapshot, or null when there is none.</returns>
    public ImageSnapshot? Find(string name) => Items.FirstOrDefault(s => s.Name == name);
}
