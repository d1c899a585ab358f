using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Moves a volume to the trash of its pool and namespace.</summary>
/// <param name="Volume">Its name, which is free afterwards.</param>
/// <param name="DelaySeconds">For how many seconds it cannot be removed from there without force.</param>
public sealed record MoveToTrash(VolumeId Volume, long DelaySeconds = 0) : VolumeCommand(Volume);

// The image that had the name when the operation began, and no other.
internal sealed class MoveToTrashOperation : Operation<MoveToTrash>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<long> _delay;

    public MoveToTrashOperation()
        : base("trash.move", "Move a volume to the trash.", "POST /v1/volumes/{volume}/trash")
    {
        _volume = Volume("volume", c => c.Volume);
        _delay = Time("delay", c => c.DelaySeconds, "For how long it cannot be removed from there without force, such as 7d or 12h.");
    }

    public override VolumeCommand Make(Given given) => new MoveToTrash(given.Get(_volume), given.Get(_delay));

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, MoveToTrash command)
    {
        var (store, volume) = (context.Store, command.Volume);
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await store.FindAsync(volume, context.Cancellation);
            if (DeleteVolumeOperation.Reconcile(context.ImageIdBefore, found) == Reconciliation.Done)
            {
                var trashed = await store.FindInTrashAsync(volume.Pool, volume.Namespace, new(context.ImageIdBefore!), context.Cancellation);
                // The name is gone, but not the last step done; with another image under the name there is no telling that one not to move.
                if (trashed is not { Moving: true } || found is not null)
                    return new AttemptResult(null);
            }
            else if (await DeleteVolumeOperation.IsUntouchedAsync(context, volume))
            {
                await context.NothingIsDoneAsync(volume);
            }
        }
        await store.MoveToTrashAsync(volume, TimeSpan.FromSeconds(command.DelaySeconds), context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }
}
