using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.StorageNode.Http.Access;

/// <summary>
/// Who asks: the bearer of the token in the request's header. From where many wrong ones came nobody is believed for a while whom this node does not know: somebody
/// whose token was revoked and who goes on asking keeps no neighbour out.
/// </summary>
internal sealed class TokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenBook tokens, FailedAttempts failures)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Bearer";

    private const string Prefix = Name + " ";

    private OperationError _problem = new(ErrorKind.Unauthenticated, "a token is needed: Authorization: Bearer TOKEN");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();
        var text = header[Prefix.Length..].Trim();
        var from = Request.HttpContext.Connection.RemoteIpAddress ?? IPAddress.None;
        if (tokens.Known(text) is { } known)
            return Success(known);
        if (failures.AreMany(from))
            return Fail(new OperationError(ErrorKind.Overloaded, "many wrong tokens came from this address; try again later"));
        try
        {
            if (await tokens.LookUpAsync(text, () => !failures.AreMany(from), Request.HttpContext.RequestAborted) is { } token)
                return Success(token);
            failures.Add(from);
            return Fail(new OperationError(ErrorKind.Unauthenticated, "the token is not known, was revoked, or has ended"));
        }
        catch (Exception e) when (e is BlockStoreException or OperationCanceledException)
        {
            return Fail(new OperationError(ErrorKind.Unavailable, "whose the token is cannot be looked up in the block store now; ask again"));
        }
    }

    private static AuthenticateResult Success(ClientToken token) =>
        AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new Bearer(token)), Name));

    private AuthenticateResult Fail(OperationError problem)
    {
        _problem = problem;
        return AuthenticateResult.Fail(problem.Detail);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_problem.Kind == ErrorKind.Unauthenticated)
            Response.Headers.WWWAuthenticate = Name;
        return Problems.Of(_problem).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problems.Of(new OperationError(
        ErrorKind.PermissionDenied, $"token '{Bearer.Of(Context)?.Name}' has the role {Bearer.Of(Context)?.Role.ToString().ToLowerInvariant()}, which may not do this"))
        .ExecuteAsync(Context);
}

/// <summary>Who has shown a token.</summary>
internal sealed class Bearer(ClientToken token) : ClaimsIdentity(TokenHandler.Name)
{
    public ClientToken Token => token;

    /// <summary>The token of a request; null where none is asked for.</summary>
    /// <param name="context">The request.</param>
    /// <returns>The token.</returns>
    public static ClientToken? Of(HttpContext context) => (context.User.Identity as Bearer)?.Token;
}

/// <summary>How many wrong tokens came from where. Of IPv6 whoever has an address has those with the same first 64 bits.</summary>
internal sealed class FailedAttempts : IDisposable
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
