using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes a group's snapshot.</summary>
/// <param name="Group">The group.</param>
/// <param name="Snapshot">The snapshot's name.</param>
public sealed record RemoveGroupSnapshot(VolumeId Group, string Snapshot) : VolumeCommand(Addresses.OfGroup(Group));

internal sealed class RemoveGroupSnapshotOperation : GroupOperation<RemoveGroupSnapshot>
{
    private readonly Parameter<VolumeId> _group;
    private readonly Parameter<string> _snapshot;

    public RemoveGroupSnapshotOperation()
        : base("group.snapshot.remove", "Remove a group's snapshot.", "DELETE /v1/groups/{group}/snapshots/{snapshot}")
    {
        _group = Volume("group", c => c.Group, help: Meaning);
        _snapshot = Snapshot(_group, c => c.Snapshot);
    }

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new RemoveGroupSnapshot(given.Get(_group), given.Get(_snapshot));

    protected override VolumeId GroupIn(RemoveGroupSnapshot command) => command.Group;

    protected override async Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, RemoveGroupSnapshot command, CancellationToken cancellationToken) =>
        ((await SnapshotAsync(store, command.Group, command.Snapshot, cancellationToken)).Id, null);

    protected override async Task<Settled> SettleAsync(AttemptContext context, RemoveGroupSnapshot command)
    {
        if (!await IsSameAsync(context, command))
            return Settled.Done;
        var found = (await context.Store.GetGroupSnapshotsAsync(command.Group, context.Cancellation)).FirstOrDefault(s => s.Id == context.Noted);
        if (found is null)
        {
            // Of the images' own snapshots some may be left.
            foreach (var image in await context.Store.GetGroupImagesAsync(command.Group, context.Cancellation))
            {
                if (image.Volume is { } volume)
                    await context.MendSnapshotsAsync(volume);
            }
        }
        return found is null ? Settled.Done
            : found.Name == command.Snapshot ? Settled.Undone
            : Settled.Lost(MissingSnapshot(command.Group, command.Snapshot));
    }

    protected override Task ChangeAsync(AttemptContext context, RemoveGroupSnapshot command) =>
        context.Store.RemoveGroupSnapshotAsync(command.Group, command.Snapshot, context.Cancellation);
}
