using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>The store's internal id of an image: stays when it is renamed, differs when a name is used again.</summary>
/// <param name="Value">As the store gave it.</param>
public readonly record struct ImageId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>What the store knows of an image.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="Id">Its internal id.</param>
/// <param name="SizeBytes">Its virtual size in bytes.</param>
/// <param name="ObjectSizeBytes">The size of the objects that it is cut into, in bytes.</param>
/// <param name="Features">The names of its features, as <c>rbd info</c> prints them.</param>
/// <param name="CreatedAt">When it was made, by the store's clock.</param>
/// <param name="Parent">The image that it was cloned from, if any, as text.</param>
public sealed record ImageInfo(
    VolumeId Volume, ImageId Id, long SizeBytes, long ObjectSizeBytes, IReadOnlyList<string> Features, DateTimeOffset CreatedAt, string? Parent)
{
    /// <summary>How much of an object is written before the next one of the stripe, in bytes; the object's size without striping.</summary>
    public long StripeUnitBytes { get; init; } = ObjectSizeBytes;

    /// <summary>How many objects make a stripe; 1 without striping.</summary>
    public long StripeCount { get; init; } = 1;

    /// <summary>The pool of its data, when that is another one than its own.</summary>
    public string? DataPool { get; init; }
}
