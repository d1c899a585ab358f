using System.Runtime.ExceptionServices;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// Makes a volume under a name made of the operation and the attempt, and makes it visible by one rename. A new attempt starts at once; only its
/// commit waits until the earlier ones are fenced.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class BuildingOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    private const string OperationKey = ImageDescription.OwnMetadataPrefix + "operation";

    /// <inheritdoc/>
    public sealed override bool MakesVolume => true;

    /// <summary>Work is done under a name of its own and becomes visible by one rename; the finished image carries the operation's id.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="found">What has the target's name now.</param>
    /// <param name="madeBy">The operation's id in that image's metadata, if any.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Reconcile(OperationId operation, ImageId? found, string? madeBy) => found switch
    {
        null => Reconciliation.NotBegun,
        _ when madeBy == operation.Value => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };

    /// <inheritdoc/>
    public sealed override Task CleanUpAsync(AttemptContext context, VolumeCommand command) => WorkImages.RemoveAsync(context, command.Volume);

    /// <summary>Makes the whole volume under another name.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <param name="work">The name.</param>
    /// <returns>Completes when all of it is durable.</returns>
    protected abstract Task BuildAsync(AttemptContext context, TCommand command, VolumeId work);

    /// <inheritdoc/>
    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        var store = context.Store;
        var work = context.WorkName(command.Volume, context.Attempt);
        var fenced = context.FenceEarlierAsync();
        ExceptionDispatchInfo? failure = null;
        try
        {
            // Cheap first look: an earlier attempt may have committed, and then nothing needs to be made again.
            if (context.InDoubt && (await LookAsync(context, command)).Reconciliation != Reconciliation.NotBegun)
                throw new BlockStoreException(ErrorKind.Overloaded, $"{command.Volume} was there a moment ago");
            await BuildAsync(context, command, work);
            await store.SetMetadataAsync(work, OperationKey, context.Operation.Value, context.Cancellation);
            context.Pass(CrashPoint.BeforeCommit);
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
        // Nothing below this line may happen, and no failure may be reported, while an earlier attempt can still commit.
        await fenced;
        if (context.InDoubt && await ReconcileAsync(context, command) is { } late)
            return late;
        await context.NothingIsDoneAsync(command.Volume);
        failure?.Throw();
        await store.RenameAsync(work, command.Volume, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(await DescribeAsync(context, command), Leftovers: context.InDoubt);
    }

    /// <summary>What is told of the volume when it is there.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>The volume.</returns>
    protected virtual async Task<VolumeInfo> DescribeAsync(AttemptContext context, TCommand command) =>
        ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation));

    private static async Task<(Reconciliation Reconciliation, ImageId? Found)> LookAsync(AttemptContext context, TCommand command)
    {
        var found = await context.Store.FindAsync(command.Volume, context.Cancellation);
        var madeBy = found is null ? null : (await context.Store.GetMetadataAsync(command.Volume, context.Cancellation)).GetValueOrDefault(OperationKey);
        return (Reconcile(context.Operation, found, madeBy), found);
    }

    private async Task<AttemptResult?> ReconcileAsync(AttemptContext context, TCommand command)
    {
        var (reconciliation, found) = await LookAsync(context, command);
        switch (reconciliation)
        {
            case Reconciliation.Done:
                await WorkImages.CompleteRenameAsync(context, command.Volume, found!.Value);
                return new AttemptResult(await DescribeAsync(context, command), Leftovers: true);
            case Reconciliation.Foreign:
                return new AttemptResult(null, OperationErrors.Exists(command.Volume), Leftovers: true);
            default:
                return null;
        }
    }
}
