using System.Text.Json;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.StorageNode.Http.Access;

/// <summary>Making, listing and ending tokens over HTTP, on every node.</summary>
internal sealed class TokenGateway(Func<MooringCluster> mooring, TokenBook tokens)
{
    public const string Pattern = "/v1/tokens";

    public void Map(WebApplication app)
    {
        var routes = app.MapGroup(Pattern);
        routes.MapRead("", ListAsync).AddEndpointFilter(RequestAddress.Knows());
        routes.MapPost("", CreateAsync).AddEndpointFilter(RequestAddress.Knows());
        routes.MapDelete("/{name}", RevokeAsync).AddEndpointFilter(RequestAddress.Knows());
    }

    private async Task<IResult> ListAsync(HttpRequest request) => AccessControl.DeniedEverywhere(request.HttpContext) ?? await AnswerAsync(async aborted =>
        Results.Json(new TokenPage([.. (await tokens.ReadAsync(aborted)).Select(token => ShapeOf(token))], null), HttpJson.Default.TokenPage), request);

    private async Task<IResult> CreateAsync(HttpRequest request)
    {
        if (AccessControl.DeniedEverywhere(request.HttpContext) is { } denied)
            return denied;
        TokenBody? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync(request.Body, HttpJson.Default.TokenBody, request.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return Problems.Invalid(e is JsonException { Path: { Length: > 1 } path } ? $"the body is not what is expected at {path}" : "the body is not valid JSON");
        }
        if (body is not { Name: { } name, Role: { } roleName })
            return Problems.Invalid("name and role are needed");
        if (!Enum.TryParse<ClientRole>(roleName, ignoreCase: true, out var role) || !Enum.IsDefined(role) || int.TryParse(roleName, out _))
            return Problems.Invalid($"role '{roleName}' is not one of viewer, operator, admin");
        if (body.ExpiresInSeconds is <= 0 or > (long)(100 * 365.25 * 86400))
            return Problems.Invalid($"expires_in_seconds {body.ExpiresInSeconds} is not between 1 and a hundred years");
        (ClientToken Kept, string Text) made;
        try
        {
            var now = DateTimeOffset.UtcNow;
            made = ClientToken.Make(name, role, body.Scopes ?? [], now, body.ExpiresInSeconds is { } seconds ? now.AddSeconds(seconds) : null);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
        return await AnswerAsync(async aborted => await mooring().FileStore.UseAsync(store => ClientTokens.AddAsync(store, made.Kept, aborted))
            ? Results.Json(ShapeOf(made.Kept, made.Text), HttpJson.Default.TokenShape, statusCode: StatusCodes.Status201Created)
            : Problems.Of(new OperationError(ErrorKind.AlreadyExists, $"there is a token '{name}'", 17)), request);
    }

    private async Task<IResult> RevokeAsync(HttpRequest request, string name) => AccessControl.DeniedEverywhere(request.HttpContext) ?? await AnswerAsync(async aborted =>
    {
        return await tokens.RevokeAsync(name, aborted) is { } token ? Results.Json(ShapeOf(token), HttpJson.Default.TokenShape) : Problems.Of(new OperationError(ErrorKind.NotFound, $"there is no token '{name}'", 2));
    }, request);

    private static async Task<IResult> AnswerAsync(Func<CancellationToken, Task<IResult>> answer, HttpRequest request)
    {
        try
        {
            return await answer(request.HttpContext.RequestAborted);
        }
        catch (BlockStoreException e)
        {
            return Problems.Of(e.Error);
        }
    }

    private static TokenShape ShapeOf(ClientToken token, string? text = null) =>
        new(token.Name, token.Role.ToString().ToLowerInvariant(), token.Scopes, token.CreatedAt, token.ExpiresAt, text);
}
