using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <summary>An image of the simulated store.</summary>
public sealed class SimulatedImage(VolumeId volume, ImageId id, long sizeBytes, string content)
{
    public VolumeId Volume { get; set; } = volume;

    public ImageId Id { get; } = id;

    public long SizeBytes { get; set; } = sizeBytes;

    /// <summary>Stands for the bytes: equal contents are the same bytes.</summary>
    public string Content { get; set; } = content;

    /// <summary>Half made or half removed.</summary>
    public bool Partial { get; set; }

    /// <summary>Whose watch is on it.</summary>
    public SimulatedBlockStore? WatchedBy { get; set; }

    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that became visible in the store.</summary>
/// <param name="Kind">As in the kinds of operations.</param>
/// <param name="Volume">The volume.</param>
/// <param name="Image">The image.</param>
/// <param name="By">The connection that did it.</param>
public sealed record StoreEffect(string Kind, VolumeId Volume, ImageId Image, FenceAddress By);
