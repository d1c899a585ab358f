using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Ends what was set for one volume: its pool's value counts again, or the configured one.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Option">The option's name.</param>
public sealed record RemoveConfiguration(VolumeId Volume, string Option) : VolumeCommand(Volume);

internal sealed class RemoveConfigurationOperation : RemoveValueOperation<RemoveConfiguration>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _option;

    public RemoveConfigurationOperation()
        : base("volume.config.remove", "End what an option was set to for a volume.", "DELETE /v1/volumes/{volume}/config")
    {
        _volume = Volume("volume", c => c.Volume);
        _option = Text("option", c => c.Option, SetConfigurationOperation.OptionMeaning, ImageDescription.MetadataKeyLengthMax);
    }

    public override VolumeCommand Make(Given given) => new RemoveConfiguration(given.Get(_volume), given.Get(_option));

    protected override string KeyIn(RemoveConfiguration command) => ImageOption.KeyPrefix + command.Option;
}
