using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives a clone all of its data, so that it needs its parent no more.</summary>
/// <param name="Volume">The clone.</param>
public sealed record FlattenVolume(VolumeId Volume) : VolumeCommand(Volume);

// An attempt in doubt is done again, unless the clone has no parent any more. Not beside readers: who has opened it before would go on asking
// for a parent that may be removed right after.
internal sealed class FlattenVolumeOperation : Operation<FlattenVolume>
{
    private readonly Parameter<VolumeId> _volume;

    public FlattenVolumeOperation()
        : base("volume.flatten", "Give a clone all of its data, so that it needs its parent no more.", "POST /v1/volumes/{volume}/flatten") =>
        _volume = Volume("volume", c => c.Volume);

    public override bool CanBeStopped => true;

    public override VolumeCommand Make(Given given) => new FlattenVolume(given.Get(_volume));

    // Noted: its parent.
    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, FlattenVolume command, CancellationToken cancellationToken) =>
        await store.TryGetAsync(command.Volume, cancellationToken) is { } image
            ? new VolumeObservation(image.Id.Value, image.SizeBytes, null) { Noted = image.Parent }
            : new VolumeObservation(null, null, null);

    protected override OperationError? Forbids(FlattenVolume command, VolumeObservation seen) =>
        base.Forbids(command, seen) ?? (seen.Noted is null ? OperationErrors.Wrong($"{command.Volume} is no clone") : null);

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, FlattenVolume command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if (await LookAsync(context, command) is { } settled)
            {
                if (settled.Error is null)
                    await MendMapAsync(context, command);
                return settled;
            }
        }
        try
        {
            await context.Store.FlattenAsync(command.Volume, new CrashingProgress(context), context.Cancelled);
        }
        catch (BlockStoreException e) when (context.InDoubt && e.Kind == ErrorKind.InvalidArgument)
        {
            // A client that has it open has done it for an earlier attempt meanwhile.
            if (await LookAsync(context, command) is { } settled)
                return settled;
            throw;
        }
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)));
    }

    // An attempt that ended between the two may have left the map of objects invalid.
    private static async Task MendMapAsync(AttemptContext context, FlattenVolume command)
    {
        try
        {
            await context.Store.RebuildObjectMapAsync(command.Volume, null, context.Cancellation);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            // It has none.
        }
    }

    // Null when it has a parent still.
    private static async Task<AttemptResult?> LookAsync(AttemptContext context, FlattenVolume command)
    {
        var image = await context.Store.GetAsync(command.Volume, context.Cancellation);
        return image.Id.Value != context.ImageIdBefore ? new AttemptResult(null, OperationErrors.Missing(command.Volume))
            : image.Parent is null ? new AttemptResult(ImageDescription.Of(image))
            : null;
    }
}
