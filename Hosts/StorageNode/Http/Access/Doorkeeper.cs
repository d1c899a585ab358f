using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.StorageNode.Http.Access;

/// <summary>
/// Finds out whose a token is that somebody shows. From where many wrong ones came nobody is believed for a while whom this node does not know: somebody
/// whose token was revoked and who goes on asking keeps no neighbour out.
/// </summary>
internal sealed class Doorkeeper(TokenBook tokens) : IDisposable
{
    private readonly FailedAttempts _failures = new();

    /// <summary>Whose a token is.</summary>
    /// <param name="text">What is shown.</param>
    /// <param name="from">From where.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token.</returns>
    /// <exception cref="BlockStoreException">It is nobody's, or that cannot be found out now.</exception>
    public async Task<ClientToken> WhoAsync(string text, IPAddress from, CancellationToken cancellationToken)
    {
        if (tokens.Known(text) is { } known)
            return known;
        if (_failures.AreMany(from))
            throw new BlockStoreException(ErrorKind.Overloaded, "many wrong tokens came from this address; try again later");
        ClientToken? found;
        try
        {
            found = await tokens.LookUpAsync(text, () => !_failures.AreMany(from), cancellationToken);
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
        {
            throw new BlockStoreException(ErrorKind.Unavailable, "whose the token is cannot be looked up in the block store now; ask again");
        }
        if (found is not null)
            return found;
        _failures.Add(from);
        throw new BlockStoreException(ErrorKind.Unauthenticated, "the token is not known, was revoked, or has ended");
    }

    /// <inheritdoc/>
    public void Dispose() => _failures.Dispose();

    /// <summary>How many wrong tokens came from where. Of IPv6 whoever has an address has those with the same first 64 bits.</summary>
    private sealed class FailedAttempts : IDisposable
    {
        private const int AttemptsMax = 20;
        private static readonly TimeSpan ForgivenAfter = TimeSpan.FromMinutes(1);

        private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
            RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = AttemptsMax, Window = ForgivenAfter }));

        public bool AreMany(IPAddress from)
        {
            using var lease = _limiter.AttemptAcquire(PlaceOf(from), 0);
            return !lease.IsAcquired;
        }

        public void Add(IPAddress from) => _limiter.AttemptAcquire(PlaceOf(from)).Dispose();

        private static IPAddress PlaceOf(IPAddress from) => from.AddressFamily != AddressFamily.InterNetworkV6 ? from
            : from.IsIPv4MappedToIPv6 ? from.MapToIPv4()
            : new IPAddress([.. from.GetAddressBytes().AsSpan(0, 8), .. new byte[8]]);

        public void Dispose() => _limiter.Dispose();
    }
}
