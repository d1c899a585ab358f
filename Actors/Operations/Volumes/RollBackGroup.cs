using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives all images of a group the data and the size that they had at its snapshot.</summary>
/// <param name="Group">The group.</param>
/// <param name="Snapshot">The snapshot's name.</param>
public sealed record RollBackGroup(VolumeId Group, string Snapshot) : VolumeCommand(Addresses.OfGroup(Group));

// Whatever was rolled back of them already, doing it again gives the same: as long as nobody has one of them open, which the store refuses.
internal sealed class RollBackGroupOperation : GroupOperation<RollBackGroup>
{
    private readonly Parameter<VolumeId> _group;
    private readonly Parameter<string> _snapshot;

    public RollBackGroupOperation()
        : base("group.snapshot.rollback", "Give all volumes of a group the data and size that they had at a snapshot.", "POST /v1/groups/{group}/snapshots/{snapshot}/rollback")
    {
        _group = Volume("group", c => c.Group, help: Meaning);
        _snapshot = Snapshot(_group, c => c.Snapshot);
    }

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new RollBackGroup(given.Get(_group), given.Get(_snapshot));

    protected override VolumeId GroupIn(RollBackGroup command) => command.Group;

    protected override async Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, RollBackGroup command, CancellationToken cancellationToken) =>
        ((await SnapshotAsync(store, command.Group, command.Snapshot, cancellationToken)).Id, null);

    protected override async Task<Settled> SettleAsync(AttemptContext context, RollBackGroup command) =>
        await IsSameAsync(context, command)
        && (await context.Store.GetGroupSnapshotsAsync(command.Group, context.Cancellation)).Any(s => s.Id == context.Noted && s.Name == command.Snapshot)
            ? Settled.Undone
            : Settled.Lost(MissingSnapshot(command.Group, command.Snapshot));

    protected override Task ChangeAsync(AttemptContext context, RollBackGroup command) =>
        context.Store.RollBackGroupAsync(command.Group, command.Snapshot, new CrashingProgress(context), context.Cancellation);
}
