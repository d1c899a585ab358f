using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Sets an option of the store's client for one volume, such as a limit of its speed.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Option">The option's name, such as <c>rbd_qos_iops_limit</c>.</param>
/// <param name="Value">Its value.</param>
public sealed record SetConfiguration(VolumeId Volume, string Option, string Value) : VolumeCommand(Volume);

internal sealed class SetConfigurationOperation : SetValueOperation<SetConfiguration>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _option;
    private readonly Parameter<string> _value;

    public SetConfigurationOperation()
        : base("volume.config.set", "Set an option for a volume, such as rbd_qos_iops_limit.", "PUT /v1/volumes/{volume}/config")
    {
        _volume = Volume("volume", c => c.Volume);
        _option = Text("option", c => c.Option, OptionMeaning, ImageDescription.MetadataKeyLengthMax);
        _value = Text("value", c => c.Value, "Its value.", ImageDescription.MetadataValueLengthMax);
    }

    public const string OptionMeaning = "Its name, as volume config list says.";

    public override VolumeCommand Make(Given given) => new SetConfiguration(given.Get(_volume), given.Get(_option), given.Get(_value));

    protected override (string Key, string Value) ValueIn(SetConfiguration command) => (ImageOption.KeyPrefix + command.Option, command.Value);
}
