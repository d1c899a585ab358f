namespace Mooring.Actors;

/// <summary>How an actor ends that has something open.</summary>
internal static class Ending
{
    /// <summary>Closes what it has open, and what is being opened for it right then and will reach nobody.</summary>
    /// <param name="open">What is open; null when nothing is.</param>
    /// <param name="opening">What opens it; null when nothing does.</param>
    /// <param name="opened">What has been opened then; null when nothing has.</param>
    /// <typeparam name="T">What opening ends with.</typeparam>
    /// <returns>Completes when both are closed.</returns>
    public static async Task CloseAsync<T>(IAsyncDisposable? open, Task<T>? opening, Func<T, IAsyncDisposable?> opened)
    {
        if (open is not null)
            await open.DisposeAsync();
        if (opening is null)
            return;
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What is open already may have got more to close.
        if (opening.IsCompletedSuccessfully && opened(await opening) is { } late)
            await late.DisposeAsync();
    }
}
