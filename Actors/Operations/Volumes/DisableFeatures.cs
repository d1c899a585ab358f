using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Switches features of a volume off.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Features">Their names, as <c>a,b</c>.</param>
public sealed record DisableFeatures(VolumeId Volume, string Features) : VolumeCommand(Volume);

internal sealed class DisableFeaturesOperation : FeaturesOperation<DisableFeatures>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _features;

    public DisableFeaturesOperation()
        : base("volume.features.disable", "Switch features of a volume off.", "DELETE /v1/volumes/{volume}/features", enabled: false)
    {
        _volume = Volume("volume", c => c.Volume);
        _features = Features("features", c => c.Features, $"The features, of {string.Join(',', ImageFeatures.CanBeDisabled)}.");
    }

    public override VolumeCommand Make(Given given) => new DisableFeatures(given.Get(_volume), given.Get(_features));

    protected override IReadOnlyList<string> FeaturesIn(DisableFeatures command) => command.Features.Split(',');
}
