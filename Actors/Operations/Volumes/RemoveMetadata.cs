using Mooring.Messages;

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
        _key = MetadataKey(c => c.Key);
    }

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new RemoveMetadata(given.Get(_volume), given.Get(_key));

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
