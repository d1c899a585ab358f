using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a volume out of bytes that the client sends while the operation runs.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="SizeBytes">How many bytes will come; 0 when the client does not know.</param>
public sealed record ImportVolume(VolumeId Volume, long SizeBytes = 0) : VolumeCommand(Volume), ILaidOut
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

// An attempt takes the bytes from the client itself (Uploads), straight into its work image, which becomes visible as a copy's does. One that dies takes the
// connection with it; the next one asks the client for all of it again, and the operation fails when nothing comes. The checksum is kept with the image, so
// that an attempt which finds the work done has it without the bytes.
internal sealed class ImportVolumeOperation : BuildingOperation<ImportVolume>
{
    // What a volume of unknown size begins with; it doubles.
    private const long FirstBytes = 8 << 20;

    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<long> _size;
    private readonly Parameter<long> _objectSize;
    private readonly Parameter<string> _features;
    private readonly Parameter<long> _stripeUnit;
    private readonly Parameter<long> _stripeCount;
    private readonly Parameter<string> _dataPool;

    public ImportVolumeOperation()
        : base("volume.import", "Make a volume out of a file.", "POST /v1/volumes/import")
    {
        _volume = Volume("volume", c => c.Volume, flat: true);
        _size = SizeOption("size", c => c.SizeBytes, "How many bytes will come, where that is known.");
        _objectSize = SizeOption("object-size", c => c.ObjectSizeBytes, LayoutRules.ObjectSizeHelp);
        _features = NewFeatures("features", c => c.Features);
        _stripeUnit = SizeOption("stripe-unit", c => c.StripeUnitBytes, LayoutRules.StripeUnitHelp);
        _stripeCount = CountOption("stripe-count", c => c.StripeCount, LayoutRules.StripeCountHelp);
        _dataPool = TextOption("data-pool", c => c.DataPool, LayoutRules.DataPoolHelp, VolumeId.PoolBytesMax);
    }

    public override Parameter<long>? ContentSize => _size;

    public override bool TakesContent => true;

    public override bool CanBeStopped => true;

    public override VolumeCommand Make(Given given) => new ImportVolume(given.Get(_volume), given.Get(_size))
    {
        ObjectSizeBytes = given.Get(_objectSize),
        Features = given.Get(_features),
        StripeUnitBytes = given.Get(_stripeUnit),
        StripeCount = given.Get(_stripeCount),
        DataPool = given.Get(_dataPool),
    };

    // Of one whose size the client does not know only the volume counts.
    protected override Task<long?> SizeAfterAsync(IBlockStore store, ImportVolume command, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(command.SizeBytes);

    protected override OperationError? Invalid(ImportVolume command) => LayoutRules.Invalid(command);

    protected override Task BuildAsync(AttemptContext context, ImportVolume command, VolumeId work) =>
        ImageFiller.ReceiveAsync(context, work, ((ILaidOut)command).Layout, command.SizeBytes, FirstBytes, new CrashingProgress(context));

    protected override async Task<VolumeInfo> DescribeAsync(AttemptContext context, ImportVolume command) =>
        ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)) with
        {
            ContentSha256 = (await context.Store.GetMetadataAsync(command.Volume, context.Cancellation)).GetValueOrDefault(ImageDescription.ChecksumKey),
        };
}
