using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes one value of a volume's metadata.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Key">The key.</param>
public sealed record RemoveMetadata(VolumeId Volume, string Key) : VolumeCommand(Volume);

internal sealed class RemoveMetadataOperation : Operation<RemoveMetadata>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _key;

    public RemoveMetadataOperation()
        : base("volume.metadata.remove", "Remove one value of a volume's metadata.", "DELETE /v1/volumes/{volume}/metadata")
    {
        _volume = Volume("volume", c => c.Volume);
        _key = Text("key", c => c.Key, "The key.", ImageDescription.MetadataKeyLengthMax);
    }

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new RemoveMetadata(given.Get(_volume), given.Get(_key));

    protected override OperationError? Invalid(RemoveMetadata command) => command.Key.StartsWith(ImageDescription.OwnMetadataPrefix, StringComparison.Ordinal)
        ? OperationErrors.Wrong($"key '{command.Key}' is reserved: it begins with {ImageDescription.OwnMetadataPrefix}")
        : null;

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, RemoveMetadata command, CancellationToken cancellationToken) =>
        new((await store.FindAsync(command.Volume, cancellationToken))?.Value, null, null);

    protected override OperationError? Forbids(RemoveMetadata command, VolumeObservation seen) =>
        seen.ImageId is null ? OperationErrors.Missing(command.Volume) : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, RemoveMetadata command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if (!(await context.Store.GetMetadataAsync(command.Volume, context.Cancellation)).ContainsKey(command.Key))
                return await ImageDescription.ResultAsync(context, command.Volume);
        }
        await context.Store.RemoveMetadataAsync(command.Volume, command.Key, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return await ImageDescription.ResultAsync(context, command.Volume);
    }
}
