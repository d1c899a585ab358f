using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Begins to move a volume: it is used under the target's name from then on.</summary>
/// <param name="Volume">The target's name.</param>
/// <param name="Source">The volume to move, which has no name afterwards.</param>
public sealed record PrepareMigration(VolumeId Volume, VolumeId Source) : VolumeCommand(Volume), ILaidOut
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Source;

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

// The target's name executes it; the source's holds still meanwhile. The store knows both images by their ids, and whether it has been done.
internal sealed class PrepareMigrationOperation : Operation<PrepareMigration>
{
    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<VolumeId> _target;
    private readonly Parameter<long> _objectSize;
    private readonly Parameter<string> _features;
    private readonly Parameter<long> _stripeUnit;
    private readonly Parameter<long> _stripeCount;
    private readonly Parameter<string> _dataPool;

    public PrepareMigrationOperation()
        : base(
            "volume.migration.prepare", "Begin to move a volume, which is used under its new name at once; nobody may have it open.",
            "POST /v1/volumes/{source}/migration")
    {
        _source = Volume("source", c => c.Source);
        _target = Volume("target", c => c.Volume, jsonName: "volume");
        _objectSize = SizeOption("object-size", c => c.ObjectSizeBytes, LayoutRules.ObjectSizeHelp);
        _features = NewFeatures("features", c => c.Features);
        _stripeUnit = SizeOption("stripe-unit", c => c.StripeUnitBytes, LayoutRules.StripeUnitHelp);
        _stripeCount = CountOption("stripe-count", c => c.StripeCount, LayoutRules.StripeCountHelp);
        _dataPool = TextOption("data-pool", c => c.DataPool, LayoutRules.DataPoolHelp, VolumeId.PoolBytesMax);
    }

    public override bool ChangesSource => true;

    public override bool MakesVolume => true;

    public override VolumeCommand Make(Given given) => new PrepareMigration(given.Get(_target), given.Get(_source))
    {
        ObjectSizeBytes = given.Get(_objectSize),
        Features = given.Get(_features),
        StripeUnitBytes = given.Get(_stripeUnit),
        StripeCount = given.Get(_stripeCount),
        DataPool = given.Get(_dataPool),
    };

    protected override OperationError? Invalid(PrepareMigration command) =>
        command.Source == command.Volume ? OperationErrors.Wrong($"{command.Source} needs another name to be moved to") : LayoutRules.Invalid(command);

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, PrepareMigration command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        await context.Store.PrepareMigrationAsync(
            command.Source, new ImageId(context.SourceImageIdBefore!), command.Volume, ((ILaidOut)command).Layout, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)));
    }
}
