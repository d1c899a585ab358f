using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Sets one value of a volume's metadata.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
public sealed record SetMetadata(VolumeId Volume, string Key, string Value) : VolumeCommand(Volume);

// Setting it again changes nothing: an attempt in doubt is simply done again.
internal sealed class SetMetadataOperation : Operation<SetMetadata>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _key;
    private readonly Parameter<string> _value;

    public SetMetadataOperation()
        : base("volume.metadata.set", "Set one value of a volume's metadata.", "PUT /v1/volumes/{volume}/metadata")
    {
        _volume = Volume("volume", c => c.Volume);
        _key = MetadataKey(c => c.Key);
        _value = Text("value", c => c.Value, "The value.", ImageDescription.MetadataValueLengthMax);
    }

    public override bool GoesBesideReaders => true;

    public override VolumeCommand Make(Given given) => new SetMetadata(given.Get(_volume), given.Get(_key), given.Get(_value));

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, SetMetadata command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        await context.Store.SetMetadataAsync(command.Volume, command.Key, command.Value, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return await ImageDescription.ResultAsync(context, command.Volume);
    }
}
