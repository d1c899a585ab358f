using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes a volume and its data.</summary>
/// <param name="Volume">Its name.</param>
public sealed record DeleteVolume(VolumeId Volume) : VolumeCommand(Volume);

// The image that had the name when the operation began, and no other.
internal sealed class DeleteVolumeOperation : Operation<DeleteVolume>
{
    private readonly Parameter<VolumeId> _volume;

    public DeleteVolumeOperation()
        : base("volume.delete", "Remove a volume and its data.", "DELETE /v1/volumes/{volume}") => _volume = Volume("volume", c => c.Volume);

    public override bool TakesDamaged => true;

    public override VolumeCommand Make(Given given) => new DeleteVolume(given.Get(_volume));

    /// <summary>The image that was to go is known by its internal id; another one under its name is somebody else's.</summary>
    /// <param name="imageIdBefore">The image that was to go.</param>
    /// <param name="found">What has the name now.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Reconcile(string? imageIdBefore, ImageId? found) => found switch
    {
        null => Reconciliation.Done,
        { } id when id.Value == imageIdBefore => Reconciliation.Partial,
        _ => Reconciliation.Done,
    };

    public override async Task CleanUpAsync(AttemptContext context, VolumeCommand command)
    {
        await context.FenceEarlierAsync();
        // What somebody has moved there to keep it is none of this operation's.
        if (await IsLeftAsync(context, command.Volume))
            await RemovalRemains.EndAsync(context, command.Volume, new ImageId(context.ImageIdBefore!));
    }

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, DeleteVolume command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await context.Store.FindAsync(command.Volume, context.Cancellation);
            if (Reconcile(context.ImageIdBefore, found) == Reconciliation.Done)
                return new AttemptResult(null, Leftovers: await IsLeftAsync(context, command.Volume));
            if (await IsUntouchedAsync(context, command.Volume))
                await context.NothingIsDoneAsync(command.Volume);
        }
        if (await context.Store.ExamineAsync(command.Volume, context.Cancellation) is null)
        {
            await OwnRemains.PutOffAsync(command.Volume, () =>
                context.Store.RemoveAsync(command.Volume, new CrashingProgress(context, CrashingProgress.Begun), context.Cancellation));
        }
        else
        {
            await context.Store.RemoveDamagedAsync(command.Volume, context.Progress, context.Cancellation);
        }
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }

    /// <summary>Whether no step of removing a volume, or of moving it to the trash, has been taken.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="volume">The volume, which has its name.</param>
    /// <returns>True when none has.</returns>
    public static async Task<bool> IsUntouchedAsync(AttemptContext context, VolumeId volume) =>
        await context.Store.ExamineAsync(volume, context.Cancellation) is null
        && await context.Store.FindInTrashAsync(volume.Pool, volume.Namespace, new ImageId(context.ImageIdBefore!), context.Cancellation) is null
        && !await MayHaveBeenMirroredAsync(context, volume);

    // Its first step is to end the mirroring, and nobody sees whether there was any.
    private static async Task<bool> MayHaveBeenMirroredAsync(AttemptContext context, VolumeId volume)
    {
        try
        {
            return await context.Store.GetPoolMirroringAsync(volume.Pool, volume.Namespace, context.Cancellation) != PoolMirroring.Disabled;
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Unsupported)
        {
            return false;
        }
    }

    private static async Task<bool> IsLeftAsync(AttemptContext context, VolumeId volume) =>
        await context.Store.FindInTrashAsync(volume.Pool, volume.Namespace, new ImageId(context.ImageIdBefore!), context.Cancellation) is { Removing: true };
}
