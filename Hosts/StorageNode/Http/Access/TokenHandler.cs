using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.StorageNode.Http.Access;

/// <summary>Who asks: the bearer of the token in the request's header. Whoever has shown many wrong ones has to wait, whatever it shows then.</summary>
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
        var from = Request.HttpContext.Connection.RemoteIpAddress ?? IPAddress.None;
        if (failures.AreMany(from))
        {
            _problem = new OperationError(ErrorKind.Overloaded, "many wrong tokens came from this address; try again later");
            return AuthenticateResult.Fail(_problem.Detail);
        }
        if (await tokens.FindAsync(header[Prefix.Length..].Trim(), Request.HttpContext.RequestAborted) is { } token)
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new Bearer(token)), Name));
        failures.Add(from);
        _problem = new OperationError(ErrorKind.Unauthenticated, "the token is not known, was revoked, or has ended");
        return AuthenticateResult.Fail(_problem.Detail);
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

/// <summary>How many wrong tokens came from where.</summary>
internal sealed class FailedAttempts : IDisposable
{
    private const int AttemptsMax = 20;
    private static readonly TimeSpan ForgivenAfter = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = AttemptsMax, Window = ForgivenAfter }));

    public bool AreMany(IPAddress from)
    {
        using var lease = _limiter.AttemptAcquire(from, 0);
        return !lease.IsAcquired;
    }

    public void Add(IPAddress from) => _limiter.AttemptAcquire(from).Dispose();

    public void Dispose() => _limiter.Dispose();
}
