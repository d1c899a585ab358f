namespace Mooring.Storage;

/// <summary>How a new image is laid out. What is null is as the store has it by default.</summary>
/// <param name="ObjectSizeBytes">The size of the objects that it is cut into, in bytes; a power of two.</param>
/// <param name="Features">The names of its features, as <c>rbd info</c> prints them.</param>
/// <param name="StripeUnitBytes">How much of an object is written before the next one of the stripe, in bytes.</param>
/// <param name="StripeCount">How many objects make a stripe.</param>
/// <param name="DataPool">The pool of its data, when that is to be another one than its own.</param>
public sealed record ImageLayout(
    long? ObjectSizeBytes = null, IReadOnlyList<string>? Features = null, long? StripeUnitBytes = null, long? StripeCount = null, string? DataPool = null)
{
    /// <summary>As the store has it by default.</summary>
    public static ImageLayout Default { get; } = new();

    /// <summary>Every feature that a new image can be given, as <c>rbd</c> calls them.</summary>
    public static IReadOnlyList<string> KnownFeatures { get; } =
        ["layering", "striping", "exclusive-lock", "object-map", "fast-diff", "deep-flatten", "journaling"];
}
