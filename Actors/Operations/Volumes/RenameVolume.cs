using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives a volume another name within its pool and namespace.</summary>
/// <param name="Volume">The new name.</param>
/// <param name="Source">The name now.</param>
public sealed record RenameVolume(VolumeId Volume, VolumeId Source) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Source;
}

// The new name's volume executes it; the old one's holds still meanwhile.
internal sealed class RenameVolumeOperation : Operation<RenameVolume>
{
    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<VolumeId> _target;

    public RenameVolumeOperation()
        : base("volume.rename", "Give a volume another name within its pool and namespace.", "PATCH /v1/volumes/{source}")
    {
        _source = Volume("source", c => c.Source);
        _target = Volume("target", c => c.Volume, jsonName: "volume", flat: true);
    }

    public override bool ChangesSource => true;

    public override bool MakesVolume => true;

    public override VolumeCommand Make(Given given) => new RenameVolume(given.Get(_target), given.Get(_source));

    /// <summary>The image is known by its internal id, whichever names it has by now: a rename that was cut short leaves it both.</summary>
    /// <param name="image">The image that had the old name when the operation began.</param>
    /// <param name="source">What has the old name now.</param>
    /// <param name="target">What has the new name now.</param>
    /// <returns>What to do; partial: both names are its own.</returns>
    public static Reconciliation Reconcile(string? image, ImageId? source, ImageId? target) => (source?.Value == image, target?.Value == image) switch
    {
        (true, true) => Reconciliation.Partial,
        (false, true) => Reconciliation.Done,
        (true, false) when target is null => Reconciliation.NotBegun,
        _ => Reconciliation.Foreign,
    };

    protected override OperationError? Invalid(RenameVolume command) =>
        command.Source == command.Volume ? OperationErrors.Wrong($"{command.Source} has that name already")
        : (command.Source.Pool, command.Source.Namespace) != (command.Volume.Pool, command.Volume.Namespace)
            ? OperationErrors.Wrong($"{command.Source} can only be renamed within its pool and namespace; copy it to {command.Volume} instead")
        : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, RenameVolume command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var source = await context.Store.FindAsync(command.Source, context.Cancellation);
            var target = await context.Store.FindAsync(command.Volume, context.Cancellation);
            switch (Reconcile(context.SourceImageIdBefore, source, target))
            {
                case Reconciliation.Done:
                    return await DescribeAsync(context, command);
                case Reconciliation.Foreign:
                    return new AttemptResult(null, target is null ? OperationErrors.Missing(command.Source) : OperationErrors.Exists(command.Volume));
                case Reconciliation.NotBegun:
                    await context.NothingIsDoneAsync(command.Source);
                    break;
                case Reconciliation.Partial:
                    break;
            }
        }
        await context.Store.RenameAsync(command.Source, command.Volume, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return await DescribeAsync(context, command);
    }

    private static async Task<AttemptResult> DescribeAsync(AttemptContext context, RenameVolume command) =>
        new(ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)));
}
