using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Changes how a volume is mirrored. A store without mirroring refuses it at once.</summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class MirroringOperation<TCommand>(string kind, string summary, string route) : StateOperation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <summary>Whether it is so already.</summary>
    /// <param name="command">The command.</param>
    /// <param name="noted">What was noted before the first attempt.</param>
    /// <param name="found">How the volume is mirrored now.</param>
    /// <returns>True when nothing is left to do.</returns>
    protected abstract bool IsSo(TCommand command, string noted, ImageMirroring found);

    /// <summary>What to note before the first attempt.</summary>
    /// <param name="found">How the volume is mirrored.</param>
    /// <returns>In the operation's own words.</returns>
    protected virtual string NoteOf(ImageMirroring found) => "";

    /// <inheritdoc/>
    protected sealed override async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        var seen = await base.ObserveAsync(store, command, cancellationToken);
        return Forbids(command, seen) is not null ? seen : seen with { Noted = NoteOf(await store.GetMirroringAsync(command.Volume, cancellationToken)) };
    }

    /// <inheritdoc/>
    protected sealed override async Task<bool> IsSoAsync(AttemptContext context, TCommand command) =>
        IsSo(command, context.Noted!, await context.Store.GetMirroringAsync(command.Volume, context.Cancellation));

    /// <inheritdoc/>
    protected sealed override bool HasSteps => true;

    // Mirroring by snapshots makes some.
    /// <inheritdoc/>
    protected sealed override Task MendAsync(AttemptContext context, TCommand command) =>
        context.MendSnapshotsAsync(command.Volume);
}

/// <summary>The names of modes, as people type them.</summary>
internal static class MirroringNames
{
    public const string Journal = "journal", Snapshot = "snapshot", Image = "image", Pool = "pool";

    public const int LengthMax = 16;

    extension(ImageMirroring found)
    {
        public string? ModeText => found.Mode?.ToString().ToLowerInvariant();
    }
}
