using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives a group's snapshot another name.</summary>
/// <param name="Group">The group.</param>
/// <param name="Snapshot">The snapshot's name now.</param>
/// <param name="Name">The new name.</param>
public sealed record RenameGroupSnapshot(VolumeId Group, string Snapshot, string Name) : VolumeCommand(Addresses.OfGroup(Group));

internal sealed class RenameGroupSnapshotOperation : GroupOperation<RenameGroupSnapshot>
{
    private readonly Parameter<VolumeId> _group;
    private readonly Parameter<string> _snapshot;
    private readonly Parameter<string> _name;

    public RenameGroupSnapshotOperation()
        : base("group.snapshot.rename", "Give a group's snapshot another name.", "PATCH /v1/groups/{group}/snapshots/{snapshot}")
    {
        _group = Volume("group", c => c.Group, help: Meaning);
        _snapshot = Snapshot(_group, c => c.Snapshot);
        _name = NameForSnapshot("new-name", c => c.Name, "The new name.", "name");
    }

    public override VolumeCommand Make(Given given) => new RenameGroupSnapshot(given.Get(_group), given.Get(_snapshot), given.Get(_name));

    protected override OperationError? Invalid(RenameGroupSnapshot command) =>
        command.Snapshot == command.Name ? OperationErrors.Wrong($"the snapshot has the name '{command.Name}' already") : null;

    protected override VolumeId GroupIn(RenameGroupSnapshot command) => command.Group;

    protected override async Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, RenameGroupSnapshot command, CancellationToken cancellationToken)
    {
        var snapshot = await SnapshotAsync(store, command.Group, command.Snapshot, cancellationToken);
        return (await store.GetGroupSnapshotsAsync(command.Group, cancellationToken)).Any(s => s.Name == command.Name)
            ? throw new BlockStoreException(CreateGroupSnapshotOperation.Exists(command.Group, command.Name))
            : (snapshot.Id, null);
    }

    protected override async Task<Settled> SettleAsync(AttemptContext context, RenameGroupSnapshot command)
    {
        if (!await IsSameAsync(context, command))
            return Settled.Lost(Missing(command.Group));
        var found = (await context.Store.GetGroupSnapshotsAsync(command.Group, context.Cancellation)).FirstOrDefault(s => s.Id == context.Noted);
        return found?.Name == command.Name ? Settled.Done
            : found?.Name == command.Snapshot ? Settled.Untouched
            : Settled.Lost(MissingSnapshot(command.Group, command.Snapshot));
    }

    protected override Task ChangeAsync(AttemptContext context, RenameGroupSnapshot command) =>
        context.Store.RenameGroupSnapshotAsync(command.Group, command.Snapshot, command.Name, context.Cancellation);
}
