using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// A change of a group of images. Its address is the group's, so that one of them runs at a time; an image that it names is held against change
/// meanwhile. The group is known by its id. What its snapshots do to its images, the store itself keeps apart from what else is done to them.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class GroupOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <summary>How a group is named.</summary>
    public const string Meaning = "pool[/namespace]/group, or group in the pool rbd.";

    /// <inheritdoc/>
    public sealed override bool NamesImages => false;

    /// <summary>The group as it is named before the operation.</summary>
    /// <param name="command">The command.</param>
    /// <returns>Pool, namespace and name.</returns>
    protected abstract VolumeId GroupIn(TCommand command);

    /// <summary>What an attempt in doubt has to do, after the earlier ones are fenced.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>The error that it ends with, or none of its effect; see <see cref="Settled"/>.</returns>
    protected abstract Task<Settled> SettleAsync(AttemptContext context, TCommand command);

    /// <summary>The change itself.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>Completes when it is done.</returns>
    protected abstract Task ChangeAsync(AttemptContext context, TCommand command);

    /// <summary>What more there is to look at before the first attempt; throws when the operation may not begin.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What to note of it, and the image that the command names.</returns>
    protected virtual Task<(string? Noted, ImageId? Image)> LookAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken) =>
        Task.FromResult<(string?, ImageId?)>((null, null));

    /// <inheritdoc/>
    protected sealed override async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        var group = await store.FindGroupAsync(GroupIn(command), cancellationToken);
        if (Forbids(command, new VolumeObservation(group, null, null)) is not null)
            return new VolumeObservation(group, null, null);
        var (noted, image) = await LookAsync(store, command, cancellationToken);
        return new VolumeObservation(group, null, image?.Value) { Noted = noted };
    }

    /// <inheritdoc/>
    protected override OperationError? Forbids(TCommand command, VolumeObservation seen) => seen.ImageId is null ? Missing(GroupIn(command)) : null;

    /// <inheritdoc/>
    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var settled = await SettleAsync(context, command);
            if (settled.IsOver)
                return new AttemptResult(null, settled.Error);
            if (settled.IsUntouched)
                context.Cancelled.ThrowIfCancellationRequested();
        }
        await ChangeAsync(context, command);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }

    /// <summary>The error for a group that there is not.</summary>
    /// <param name="group">Its name.</param>
    /// <returns>The error.</returns>
    protected static OperationError Missing(VolumeId group) => OperationErrors.NotThere($"there is no group {group}");

    /// <summary>The error for a snapshot that a group has not.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="snapshot">The snapshot's.</param>
    /// <returns>The error.</returns>
    protected static OperationError MissingSnapshot(VolumeId group, string snapshot) => OperationErrors.NotThere($"group {group} has no snapshot '{snapshot}'");

    /// <summary>Whether the group still is the one that the operation began with.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>True when it is.</returns>
    private protected async Task<bool> IsSameAsync(AttemptContext context, TCommand command) =>
        await context.Store.FindGroupAsync(GroupIn(command), context.Cancellation) == context.ImageIdBefore;

    /// <summary>The snapshot of a name; fails when there is none.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="snapshot">The snapshot's.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The snapshot.</returns>
    private protected static async Task<GroupSnapshot> SnapshotAsync(IBlockStore store, VolumeId group, string snapshot, CancellationToken cancellationToken) =>
        (await store.GetGroupSnapshotsAsync(group, cancellationToken)).FirstOrDefault(s => s.Name == snapshot)
        ?? throw new BlockStoreException(MissingSnapshot(group, snapshot));

    /// <summary>What an attempt in doubt has come to.</summary>
    /// <param name="IsOver">Whether nothing is left to do.</param>
    /// <param name="Error">What it ends with; null when it took effect.</param>
    /// <param name="IsUntouched">Whether no step of it has been done: it ends here when it is to end.</param>
    protected readonly record struct Settled(bool IsOver, OperationError? Error = null, bool IsUntouched = false)
    {
        /// <summary>It took effect.</summary>
        public static Settled Done => new(true);

        /// <summary>It is to be done, or done again; what is done of it nobody can see.</summary>
        public static Settled Undone => new(false);

        /// <summary>Nothing of it is done.</summary>
        public static Settled Untouched => new(false, IsUntouched: true);

        /// <summary>It cannot take effect any more.</summary>
        /// <param name="error">Why.</param>
        /// <returns>That.</returns>
        public static Settled Lost(OperationError error) => new(true, error);
    }
}
