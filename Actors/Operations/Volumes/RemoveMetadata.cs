using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Removes one value of a volume's metadata.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Key">The key.</param>
public sealed record RemoveMetadata(VolumeId Volume, string Key) : VolumeCommand(Volume);

internal sealed class RemoveMetadataOperation : RemoveValueOperation<RemoveMetadata>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _key;

    public RemoveMetadataOperation()
        : base("volume.metadata.remove", "Remove one value of a volume's metadata.", "DELETE /v1/volumes/{volume}/metadata")
    {
        _volume = Volume("volume", c => c.Volume);
        _key = MetadataKey(c => c.Key);
    }

    public override VolumeCommand Make(Given given) => new RemoveMetadata(given.Get(_volume), given.Get(_key));

    protected override OperationError? Invalid(RemoveMetadata command) => SetMetadataOperation.NoOption(command.Key);

    protected override string KeyIn(RemoveMetadata command) => command.Key;
}

/// <summary>Removes one value among an image's metadata; the store refuses when there is none.</summary>
internal abstract class RemoveValueOperation<TCommand>(string kind, string summary, string route) : StateOperation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    public sealed override bool GoesBesideReaders => true;

    protected abstract string KeyIn(TCommand command);

    protected sealed override async Task<bool> IsSoAsync(AttemptContext context, TCommand command) =>
        !(await context.Store.GetMetadataAsync(command.Volume, context.Cancellation)).ContainsKey(KeyIn(command));

    protected sealed override Task ChangeAsync(AttemptContext context, TCommand command) =>
        context.Store.RemoveMetadataAsync(command.Volume, KeyIn(command), context.Cancellation);
}
