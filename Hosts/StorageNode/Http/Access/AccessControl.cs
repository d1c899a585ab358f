using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.StorageNode.Http.Audit;

namespace Mooring.StorageNode.Http.Access;

/// <summary>
/// Who may do what over HTTP, where tokens are asked for. The role decides by method and address before a request is looked at; where the bearer may go is
/// decided by those who know what a request is about (<see cref="Denied(HttpContext, VolumeCommand)"/>).
/// </summary>
internal static class AccessControl
{
    public static void Add(IServiceCollection services, TimeSpan refreshInterval)
    {
        services.AddSingleton<Doorkeeper>();
        services.AddSingleton(provider => new TokenBook(provider.GetRequiredService<MooringCluster>, refreshInterval, TimeProvider.System));
        services.AddHostedService(provider => provider.GetRequiredService<TokenBook>());
        services.AddAuthentication(TokenHandler.Name).AddScheme<AuthenticationSchemeOptions, TokenHandler>(TokenHandler.Name, null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder()
            .RequireAuthenticatedUser()
            .RequireAssertion(context => context.Resource is HttpContext http && Bearer.Of(http) is { } token && token.Role >= NeededFor(http.Request))
            .Build());
    }

    /// <summary>The role that a request needs.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The least role.</returns>
    internal static ClientRole NeededFor(HttpRequest request) =>
        request.Path.StartsWithSegments(TokenGateway.Pattern) || request.Path.StartsWithSegments(AuditGateway.Pattern) || request.Path.StartsWithSegments(FileKeysGateway.Pattern)
            ? ClientRole.Admin
        // Rights to read files are asked for by POST, too; who asks for more is refused when that is seen.
        : HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || FileGateway.IsForGrants(request) ? ClientRole.Viewer
        : ClientRole.Operator;

    /// <summary>Why a bearer may not have a command carried out.</summary>
    /// <param name="context">The request.</param>
    /// <param name="command">The command.</param>
    /// <returns>The problem; null when it may.</returns>
    public static IResult? Denied(HttpContext context, VolumeCommand command) => Denied(context, token => token.Reaches(command));

    /// <summary>Why a bearer may not ask a question.</summary>
    /// <param name="context">The request.</param>
    /// <param name="read">Its kind.</param>
    /// <param name="question">The question.</param>
    /// <returns>The problem; null when it may.</returns>
    public static IResult? Denied(HttpContext context, Read read, GetRows question) => Denied(context, token => token.Reaches(read, question));

    /// <summary>Why a bearer may not see something.</summary>
    /// <param name="context">The request.</param>
    /// <param name="address">A volume, a group, or a pool and namespace.</param>
    /// <returns>The problem; null when it may.</returns>
    public static IResult? Denied(HttpContext context, VolumeId address) => Denied(context, token => token.Reaches(address));

    /// <summary>Why a bearer may not go to a file system.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fileSystem">Its name.</param>
    /// <returns>The problem; null when it may.</returns>
    public static IResult? DeniedFileSystem(HttpContext context, string fileSystem) => Denied(context, token => token.ReachesFileSystem(fileSystem));

    /// <summary>Why a bearer may not ask about everything.</summary>
    /// <param name="context">The request.</param>
    /// <returns>The problem; null when it may.</returns>
    public static IResult? DeniedEverywhere(HttpContext context) => Denied(context, token => token.Scopes.Count == 0);

    /// <summary>Why a bearer may not change anything.</summary>
    /// <param name="context">The request.</param>
    /// <returns>The problem; null when it may.</returns>
    public static IResult? DeniedChanges(HttpContext context) => Bearer.Of(context) is { Role: < ClientRole.Operator } token
        ? Problems.Of(new OperationError(ErrorKind.PermissionDenied, $"token '{token.Name}' is not for changes"))
        : null;

    private static IResult? Denied(HttpContext context, Func<ClientToken, bool> may) => Bearer.Of(context) is not { } token || may(token)
        ? null
        : Problems.Of(new OperationError(ErrorKind.PermissionDenied, $"token '{token.Name}' is valid for {string.Join(", ", token.Scopes)} only"));
}
