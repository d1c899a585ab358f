using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Keeps the data of all images of a group as they are at one moment.</summary>
/// <param name="Group">The group.</param>
/// <param name="Snapshot">The snapshot's name.</param>
public sealed record CreateGroupSnapshot(VolumeId Group, string Snapshot) : VolumeCommand(Addresses.OfGroup(Group));

// The name was free when the intent was journalled. One of that name that is not complete was left by an earlier attempt: it is removed first.
internal sealed class CreateGroupSnapshotOperation : GroupOperation<CreateGroupSnapshot>
{
    private readonly Parameter<VolumeId> _group;
    private readonly Parameter<string> _snapshot;

    public CreateGroupSnapshotOperation()
        : base("group.snapshot.create", "Keep the data of all volumes of a group as they are at one moment.", "POST /v1/groups/{group}/snapshots")
    {
        _group = Volume("group", c => c.Group, help: Meaning);
        _snapshot = Snapshot(_group, c => c.Snapshot, httpName: "name");
    }

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new CreateGroupSnapshot(given.Get(_group), given.Get(_snapshot));

    public static OperationError Exists(VolumeId group, string snapshot) => new(ErrorKind.AlreadyExists, $"group {group} has a snapshot '{snapshot}' already", 17);

    protected override VolumeId GroupIn(CreateGroupSnapshot command) => command.Group;

    protected override async Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, CreateGroupSnapshot command, CancellationToken cancellationToken) =>
        (await store.GetGroupSnapshotsAsync(command.Group, cancellationToken)).Any(s => s.Name == command.Snapshot)
            ? throw new BlockStoreException(Exists(command.Group, command.Snapshot))
            : (null, null);

    protected override async Task<Settled> SettleAsync(AttemptContext context, CreateGroupSnapshot command)
    {
        if (!await IsSameAsync(context, command))
            return Settled.Lost(Missing(command.Group));
        var found = (await context.Store.GetGroupSnapshotsAsync(command.Group, context.Cancellation)).FirstOrDefault(s => s.Name == command.Snapshot);
        if (found is { IsComplete: true })
            return Settled.Done;
        if (found is not null)
            await context.Store.RemoveGroupSnapshotAsync(command.Group, command.Snapshot, context.Cancellation);
        return Settled.Untouched;
    }

    protected override Task ChangeAsync(AttemptContext context, CreateGroupSnapshot command) =>
        context.Store.CreateGroupSnapshotAsync(command.Group, command.Snapshot, context.Cancellation);
}
