using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes an empty volume.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
public sealed record CreateVolume(VolumeId Volume, long SizeBytes) : VolumeCommand(Volume), ILaidOut
{
    /// <inheritdoc/>
    public long ObjectSizeBytes { get; init; }

    /// <inheritdoc/>
    public string? Features { get; init; }

    /// <inheritdoc/>
    public long StripeUnitBytes { get; init; }

    /// <inheritdoc/>
    public long StripeCount { get; init; }

    /// <inheritdoc/>
    public string? DataPool { get; init; }
}

// Under its own name: 5 ms on Ceph leave no room for a detour.
internal sealed class CreateVolumeOperation : Operation<CreateVolume>
{
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
        _objectSize = SizeOption("object-size", c => c.ObjectSizeBytes, LayoutRules.ObjectSizeHelp);
        _features = NewFeatures("features", c => c.Features);
        _stripeUnit = SizeOption("stripe-unit", c => c.StripeUnitBytes, LayoutRules.StripeUnitHelp);
        _stripeCount = CountOption("stripe-count", c => c.StripeCount, LayoutRules.StripeCountHelp);
        _dataPool = TextOption("data-pool", c => c.DataPool, LayoutRules.DataPoolHelp, VolumeId.PoolBytesMax);
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

    protected override Task<long?> SizeAfterAsync(IBlockStore store, CreateVolume command, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(command.SizeBytes);

    protected override OperationError? Invalid(CreateVolume command) => LayoutRules.Invalid(command);

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
            var info = found is null || !await store.IsCompleteAsync(command.Volume, context.Cancellation)
                ? null : await store.TryGetAsync(command.Volume, context.Cancellation);
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
            await context.NothingIsDoneAsync(command.Volume);
        }
        await store.CreateAsync(command.Volume, command.SizeBytes, ((ILaidOut)command).Layout, context.Cancellation);
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
