using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// Brings one thing about a volume into a state that can be looked at: an attempt in doubt is done again unless it is so. What it was brought out of, the
/// store itself refuses to do twice or does not mind.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class StateOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <summary>Whether it is so already.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>True when nothing is left to do.</returns>
    protected abstract Task<bool> IsSoAsync(AttemptContext context, TCommand command);

    /// <summary>The change itself.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>Completes when it is so.</returns>
    protected abstract Task ChangeAsync(AttemptContext context, TCommand command);

    /// <summary>Ends what a dead attempt that brought it into that state may have left half done.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>Completes when nothing is half done.</returns>
    protected virtual Task MendAsync(AttemptContext context, TCommand command) => Task.CompletedTask;

    /// <summary>Whether an attempt that died may have left it between two states.</summary>
    protected virtual bool HasSteps => false;

    /// <summary>What the operation tells of the volume afterwards.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>The result.</returns>
    protected virtual Task<AttemptResult> DescribeAsync(AttemptContext context, TCommand command) => ImageDescription.ResultAsync(context, command.Volume);

    /// <inheritdoc/>
    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if ((await context.Store.FindAsync(command.Volume, context.Cancellation))?.Value != context.ImageIdBefore)
                return new AttemptResult(null, OperationErrors.Missing(command.Volume));
            if (await IsSoAsync(context, command))
            {
                await MendAsync(context, command);
                return await DescribeAsync(context, command);
            }
            if (!HasSteps)
                await context.NothingIsDoneAsync(command.Volume);
        }
        try
        {
            await ChangeAsync(context, command);
        }
        catch (BlockStoreException e) when (context.InDoubt && OperationErrors.MeaningOf(e.Kind) != ErrorMeaning.InDoubt)
        {
            // A client that has the image open may have done it a moment after the look, for a worker that is shut out.
            if (!await IsSoAsync(context, command))
                throw;
        }
        if (context.InDoubt)
            await MendAsync(context, command);
        context.Pass(CrashPoint.AfterEffect);
        return await DescribeAsync(context, command);
    }
}
