using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Takes an image out of a group.</summary>
/// <param name="Group">The group.</param>
/// <param name="Image">The image.</param>
public sealed record RemoveFromGroup(VolumeId Group, VolumeId Image) : VolumeCommand(Addresses.OfGroup(Group))
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Image;
}

internal sealed class RemoveFromGroupOperation : MembershipOperation<RemoveFromGroup>
{
    private readonly Parameter<VolumeId> _group;
    private readonly Parameter<VolumeId> _image;

    public RemoveFromGroupOperation()
        : base("group.image.remove", "Take a volume out of a group.", "DELETE /v1/groups/{group}/images", isIn: false)
    {
        _group = Volume("group", c => c.Group, help: Meaning);
        _image = Volume("volume", c => c.Image, jsonName: "image");
    }

    public override VolumeCommand Make(Given given) => new RemoveFromGroup(given.Get(_group), given.Get(_image));

    protected override VolumeId GroupIn(RemoveFromGroup command) => command.Group;

    protected override Task ChangeAsync(AttemptContext context, RemoveFromGroup command) =>
        context.Store.RemoveFromGroupAsync(command.Group, command.Image, context.Cancellation);
}
