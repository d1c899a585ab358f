namespace Mooring.Operations;

/// <summary>What the store shows of the volumes of an operation, before its first attempt.</summary>
/// <param name="ImageId">The internal id of the image under the volume's name; null when the name is free.</param>
/// <param name="SizeBytes">Its size in bytes, where the operation needs to know it.</param>
/// <param name="SourceImageId">The internal id of the source's image; null when there is none.</param>
public sealed record VolumeObservation(string? ImageId, long? SizeBytes, string? SourceImageId)
{
    /// <summary>What is damaged of the volume's image; null when it is whole, or there is none.</summary>
    public string? Damage { get; init; }

    /// <summary>What is damaged of the source's image; null when it is whole, or there is none.</summary>
    public string? SourceDamage { get; init; }
}
