using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>
/// One connection to the block store. Small interfaces by concern; every method reports expected failures as
/// <see cref="BlockStoreException"/>. After the connection was fenced every changing call fails with <see cref="ErrorKind.Fenced"/>,
/// for good: open another connection. A token that is cancelled before a call has begun ends it with
/// <see cref="OperationCanceledException"/> and nothing is changed. Disposing may cut copies short and waits for
/// the other calls that run; what is called after that throws <see cref="ObjectDisposedException"/>. Arguments that can never be right (names, sizes, limits) give
/// <see cref="ErrorKind.InvalidArgument"/>.
/// </summary>
public interface IBlockStore :
    IImageCatalog, IImageLifecycle, IImageSnapshots, IImageClones, IImageUpkeep, IImageData, IImageOpening, IImageContent, IImageMetadata, IImageTies, IImageTrash,
    INamespaces, ILeases, IFencing, IRecords, IAsyncDisposable
{
    /// <summary>The address by which this connection can be fenced.</summary>
    FenceAddress Address { get; }

    /// <summary>
    /// A cheap round trip to the store (V7: is the link alive). Writes nothing. Uses no slot, so that it answers while long calls run.
    /// </summary>
    /// <param name="timeout">The most that it may take.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Completes when the store has answered.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.TimedOut"/>, <see cref="ErrorKind.Unavailable"/> or <see cref="ErrorKind.Fenced"/>.</exception>
    Task ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken);
}
