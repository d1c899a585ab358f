using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Ends the mirroring of a volume.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Force">Whether it need not be the primary one.</param>
public sealed record DisableMirroring(VolumeId Volume, bool Force = false) : VolumeCommand(Volume);

// Noted: by what it was mirrored. librbd takes the journal away after it has ended the mirroring: done again until that is gone too.
internal sealed class DisableMirroringOperation : MirroringOperation<DisableMirroring>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<bool> _force;

    public DisableMirroringOperation()
        : base("volume.mirror.disable", "End the mirroring of a volume, and remove what it kept for that.", "DELETE /v1/volumes/{volume}/mirroring")
    {
        _volume = Volume("volume", c => c.Volume);
        _force = Flag("force", c => c.Force, "Also when it is not the primary one.");
    }

    public override VolumeCommand Make(Given given) => new DisableMirroring(given.Get(_volume), given.Get(_force));

    protected override string NoteOf(ImageMirroring found) => found.ModeText ?? "";

    protected override bool IsSo(DisableMirroring command, string noted, ImageMirroring found) => found.State == MirroringState.Disabled && noted != MirroringNames.Journal;

    protected override async Task ChangeAsync(AttemptContext context, DisableMirroring command)
    {
        var store = context.Store;
        await store.DisableMirroringAsync(command.Volume, command.Force, context.Cancellation);
        if (context.InDoubt && context.Noted == MirroringNames.Journal
            && (await store.GetAsync(command.Volume, context.Cancellation)).Features.Contains(ImageFeatures.Journaling))
        {
            await store.UpdateFeaturesAsync(command.Volume, [ImageFeatures.Journaling], false, context.Cancellation);
        }
    }
}
