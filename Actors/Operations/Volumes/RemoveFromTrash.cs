using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes an image in the trash and its data, for good.</summary>
/// <param name="Entry">The image in the trash: pool, namespace and id.</param>
/// <param name="Force">Whether its time there need not be over.</param>
public sealed record RemoveFromTrash(VolumeId Entry, bool Force = false) : VolumeCommand(Addresses.OfTrashed(Entry));

internal sealed class RemoveFromTrashOperation : Operation<RemoveFromTrash>
{
    private readonly Parameter<VolumeId> _entry;
    private readonly Parameter<bool> _force;

    public RemoveFromTrashOperation()
        : base("trash.remove", "Remove an image in the trash and its data.", "DELETE /v1/trash/{entry}")
    {
        _entry = Volume("entry", c => c.Entry, help: RestoreFromTrashOperation.TrashedMeaning);
        _force = Flag("force", c => c.Force, "Remove it although its time in the trash is not over.");
    }

    public override bool NamesImages => false;

    public override VolumeCommand Make(Given given) => new RemoveFromTrash(given.Get(_entry), given.Get(_force));

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, RemoveFromTrash command, CancellationToken cancellationToken) =>
        new((await TrashedAsync(store, command, cancellationToken))?.Id.Value, null, null);

    protected override OperationError? Forbids(RemoveFromTrash command, VolumeObservation seen) =>
        seen.ImageId is null ? RestoreFromTrashOperation.NotThere(command.Entry) : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, RemoveFromTrash command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if (await TrashedAsync(context.Store, command, context.Cancellation) is null)
                return new AttemptResult(null);
        }
        var entry = command.Entry;
        await OwnRemains.PutOffAsync(entry, () => context.Store.RemoveFromTrashAsync(
            entry.Pool, entry.Namespace, new ImageId(entry.Image), command.Force, context.Progress, context.Cancellation));
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }

    private static Task<TrashedImage?> TrashedAsync(IBlockStore store, RemoveFromTrash command, CancellationToken cancellationToken) =>
        store.FindInTrashAsync(command.Entry.Pool, command.Entry.Namespace, new ImageId(command.Entry.Image), cancellationToken);
}
