using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>What the store shows of the volumes of an operation, before its first attempt.</summary>
/// <param name="ImageId">The internal id of the image under the volume's name; null when the name is free.</param>
/// <param name="SizeBytes">Its size in bytes, where the operation needs to know it.</param>
/// <param name="SourceImageId">The internal id of the source's image; null when there is none.</param>
public sealed record VolumeObservation(string? ImageId, long? SizeBytes, string? SourceImageId)
{
    /// <summary>The image's snapshots, where the operation needs to know them.</summary>
    public ImageSnapshots? Snapshots { get; init; }

    /// <summary>What the operation will want to know of this moment when an attempt is in doubt, in its own words; kept with its intent.</summary>
    public string? Noted { get; init; }

    /// <summary>What is damaged of the volume's image; null when it is whole, or there is none.</summary>
    public string? Damage { get; init; }

    /// <summary>What is damaged of the source's image; null when it is whole, or there is none.</summary>
    public string? SourceDamage { get; init; }
}
