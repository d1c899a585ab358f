using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>A command that says how the volume that it makes is laid out.</summary>
public interface ILaidOut
{
    /// <summary>The volume.</summary>
    VolumeId Volume { get; }

    /// <summary>The size of the objects that it is cut into, in bytes; 0 for the store's default.</summary>
    long ObjectSizeBytes { get; }

    /// <summary>Its features, as <c>a,b</c>; null for the store's default.</summary>
    string? Features { get; }

    /// <summary>How much of an object is written before the next one of the stripe, in bytes; 0 without striping.</summary>
    long StripeUnitBytes { get; }

    /// <summary>How many objects make a stripe; 0 without striping.</summary>
    long StripeCount { get; }

    /// <summary>The pool of its data; null for its own.</summary>
    string? DataPool { get; }

    /// <summary>All of these.</summary>
    ImageLayout Layout => new(
        ObjectSizeBytes > 0 ? ObjectSizeBytes : null, Features?.Split(','), StripeUnitBytes > 0 ? StripeUnitBytes : null,
        StripeCount > 0 ? StripeCount : null, DataPool);
}

/// <summary>What may be said of a layout: <c>rbd</c>'s own rules; librbd says no more than EINVAL.</summary>
internal static class LayoutRules
{
    public const string ObjectSizeHelp = "The size of the objects that it is cut into, a power of two from 4K to 32M.";
    public const string StripeUnitHelp = "How much of an object is written before the next one of the stripe.";
    public const string StripeCountHelp = "How many objects make a stripe.";
    public const string DataPoolHelp = "The pool of its data.";

    private const long ObjectBytesMin = 4 << 10, ObjectBytesMax = 32 << 20;

    public static OperationError? Invalid(ILaidOut command)
    {
        var (objectSize, unit, count) = (command.ObjectSizeBytes, command.StripeUnitBytes, command.StripeCount);
        if (objectSize > 0 && (objectSize is < ObjectBytesMin or > ObjectBytesMax || !long.IsPow2(objectSize)))
            return OperationErrors.Wrong($"object-size is {objectSize} bytes; a power of two from {ObjectBytesMin} to {ObjectBytesMax} is needed");
        if ((unit > 0) != (count > 0))
            return OperationErrors.Wrong("stripe-unit and stripe-count go together");
        if (objectSize > 0 && unit > 0 && (unit > objectSize || objectSize % unit != 0))
            return OperationErrors.Wrong($"stripe-unit is {unit} bytes, which does not divide the object size of {objectSize} bytes");
        return command.DataPool is { } pool && (command.Volume with { Pool = pool }).Validate() is { } problem ? OperationErrors.Wrong(problem) : null;
    }
}
