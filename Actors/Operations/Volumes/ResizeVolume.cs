using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Sets a volume's size.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="SizeBytes">The new size in bytes.</param>
/// <param name="AllowShrink">Whether the new size may be smaller than the present one; data beyond it are lost.</param>
/// <param name="Force">Whether it may become smaller although a client has it open.</param>
public sealed record ResizeVolume(VolumeId Volume, long SizeBytes, bool AllowShrink, bool Force = false) : VolumeCommand(Volume);

// An attempt in doubt is done again, unless the image has that size: then a pool that has filled up since must not make it fail.
internal sealed class ResizeVolumeOperation : Operation<ResizeVolume>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<long> _size;
    private readonly Parameter<bool> _allowShrink;
    private readonly Parameter<bool> _force;

    public ResizeVolumeOperation()
        : base("volume.resize", "Set a volume's size.", "PATCH /v1/volumes/{volume}")
    {
        _volume = Volume("volume", c => c.Volume);
        _size = Size("size", c => c.SizeBytes, "The new size.");
        _allowShrink = Flag("allow-shrink", c => c.AllowShrink, "Allow a smaller size; the data beyond it are lost.");
        _force = Flag("force", c => c.Force, "Allow it although a client has the volume open.");
    }

    public override bool Grows => true;

    public override VolumeCommand Make(Given given) => new ResizeVolume(given.Get(_volume), given.Get(_size), given.Get(_allowShrink), given.Get(_force));

    protected override Task<long?> SizeAfterAsync(IBlockStore store, ResizeVolume command, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(command.SizeBytes);

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, ResizeVolume command, CancellationToken cancellationToken)
    {
        var seen = await base.ObserveAsync(store, command, cancellationToken);
        return seen is { ImageId: not null, Damage: null } ? seen with { SizeBytes = (await store.GetAsync(command.Volume, cancellationToken)).SizeBytes } : seen;
    }

    protected override OperationError? Forbids(ResizeVolume command, VolumeObservation seen)
    {
        if (base.Forbids(command, seen) is { } error)
            return error;
        return !command.AllowShrink && command.SizeBytes < seen.SizeBytes
            ? OperationErrors.Wrong(
                $"{command.Volume} is {seen.SizeBytes} bytes large; making it smaller ({command.SizeBytes} bytes) loses data and must be allowed explicitly")
            : null;
    }

    private static Shrinking LeaveOf(ResizeVolume command) =>
        !command.AllowShrink ? Shrinking.Never : command.Force ? Shrinking.Always : Shrinking.Unused;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, ResizeVolume command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await context.Store.GetAsync(command.Volume, context.Cancellation);
            if (found.SizeBytes == command.SizeBytes)
                return new AttemptResult(ImageDescription.Of(found));
            // A shrinking image loses its end before its size changes.
            if (found.SizeBytes < command.SizeBytes)
                await context.NothingIsDoneAsync(command.Volume);
        }
        await context.Store.ResizeAsync(command.Volume, command.SizeBytes, LeaveOf(command), context.Progress, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)));
    }
}
