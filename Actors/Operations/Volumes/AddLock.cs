using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Puts a mark on a volume that keeps it from being changed and from being locked by others (<c>rbd lock add</c>).</summary>
/// <param name="Volume">The volume.</param>
/// <param name="LockId">The lock's id.</param>
public sealed record AddLock(VolumeId Volume, string LockId) : VolumeCommand(Volume);

// The lock bears the operation's id as its tag: whichever attempt made it, it is known again.
internal sealed class AddLockOperation : Operation<AddLock>
{
    private const string TagPrefix = "mooring.";

    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _lockId;

    public AddLockOperation()
        : base("lock.add", "Mark a volume as locked, so that it is not changed.", "POST /v1/volumes/{volume}/locks")
    {
        _volume = Volume("volume", c => c.Volume);
        _lockId = Text("lock-id", c => c.LockId, "The lock's id, as you choose it.", LockIdLengthMax);
    }

    /// <summary>The most characters of a lock's id.</summary>
    public const int LockIdLengthMax = 256;

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new AddLock(given.Get(_volume), given.Get(_lockId));

    /// <summary>Whether a lock was made by an operation; its holder is a connection of Mooring's then, which has nothing to do with the volume's use.</summary>
    /// <param name="there">The lock.</param>
    /// <returns>True when it was.</returns>
    public static bool IsMark(ImageLock there) => !there.Shared && there.Tag.StartsWith(TagPrefix, StringComparison.Ordinal);

    // librbd takes these for its own.
    protected override OperationError? Invalid(AddLock command) =>
        command.LockId.StartsWith("auto ", StringComparison.Ordinal) ? OperationErrors.Wrong($"lock-id '{command.LockId}' is reserved: it begins with 'auto '") : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, AddLock command)
    {
        var tag = TagPrefix + context.Operation;
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if ((await context.Store.GetTiesAsync(command.Volume, context.Cancellation)).Locks.Any(there => there.Tag == tag))
                return await ImageDescription.ResultAsync(context, command.Volume);
            await context.NothingIsDoneAsync(command.Volume);
        }
        await context.Store.LockAsync(command.Volume, command.LockId, tag, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return await ImageDescription.ResultAsync(context, command.Volume);
    }
}
