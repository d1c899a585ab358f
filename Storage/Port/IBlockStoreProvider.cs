namespace Mooring.Storage;

/// <summary>Opens connections to one block store. One provider a process.</summary>
public interface IBlockStoreProvider : IAsyncDisposable
{
    /// <summary>The name of the adapter: <c>ceph</c> or <c>embedded</c>.</summary>
    string Backend { get; }

    /// <summary>
    /// Opens a connection of its own, with an address that can be fenced alone. Each connection runs its blocking calls on
    /// its own bounded threads.
    /// </summary>
    /// <param name="purpose">What it is for, such as <c>worker-3</c>; appears in logs and thread names.</param>
    /// <param name="slots">How many calls may run at once on it; further calls wait in order. At least 1.</param>
    /// <param name="cancellationToken">Gives up waiting; the connection attempt itself is bounded by the adapter's options.</param>
    /// <returns>An open connection.</returns>
    /// <exception cref="BlockStoreException"><see cref="Messages.ErrorKind.Unavailable"/> or <see cref="Messages.ErrorKind.TimedOut"/>
    /// when the store cannot be reached within the adapter's bound; <see cref="Messages.ErrorKind.PermissionDenied"/>.</exception>
    Task<IBlockStore> ConnectAsync(string purpose, int slots, CancellationToken cancellationToken);
}
