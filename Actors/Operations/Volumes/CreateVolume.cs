using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes an empty volume.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
public sealed record CreateVolume(VolumeId Volume, long SizeBytes) : VolumeCommand(Volume)
{
    /// <summary>The size of the objects that it is cut into, in bytes; 0 for the store's default.</summary>
    public long ObjectSizeBytes { get; init; }

    /// <summary>Its features, as <c>a,b</c>; null for the store's default.</summary>
    public string? Features { get; init; }

    /// <summary>How much of an object is written before the next one of the stripe, in bytes; 0 without striping.</summary>
    public long StripeUnitBytes { get; init; }

    /// <summary>How many objects make a stripe; 0 without striping.</summary>
    public long StripeCount { get; init; }

    /// <summary>The pool of its data; null for its own.</summary>
    public string? DataPool { get; init; }

    /// <summary>All of these.</summary>
    public ImageLayout Layout => new(
        ObjectSizeBytes > 0 ? ObjectSizeBytes : null, Features?.Split(','), StripeUnitBytes > 0 ? StripeUnitBytes : null,
        StripeCount > 0 ? StripeCount : null, DataPool);
}

// Under its own name: 5 ms on Ceph leave no room for a detour.
internal sealed class CreateVolumeOperation : Operation<CreateVolume>
{
    private const long ObjectBytesMin = 4 << 10, ObjectBytesMax = 32 << 20;

    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<long> _size;
    private readonly Parameter<long> _objectSize;
    private readonly Parameter<string> _features;
    private readonly Parameter<long> _stripeUnit;
    private readonly Parameter<long> _stripeCount;
    private readonly Parameter<string> _dataPool;

    // What a new image looks like is the same for all images of a store's pool: asked once on a connection, not for each create (an open
    // costs 4 ms). Another connection may be one to another store.
    private readonly ConditionalWeakTable<IBlockStore, ConcurrentDictionary<string, ImageInfo>> _samples = [];

    public CreateVolumeOperation()
        : base("volume.create", "Make an empty volume.", "POST /v1/volumes")
    {
        _volume = Volume("volume", c => c.Volume, flat: true);
        _size = Size("size", c => c.SizeBytes, "Its size, such as 10G or 512M (binary).");
        _objectSize = SizeOption("object-size", c => c.ObjectSizeBytes, "The size of the objects that it is cut into, a power of two from 4K to 32M.");
        _features = NewFeatures("features", c => c.Features);
        _stripeUnit = SizeOption("stripe-unit", c => c.StripeUnitBytes, "How much of an object is written before the next one of the stripe.");
        _stripeCount = CountOption("stripe-count", c => c.StripeCount, "How many objects make a stripe.");
        _dataPool = TextOption("data-pool", c => c.DataPool, "The pool of its data.", VolumeId.PoolBytesMax);
    }

    public override bool MakesVolume => true;

    public override VolumeCommand Make(Given given) => new CreateVolume(given.Get(_volume), given.Get(_size))
    {
        ObjectSizeBytes = given.Get(_objectSize),
        Features = given.Get(_features),
        StripeUnitBytes = given.Get(_stripeUnit),
        StripeCount = given.Get(_stripeCount),
        DataPool = given.Get(_dataPool),
    };

    // rbd's own rules; librbd says no more than EINVAL.
    protected override OperationError? Invalid(CreateVolume command)
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

    /// <summary>
    /// The name was free when the intent was journalled, and every other connection that could have made it for us is fenced, so an image of
    /// the right size under it is ours and is rolled forward.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="found">What has the name now.</param>
    /// <param name="info">The image; null when it is half made.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Reconcile(CreateVolume command, ImageId? found, ImageInfo? info) => (found, info) switch
    {
        (null, _) => Reconciliation.NotBegun,
        (_, null) => Reconciliation.Partial,
        (_, var image) when image.SizeBytes == command.SizeBytes && IsLaidOut(command, image) => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };

    private static bool IsLaidOut(CreateVolume command, ImageInfo image) =>
        (command.ObjectSizeBytes == 0 || command.ObjectSizeBytes == image.ObjectSizeBytes)
        && (command.StripeUnitBytes == 0 || (command.StripeUnitBytes, command.StripeCount) == (image.StripeUnitBytes, image.StripeCount))
        && (command.DataPool is null || command.DataPool == command.Volume.Pool || command.DataPool == image.DataPool);

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, CreateVolume command)
    {
        var store = context.Store;
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await store.FindAsync(command.Volume, context.Cancellation);
            var info = found is null ? null : await store.TryGetAsync(command.Volume, context.Cancellation);
            switch (Reconcile(command, found, info))
            {
                case Reconciliation.Done:
                    return new AttemptResult(ImageDescription.Of(info!));
                case Reconciliation.Foreign:
                    return new AttemptResult(null, OperationErrors.Exists(command.Volume));
                case Reconciliation.Partial:
                    await store.RemoveAsync(command.Volume, null, context.Cancellation);
                    break;
                case Reconciliation.NotBegun:
                    break;
            }
        }
        await store.CreateAsync(command.Volume, command.SizeBytes, command.Layout, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(await DescribeNewAsync(context, command));
    }

    private async Task<VolumeInfo> DescribeNewAsync(AttemptContext context, CreateVolume command)
    {
        // Of one that is as the store has it by default.
        if (command != new CreateVolume(command.Volume, command.SizeBytes))
            return ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation));
        var samples = _samples.GetValue(context.Store, static _ => new ConcurrentDictionary<string, ImageInfo>());
        if (samples.TryGetValue(command.Volume.Pool, out var sample)
            && await context.Store.FindAsync(command.Volume, context.Cancellation) is { } id)
        {
            return ImageDescription.Of(
                sample with { Volume = command.Volume, Id = id, SizeBytes = command.SizeBytes, CreatedAt = context.Clock.GetUtcNow() });
        }
        var made = await context.Store.GetAsync(command.Volume, context.Cancellation);
        samples[command.Volume.Pool] = made;
        return ImageDescription.Of(made);
    }
}
