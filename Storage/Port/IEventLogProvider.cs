using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>A block store that also keeps event logs.</summary>
public interface IEventLogProvider
{
    /// <summary>Opens the event log on a connection of its own.</summary>
    /// <param name="purpose">What it is for, as in <see cref="IBlockStoreProvider.ConnectAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The event log.</returns>
    /// <exception cref="BlockStoreException">As in <see cref="IBlockStoreProvider.ConnectAsync"/>.</exception>
    Task<IEventLogConnection> OpenEventLogAsync(string purpose, CancellationToken cancellationToken);
}

/// <summary>An event log on a connection of its own. After that was fenced every changing call fails with <see cref="ErrorKind.Fenced"/>.</summary>
public interface IEventLogConnection : IEventLog
{
    /// <summary>The address by which it can be fenced.</summary>
    FenceAddress Address { get; }
}
