using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>
/// What is no volume but is changed by operations, as the id of a volume: what is changed by one operation at a time, is held by others, and keeps the
/// results of its operations is always something with such an id, so that one mechanism carries all of them. No image can have these names: they
/// contain an <c>@</c>.
/// </summary>
public static class Addresses
{
    /// <summary>An image in the trash. Restoring it holds this address, removing it has it; so one of them at a time.</summary>
    /// <param name="entry">Its pool, namespace and id.</param>
    /// <returns>The address.</returns>
    public static VolumeId OfTrashed(VolumeId entry) => entry with { Image = "@trash:" + entry.Image };

    /// <summary>The trash of a pool and namespace as a whole.</summary>
    /// <param name="place">The pool and namespace.</param>
    /// <returns>The address.</returns>
    public static VolumeId OfTrash(VolumeId place) => place with { Image = "@trash" };

    /// <summary>A namespace.</summary>
    /// <param name="named">Its pool, and its name as that of an image.</param>
    /// <returns>The address.</returns>
    public static VolumeId OfNamespace(VolumeId named) => new(named.Pool, named.Image, "@namespace");

    /// <summary>The quota of a pool and namespace.</summary>
    /// <param name="place">The pool and namespace.</param>
    /// <returns>The address.</returns>
    public static VolumeId OfQuota(VolumeId place) => place with { Image = "@quota" };

    /// <summary>How a pool and namespace are mirrored.</summary>
    /// <param name="place">The pool and namespace.</param>
    /// <returns>The address.</returns>
    public static VolumeId OfMirroring(VolumeId place) => place with { Image = "@mirroring" };

    /// <summary>A group of images.</summary>
    /// <param name="named">Its pool and namespace, and its name as that of an image.</param>
    /// <returns>The address.</returns>
    public static VolumeId OfGroup(VolumeId named) => named with { Image = "@group:" + named.Image };
}
