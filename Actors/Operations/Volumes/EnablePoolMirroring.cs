using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Says which images of a pool and namespace can be mirrored.</summary>
/// <param name="Place">The pool and namespace, without an image.</param>
/// <param name="Mode"><c>image</c> for those for which it is enabled one by one, <c>pool</c> for all that have the feature journaling.</param>
public sealed record EnablePoolMirroring(VolumeId Place, string Mode) : VolumeCommand(Addresses.OfMirroring(Place));

internal sealed class EnablePoolMirroringOperation : PoolMirroringOperation<EnablePoolMirroring>
{
    private readonly Parameter<VolumeId> _place;
    private readonly Parameter<string> _mode;

    public EnablePoolMirroringOperation()
        : base("pool.mirror.enable", "Let images of a pool or namespace be mirrored: one by one, or all that have the feature journaling.", "PUT /v1/pool-mirroring")
    {
        _place = Place("pool", c => c.Place);
        _mode = Text("mode", c => c.Mode, $"{MirroringNames.Image} or {MirroringNames.Pool}.", MirroringNames.LengthMax);
    }

    public override VolumeCommand Make(Given given) => new EnablePoolMirroring(given.Get(_place), given.Get(_mode));

    protected override OperationError? Invalid(EnablePoolMirroring command) => command.Mode is MirroringNames.Image or MirroringNames.Pool ? null
        : OperationErrors.Wrong($"mode is '{command.Mode}'; {MirroringNames.Image} or {MirroringNames.Pool} is needed");

    protected override VolumeId PlaceIn(EnablePoolMirroring command) => command.Place;

    protected override PoolMirroring ModeIn(EnablePoolMirroring command) => command.Mode == MirroringNames.Pool ? PoolMirroring.Pool : PoolMirroring.Image;
}

/// <summary>Sets how a pool and namespace are mirrored. The store knows what is left to do of that: an attempt in doubt is done again.</summary>
internal abstract class PoolMirroringOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    public override bool NamesImages => false;

    protected abstract VolumeId PlaceIn(TCommand command);

    protected abstract PoolMirroring ModeIn(TCommand command);

    // Only that there is such a pool and namespace.
    protected sealed override async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        var place = PlaceIn(command);
        await store.GetPoolMirroringAsync(place.Pool, place.Namespace, cancellationToken);
        return new VolumeObservation(null, null, null);
    }

    protected sealed override OperationError? Forbids(TCommand command, VolumeObservation seen) => null;

    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        var place = PlaceIn(command);
        await context.Store.SetPoolMirroringAsync(place.Pool, place.Namespace, ModeIn(command), context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }
}
