using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>Sets one value of a volume's metadata.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
public sealed record SetMetadata(VolumeId Volume, string Key, string Value) : VolumeCommand(Volume);

internal sealed class SetMetadataOperation : SetValueOperation<SetMetadata>
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

    public override VolumeCommand Make(Given given) => new SetMetadata(given.Get(_volume), given.Get(_key), given.Get(_value));

    protected override OperationError? Invalid(SetMetadata command) => NoOption(command.Key);

    protected override (string Key, string Value) ValueIn(SetMetadata command) => (command.Key, command.Value);

    /// <summary>What sets options has operations of its own.</summary>
    public static OperationError? NoOption(string key) => key.StartsWith(Storage.ImageOption.KeyPrefix, StringComparison.Ordinal)
        ? OperationErrors.Wrong($"key '{key}' is that of an option; see volume config")
        : null;
}

/// <summary>Sets one value among an image's metadata.</summary>
internal abstract class SetValueOperation<TCommand>(string kind, string summary, string route) : StateOperation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    public sealed override bool GoesBesideReaders => true;

    protected abstract (string Key, string Value) ValueIn(TCommand command);

    protected sealed override async Task<bool> IsSoAsync(AttemptContext context, TCommand command)
    {
        var (key, value) = ValueIn(command);
        return (await context.Store.GetMetadataAsync(command.Volume, context.Cancellation)).GetValueOrDefault(key) == value;
    }

    protected sealed override Task ChangeAsync(AttemptContext context, TCommand command)
    {
        var (key, value) = ValueIn(command);
        return context.Store.SetMetadataAsync(command.Volume, key, value, context.Cancellation);
    }
}
