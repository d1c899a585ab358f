using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.StorageNode.Http.Access;

/// <summary>Who asks: the bearer of the token in the request's header.</summary>
internal sealed class TokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Doorkeeper doorkeeper)
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
        try
        {
            return Success(await doorkeeper.WhoAsync(text, Request.HttpContext.Connection.RemoteIpAddress ?? IPAddress.None, Request.HttpContext.RequestAborted));
        }
        catch (BlockStoreException e)
        {
            _problem = e.Error;
            return AuthenticateResult.Fail(_problem.Detail);
        }
    }

    private static AuthenticateResult Success(ClientToken token) =>
        AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new Bearer(token)), Name));

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
