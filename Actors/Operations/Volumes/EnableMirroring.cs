using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Begins to mirror a volume to another cluster.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Mode">By what: <c>journal</c> or <c>snapshot</c>; null for the first.</param>
public sealed record EnableMirroring(VolumeId Volume, string? Mode = null) : VolumeCommand(Volume);

internal sealed class EnableMirroringOperation : MirroringOperation<EnableMirroring>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _mode;

    public EnableMirroringOperation()
        : base("volume.mirror.enable", "Begin to mirror a volume; by journal it gets the feature journaling.", "PUT /v1/volumes/{volume}/mirroring")
    {
        _volume = Volume("volume", c => c.Volume);
        _mode = TextOption("mode", c => c.Mode, $"{MirroringNames.Journal} or {MirroringNames.Snapshot}; {MirroringNames.Journal} when it is not said.", MirroringNames.LengthMax);
    }

    public override VolumeCommand Make(Given given) => new EnableMirroring(given.Get(_volume), given.Get(_mode));

    protected override OperationError? Invalid(EnableMirroring command) => command.Mode is null or MirroringNames.Journal or MirroringNames.Snapshot ? null
        : OperationErrors.Wrong($"mode is '{command.Mode}'; {MirroringNames.Journal} or {MirroringNames.Snapshot} is needed");

    protected override bool IsSo(EnableMirroring command, string noted, ImageMirroring found) => found.State == MirroringState.Enabled && found.Mode == ModeIn(command);

    protected override Task ChangeAsync(AttemptContext context, EnableMirroring command) =>
        context.Store.EnableMirroringAsync(command.Volume, ModeIn(command), context.Cancellation);

    private static MirroringMode ModeIn(EnableMirroring command) => command.Mode == MirroringNames.Snapshot ? MirroringMode.Snapshot : MirroringMode.Journal;
}
