using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Switches features of a volume on.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Features">Their names, as <c>a,b</c>.</param>
public sealed record EnableFeatures(VolumeId Volume, string Features) : VolumeCommand(Volume);

internal sealed class EnableFeaturesOperation : FeaturesOperation<EnableFeatures>
{
    private readonly Parameter<VolumeId> _volume;
    private readonly Parameter<string> _features;

    public EnableFeaturesOperation()
        : base("volume.features.enable", "Switch features of a volume on; a new object map has to be rebuilt then.", "PUT /v1/volumes/{volume}/features", enabled: true)
    {
        _volume = Volume("volume", c => c.Volume);
        _features = Features("features", c => c.Features, $"The features, of {string.Join(',', ImageFeatures.CanBeEnabled)}.");
    }

    public override VolumeCommand Make(Given given) => new EnableFeatures(given.Get(_volume), given.Get(_features));

    protected override IReadOnlyList<string> FeaturesIn(EnableFeatures command) => command.Features.Split(',');
}

/// <summary>Switches features of a volume on or off, by librbd's rules.</summary>
internal abstract class FeaturesOperation<TCommand>(string kind, string summary, string route, bool enabled) : StateOperation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    protected abstract IReadOnlyList<string> FeaturesIn(TCommand command);

    protected sealed override OperationError? Invalid(TCommand command)
    {
        var known = enabled ? ImageFeatures.CanBeEnabled : ImageFeatures.CanBeDisabled;
        return FeaturesIn(command).FirstOrDefault(feature => !known.Contains(feature)) switch
        {
            null => null,
            var feature => OperationErrors.Wrong($"{feature} cannot be {(enabled ? "enabled" : "disabled")}; only {string.Join(", ", known)} can be"),
        };
    }

    protected sealed override async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        var seen = await base.ObserveAsync(store, command, cancellationToken);
        if (Forbids(command, seen) is not null)
            return seen;
        var present = (await store.GetAsync(command.Volume, cancellationToken)).Features;
        return ImageFeatures.Problem(present, FeaturesIn(command), enabled) is { } problem
            ? throw new BlockStoreException(OperationErrors.Wrong($"{command.Volume}: {problem}"))
            : seen;
    }

    protected sealed override async Task<bool> IsSoAsync(AttemptContext context, TCommand command)
    {
        var present = (await context.Store.GetAsync(command.Volume, context.Cancellation)).Features;
        return ImageFeatures.Together(FeaturesIn(command)).All(feature => present.Contains(feature) == enabled)
            && (!enabled || !FeaturesIn(command).Contains(ImageFeatures.Journaling) || await context.Store.FollowsPoolAsync(command.Volume, context.Cancellation));
    }

    protected sealed override Task ChangeAsync(AttemptContext context, TCommand command) =>
        context.Store.UpdateFeaturesAsync(command.Volume, FeaturesIn(command), enabled, context.Cancellation);

    protected sealed override bool HasSteps => true;

    // An object map brings one for each snapshot.
    protected sealed override Task MendAsync(AttemptContext context, TCommand command) =>
        context.MendSnapshotsAsync(command.Volume);
}
