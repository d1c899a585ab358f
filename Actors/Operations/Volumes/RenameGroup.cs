using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Gives a group another name within its pool and namespace.</summary>
/// <param name="Group">The new name.</param>
/// <param name="Source">The name now.</param>
public sealed record RenameGroup(VolumeId Group, VolumeId Source) : VolumeCommand(Addresses.OfGroup(Group))
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Addresses.OfGroup(Source);
}

// The new name's address executes it; the old one's is held meanwhile.
internal sealed class RenameGroupOperation : GroupOperation<RenameGroup>
{
    private readonly Parameter<VolumeId> _source;
    private readonly Parameter<VolumeId> _target;

    public RenameGroupOperation()
        : base("group.rename", "Give a group another name within its pool and namespace.", "PATCH /v1/groups/{source}")
    {
        _source = Volume("source", c => c.Source, help: Meaning);
        _target = Volume("target", c => c.Group, jsonName: "group", flat: true, help: Meaning);
    }

    public override bool ChangesSource => true;

    public override VolumeCommand Make(Given given) => new RenameGroup(given.Get(_target), given.Get(_source));

    protected override OperationError? Invalid(RenameGroup command) =>
        command.Source == command.Group ? OperationErrors.Wrong($"{command.Source} has that name already")
        : (command.Source.Pool, command.Source.Namespace) != (command.Group.Pool, command.Group.Namespace)
            ? OperationErrors.Wrong($"{command.Source} can only be renamed within its pool and namespace, not to {command.Group}")
        : null;

    protected override VolumeId GroupIn(RenameGroup command) => command.Source;

    protected override async Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, RenameGroup command, CancellationToken cancellationToken) =>
        await store.FindGroupAsync(command.Group, cancellationToken) is null ? (null, null) : throw new BlockStoreException(CreateGroupOperation.Exists(command.Group));

    protected override async Task<Settled> SettleAsync(AttemptContext context, RenameGroup command)
    {
        var target = await context.Store.FindGroupAsync(command.Group, context.Cancellation);
        return target == context.ImageIdBefore ? Settled.Done
            : target is not null ? Settled.Lost(CreateGroupOperation.Exists(command.Group))
            : await IsSameAsync(context, command) ? Settled.Untouched
            : Settled.Lost(Missing(command.Source));
    }

    protected override Task ChangeAsync(AttemptContext context, RenameGroup command) =>
        context.Store.RenameGroupAsync(command.Source, command.Group, context.Cancellation);
}
