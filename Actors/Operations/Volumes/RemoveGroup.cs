using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Removes a group without snapshots; its images stay, in no group.</summary>
/// <param name="Group">Its pool, namespace and name.</param>
public sealed record RemoveGroup(VolumeId Group) : VolumeCommand(Addresses.OfGroup(Group));

internal sealed class RemoveGroupOperation : GroupOperation<RemoveGroup>
{
    private readonly Parameter<VolumeId> _group;

    public RemoveGroupOperation()
        : base("group.remove", "Remove a group without snapshots; its volumes stay.", "DELETE /v1/groups/{group}") => _group = Volume("group", c => c.Group, help: Meaning);

    public override bool TouchesMore => true;

    public override VolumeCommand Make(Given given) => new RemoveGroup(given.Get(_group));

    protected override VolumeId GroupIn(RemoveGroup command) => command.Group;

    protected override async Task<Settled> SettleAsync(AttemptContext context, RemoveGroup command) =>
        await IsSameAsync(context, command) ? Settled.Undone : Settled.Done;

    protected override Task ChangeAsync(AttemptContext context, RemoveGroup command) => context.Store.RemoveGroupAsync(command.Group, context.Cancellation);
}
