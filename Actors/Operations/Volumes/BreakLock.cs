using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Takes a lock on a volume away from its holder, which is shut out of the store first.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Holder">Who has the lock, such as <c>client.4123</c>.</param>
/// <param name="LockId">The lock's id.</param>
/// <param name="Force">Whether its holder may have the volume open.</param>
public sealed record BreakLock(VolumeId Volume, string Holder, string LockId, bool Force = false) : VolumeCommand(Volume);

// The holder is shut out before the lock goes: it may believe for long that it has it. One that has the volume open lives, and loses what it has not
// written: that needs force. A mark that Mooring made says nothing of its connection, which does other work.
internal sealed class BreakLockOperation : Operation<BreakLock>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _holder;
    private readonly Parameter<string> _lockId;
    private readonly Parameter<bool> _force;

    public BreakLockOperation()
        : base("lock.break", "Take a lock away from its holder, which is shut out first.", "DELETE /v1/volumes/{volume}/locks")
    {
        _volume = Volume("volume", c => c.Volume);
        _holder = Text("holder", c => c.Holder, "Who has it, as lock list says.", AddLockOperation.LockIdLengthMax);
        _lockId = Text("lock-id", c => c.LockId, "Its id, as lock list says.", AddLockOperation.LockIdLengthMax);
        _force = Flag("force", c => c.Force, "Break it although its holder has the volume open; what that has not written is lost.");
    }

    public override bool GoesBesideReaders => true;

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) =>
        new BreakLock(given.Get(_volume), given.Get(_holder), given.Get(_lockId), given.Get(_force));

    /// <summary>The holder of a lock, if it has the image open.</summary>
    /// <param name="there">The lock.</param>
    /// <param name="ties">Who has it open.</param>
    /// <returns>The client; null when it has not, or the lock is a mark of Mooring's.</returns>
    public static ImageWatcher? HolderOf(ImageLock there, ImageTies ties) => AddLockOperation.IsMark(there)
        ? null
        : ties.Watchers.FirstOrDefault(watcher => watcher.Client == there.Holder || watcher.Address == there.Address);

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, BreakLock command, CancellationToken cancellationToken)
    {
        var seen = await base.ObserveAsync(store, command, cancellationToken);
        if (Forbids(command, seen) is not null)
            return seen;
        var ties = await store.GetTiesAsync(command.Volume, cancellationToken);
        return Find(ties, command) is null
            ? throw new BlockStoreException(OperationErrors.NotThere($"{command.Volume} has no lock '{command.LockId}' of {command.Holder}"))
            : seen;
    }

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, BreakLock command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        var ties = await context.Store.GetTiesAsync(command.Volume, context.Cancellation);
        // It was there when the intent was journalled.
        if (Find(ties, command) is not { } there)
            return await ImageDescription.ResultAsync(context, command.Volume);
        if (!AddLockOperation.IsMark(there))
        {
            if (!command.Force && HolderOf(there, ties) is { } alive)
                return new AttemptResult(null, OperationErrors.Busy($"{alive} has the lock '{there.Id}' and {command.Volume} open; breaking it must be forced"));
            await context.Store.FenceAsync(there.Address, context.FenceDuration, context.Cancellation);
        }
        await context.Store.BreakLockAsync(command.Volume, there.Holder, there.Id, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return await ImageDescription.ResultAsync(context, command.Volume);
    }

    private static ImageLock? Find(ImageTies ties, BreakLock command) =>
        ties.Locks.FirstOrDefault(there => there.Holder == command.Holder && there.Id == command.LockId);
}
