namespace Mooring.Messages;

/// <summary>A question about volumes; answered by any node straight from the block store.</summary>
public interface IVolumeQuery;

/// <summary>Asks for one volume; answered with <see cref="VolumeFound"/> or <see cref="QueryFailed"/>.</summary>
/// <param name="Volume">Its name.</param>
public sealed record GetVolume(VolumeId Volume) : IVolumeQuery;

/// <summary>Asks for the volumes of a pool and namespace; answered with <see cref="VolumesListed"/> or <see cref="QueryFailed"/>.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Namespace">The namespace; empty for the default one.</param>
/// <param name="After">The page begins after this name; null begins at the start.</param>
/// <param name="Limit">At most so many volumes, 1 to 1,000.</param>
public sealed record GetVolumes(string Pool, string Namespace, string? After, int Limit) : IVolumeQuery;

/// <summary>A volume.</summary>
/// <param name="Info">What is known of it.</param>
public sealed record VolumeFound(VolumeInfo Info);

/// <summary>A page of volumes.</summary>
/// <param name="Items">The volumes in ordinal order of their names.</param>
/// <param name="Next">Ask again with this as <see cref="GetVolumes.After"/>; null at the end.</param>
public sealed record VolumesListed(IReadOnlyList<VolumeInfo> Items, string? Next);

/// <summary>What is known of a volume's snapshots in all.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="ProtectedCount">How many of them are protected.</param>
/// <param name="CountMax">How many there may be; null when that is not limited.</param>
public sealed record SnapshotSummary(int Count, int ProtectedCount, long? CountMax);

/// <summary>A question that could not be answered.</summary>
/// <param name="Error">Why.</param>
public sealed record QueryFailed(OperationError Error);

/// <summary>What is known of a volume.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="Id">The store's internal id of it.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="ObjectSizeBytes">The size of the objects that it is cut into, in bytes.</param>
/// <param name="Features">The names of its features.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Parent">What it was cloned from, if anything.</param>
/// <param name="Metadata">Its key-value metadata; Mooring's own keys are left out.</param>
public sealed record VolumeInfo(
    VolumeId Volume,
    string Id,
    long SizeBytes,
    long ObjectSizeBytes,
    IReadOnlyList<string> Features,
    DateTimeOffset CreatedAt,
    string? Parent,
    IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>How much of an object is written before the next one of the stripe, in bytes; null when it is not known.</summary>
    public long? StripeUnitBytes { get; init; }

    /// <summary>How many objects make a stripe; null when it is not known.</summary>
    public long? StripeCount { get; init; }

    /// <summary>The pool of its data, when that is another one than its own.</summary>
    public string? DataPool { get; init; }

    /// <summary>
    /// What is damaged and what can be done about it, in one line; null for a volume that is whole. Of a damaged one only the name and the id are
    /// known.
    /// </summary>
    public string? Damage { get; init; }

    /// <summary>The SHA-256, in hex, of the bytes that it was just made of; null where it was not made of any.</summary>
    public string? ContentSha256 { get; init; }

    /// <summary>Its snapshots; null where they were not looked at.</summary>
    public SnapshotSummary? Snapshots { get; init; }

    /// <summary>The volumes that were cloned from it; null where they were not looked for.</summary>
    public IReadOnlyList<string>? Children { get; init; }

    /// <summary>Who depends on it; null where it was not asked for.</summary>
    public VolumeTies? Ties { get; init; }

    /// <summary>Where it is being moved from; null when it is not being moved, or that was not asked for.</summary>
    public VolumeMigration? Migration { get; init; }
}

/// <summary>The move of a volume to its present name.</summary>
/// <param name="Source">The name that it had; empty when it comes from something that is no volume.</param>
/// <param name="State">How far it is: <c>preparing</c>, <c>prepared</c>, <c>executing</c>, <c>executed</c>, <c>aborting</c> or <c>failed</c>.</param>
/// <param name="Detail">What the store says of that, such as how much is copied; empty for nothing.</param>
public sealed record VolumeMigration(string Source, string State, string Detail);

/// <summary>Who depends on a volume.</summary>
/// <param name="Watchers">Who has it open: <c>client.4123 at ADDRESS</c>.</param>
/// <param name="Locks">Who has locked it: holder, address and the lock's id.</param>
public sealed record VolumeTies(IReadOnlyList<string> Watchers, IReadOnlyList<string> Locks);

/// <summary>
/// Asks for what one of the described reads shows (<c>Mooring.Operations</c>), such as <c>trash.list</c>; answered with <see cref="RowsFound"/> or
/// <see cref="QueryFailed"/>.
/// </summary>
/// <param name="Kind">The read's kind.</param>
/// <param name="Arguments">Its parameters, by name, as people type them.</param>
/// <param name="After">Where the page before ended; null begins at the start.</param>
/// <param name="Limit">At most so many rows, 1 to 1,000.</param>
public sealed record GetRows(string Kind, IReadOnlyDictionary<string, string> Arguments, string? After, int Limit) : IVolumeQuery;

/// <summary>What a read shows: rows of fields, each a JSON object.</summary>
/// <param name="Items">The rows as JSON text.</param>
/// <param name="Next">Ask again with this as <see cref="GetRows.After"/>; null at the end.</param>
public sealed record RowsFound(IReadOnlyList<string> Items, string? Next);
