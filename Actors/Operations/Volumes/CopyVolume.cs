using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a volume with all the data of another.</summary>
/// <param name="Volume">The new volume's name.</param>
/// <param name="Source">The volume to copy.</param>
public sealed record CopyVolume(VolumeId Volume, VolumeId Source) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Source;
}

// Copies under a name made of the operation and the attempt, and makes it visible by one rename. A new attempt starts at once; only its commit
// waits until the earlier ones are fenced.
internal sealed class CopyVolumeOperation : Operation<CopyVolume>
{
    private const string OperationKey = ImageDescription.OwnMetadataPrefix + "operation";

    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<VolumeId> _target;

    public CopyVolumeOperation()
        : base("volume.copy", "Make a volume with all the data of another.", "POST /v1/volumes/{source}/copy")
    {
        _source = Volume("source", c => c.Source);
        _target = Volume("target", c => c.Volume, jsonName: "volume");
    }

    public override bool MakesVolume => true;

    public override VolumeCommand Make(Given given) => new CopyVolume(given.Get(_target), given.Get(_source));

    /// <summary>Work is done under a name of its own and becomes visible by one rename; the finished image carries the operation's id.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="found">What has the target's name now.</param>
    /// <param name="madeBy">The operation's id in that image's metadata, if any.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Reconcile(OperationId operation, ImageId? found, string? madeBy) => found switch
    {
        null => Reconciliation.NotBegun,
        _ when madeBy == operation.Value => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };

    public override async Task CleanUpAsync(AttemptContext context, VolumeCommand command)
    {
        await context.FenceEarlierAsync();
        for (var attempt = 1; attempt <= context.Attempt; attempt++)
        {
            var work = context.WorkName(command.Volume, attempt);
            if (await context.Store.FindAsync(work, context.Cancellation) is not null)
                await context.Store.RemoveAsync(work, null, context.Cancellation);
        }
    }

    protected override OperationError? Invalid(CopyVolume command) =>
        command.Source == command.Volume ? OperationErrors.Wrong($"{command.Source} cannot be copied to itself") : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, CopyVolume command)
    {
        var store = context.Store;
        var work = context.WorkName(command.Volume, context.Attempt);
        var fenced = context.FenceEarlierAsync();
        try
        {
            // Cheap first look: an earlier attempt may have committed, and then nothing needs to be copied again.
            if (context.InDoubt && await ReconcileAsync(context, command) is { } early)
            {
                await fenced;
                return early;
            }
            await store.CopyAsync(command.Source, work, new CrashingProgress(context), context.Cancellation);
            await store.SetMetadataAsync(work, OperationKey, context.Operation.Value, context.Cancellation);
            context.Pass(CrashPoint.BeforeCommit);
        }
        finally
        {
            // Nothing below this line may happen, and no failure may be reported, while an earlier attempt can still commit.
            await fenced;
        }
        if (context.InDoubt && await ReconcileAsync(context, command) is { } late)
            return late;
        await store.RenameAsync(work, command.Volume, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        var made = await store.GetAsync(command.Volume, context.Cancellation);
        return new AttemptResult(ImageDescription.Of(made), Leftovers: context.InDoubt);
    }

    private static async Task<AttemptResult?> ReconcileAsync(AttemptContext context, CopyVolume command)
    {
        var found = await context.Store.FindAsync(command.Volume, context.Cancellation);
        var madeBy = found is null ? null : (await context.Store.GetMetadataAsync(command.Volume, context.Cancellation)).GetValueOrDefault(OperationKey);
        return Reconcile(context.Operation, found, madeBy) switch
        {
            Reconciliation.Done => new AttemptResult(
                ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)), Leftovers: true),
            Reconciliation.Foreign => new AttemptResult(null, OperationErrors.Exists(command.Volume), Leftovers: true),
            _ => null,
        };
    }
}
