using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a group of images, which is empty.</summary>
/// <param name="Group">Its pool, namespace and name.</param>
public sealed record CreateGroup(VolumeId Group) : VolumeCommand(Addresses.OfGroup(Group));

// There was none when the intent was journalled, and an empty group is nothing but its name: if there is one now, that is what was wanted.
internal sealed class CreateGroupOperation : GroupOperation<CreateGroup>
{
    private readonly Parameter<VolumeId> _group;

    public CreateGroupOperation()
        : base("group.create", "Make a group of volumes.", "POST /v1/groups") => _group = Volume("group", c => c.Group, flat: true, help: Meaning);

    public override VolumeCommand Make(Given given) => new CreateGroup(given.Get(_group));

    public static OperationError Exists(VolumeId group) => new(ErrorKind.AlreadyExists, $"group {group} exists already", 17);

    protected override VolumeId GroupIn(CreateGroup command) => command.Group;

    protected override OperationError? Forbids(CreateGroup command, VolumeObservation seen) => seen.ImageId is null ? null : Exists(command.Group);

    // One that is half made is found too: making it completes it.
    protected override async Task<Settled> SettleAsync(AttemptContext context, CreateGroup command) =>
        await context.Store.FindGroupAsync(command.Group, context.Cancellation) is null ? Settled.Untouched : Settled.Undone;

    protected override async Task ChangeAsync(AttemptContext context, CreateGroup command)
    {
        try
        {
            await context.Store.CreateGroupAsync(command.Group, context.Cancellation);
        }
        catch (BlockStoreException e) when (context.InDoubt && e.Kind == ErrorKind.AlreadyExists)
        {
            if ((await context.Store.GetGroupImagesAsync(command.Group, context.Cancellation)).Count > 0)
                throw;
        }
    }
}
