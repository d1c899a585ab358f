using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Puts an image into a group.</summary>
/// <param name="Group">The group.</param>
/// <param name="Image">The image, which is in no group.</param>
public sealed record AddToGroup(VolumeId Group, VolumeId Image) : VolumeCommand(Addresses.OfGroup(Group))
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Image;
}

internal sealed class AddToGroupOperation : MembershipOperation<AddToGroup>
{
    private readonly Parameter<VolumeId> _group;
    private readonly Parameter<VolumeId> _image;

    public AddToGroupOperation()
        : base("group.image.add", "Put a volume into a group.", "POST /v1/groups/{group}/images", isIn: true)
    {
        _group = Volume("group", c => c.Group, help: Meaning);
        _image = Volume("volume", c => c.Image, jsonName: "image");
    }

    public override VolumeCommand Make(Given given) => new AddToGroup(given.Get(_group), given.Get(_image));

    protected override VolumeId GroupIn(AddToGroup command) => command.Group;

    protected override Task ChangeAsync(AttemptContext context, AddToGroup command) =>
        context.Store.AddToGroupAsync(command.Group, command.Image, context.Cancellation);
}

/// <summary>Puts an image into a group or takes it out. Both the group and the image are known by their ids.</summary>
internal abstract class MembershipOperation<TCommand>(string kind, string summary, string route, bool isIn) : GroupOperation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    protected sealed override OperationError? Invalid(TCommand command) =>
        command.SourceVolume!.Value.Namespace == GroupIn(command).Namespace ? null
            : OperationErrors.Wrong($"{command.SourceVolume} lies in another namespace than group {GroupIn(command)}");

    protected sealed override async Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        var (group, volume) = (GroupIn(command), command.SourceVolume!.Value);
        var id = await store.FindAsync(volume, cancellationToken) ?? throw new BlockStoreException(OperationErrors.Missing(volume));
        if (await store.ExamineAsync(volume, cancellationToken) is { } damage)
            throw new BlockStoreException(OperationErrors.Damaged(volume, damage));
        var there = (await store.GetGroupImagesAsync(group, cancellationToken)).FirstOrDefault(image => image.Id == id);
        // One that somebody has left half in and half out may go either way.
        return isIn && there is { IsComplete: true } ? throw new BlockStoreException(new OperationError(ErrorKind.AlreadyExists, $"{volume} is in group {group} already", 17))
            : !isIn && there is null ? throw new BlockStoreException(OperationErrors.NotThere($"{volume} is not in group {group}"))
            : (null, id);
    }

    protected sealed override async Task<Settled> SettleAsync(AttemptContext context, TCommand command)
    {
        if (!await IsSameAsync(context, command))
            return Settled.Lost(Missing(GroupIn(command)));
        var there = (await context.Store.GetGroupImagesAsync(GroupIn(command), context.Cancellation)).FirstOrDefault(image => image.Id.Value == context.SourceImageIdBefore);
        if (isIn ? there is { IsComplete: true } : there is null)
            return Settled.Done;
        // The first step of either marks it as half in and half out.
        return (await context.Store.FindAsync(command.SourceVolume!.Value, context.Cancellation))?.Value != context.SourceImageIdBefore
            ? Settled.Lost(OperationErrors.Missing(command.SourceVolume.Value))
            : there is { IsComplete: false } ? Settled.Undone
            : Settled.Untouched;
    }
}
