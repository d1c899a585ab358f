using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>
/// Changes how a volume is kept and none of its data: an attempt in doubt is simply done again, on the same image. Not beside readers, which would be
/// as slow as it is for nothing.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class UpkeepOperation<TCommand>(string kind, string summary, string route) : Operation<TCommand>(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <summary>The change itself.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>Completes when it is done.</returns>
    protected abstract Task ChangeAsync(AttemptContext context, TCommand command);

    /// <inheritdoc/>
    protected sealed override async Task<AttemptResult> RunAsync(AttemptContext context, TCommand command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if ((await context.Store.FindAsync(command.Volume, context.Cancellation))?.Value != context.ImageIdBefore)
                return new AttemptResult(null, OperationErrors.Missing(command.Volume));
            // Nobody can see whether it was.
            await context.NothingIsDoneAsync(command.Volume);
        }
        await ChangeAsync(context, command);
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(ImageDescription.Of(await context.Store.GetAsync(command.Volume, context.Cancellation)));
    }
}
