using System.Globalization;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Keeps a mirrored volume as it is now, for the other cluster.</summary>
/// <param name="Volume">The volume.</param>
public sealed record CreateMirrorSnapshot(VolumeId Volume) : VolumeCommand(Volume);

// Noted: the latest of its mirror's snapshots. One that is later shows what was there when this was asked for, whoever made it.
internal sealed class CreateMirrorSnapshotOperation : MirroringOperation<CreateMirrorSnapshot>
{
    private readonly Parameter<VolumeId> _volume;

    public CreateMirrorSnapshotOperation()
        : base("volume.mirror.snapshot", "Keep a volume that is mirrored by snapshots as it is now, for the other cluster.", "POST /v1/volumes/{volume}/mirroring/snapshots") =>
        _volume = Volume("volume", c => c.Volume);

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new CreateMirrorSnapshot(given.Get(_volume));

    protected override string NoteOf(ImageMirroring found) => LastOf(found).ToString(CultureInfo.InvariantCulture);

    protected override bool IsSo(CreateMirrorSnapshot command, string noted, ImageMirroring found) => LastOf(found) > ulong.Parse(noted, CultureInfo.InvariantCulture);

    protected override Task ChangeAsync(AttemptContext context, CreateMirrorSnapshot command) =>
        context.Store.CreateMirrorSnapshotAsync(command.Volume, context.Cancellation);

    private static ulong LastOf(ImageMirroring found) => found.Snapshots.Select(id => id.Value).LastOrDefault();
}
