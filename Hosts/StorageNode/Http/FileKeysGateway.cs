using System.Globalization;
using Mooring.Actors;
using Mooring.Actors.Files;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;
using Mooring.StorageNode.Http.Access;

namespace Mooring.StorageNode.Http;

/// <summary>The keys that rights to files are signed with: when they count, and another one in the place of the newest.</summary>
internal sealed class FileKeysGateway(MooringServices services, Func<MooringCluster> mooring)
{
    public const string Pattern = "/v1/file-keys";

    public void Map(WebApplication app)
    {
        app.MapRead(Pattern, (HttpRequest request) => AnswerAsync(request, (keys, _) => keys)).AddEndpointFilter(RequestAddress.Knows());
        app.MapPost(Pattern, (HttpRequest request) => AnswerAsync(request, Rotate)).AddEndpointFilter(RequestAddress.Knows("now", "newest"));
    }

    // Asked again with the newest key that its client knew it changes nothing more.
    private TokenKeys Rotate(TokenKeys keys, Dictionary<string, string> query)
    {
        var atOnce = query.Flag("now");
        if (query.TryGetValue("newest", out var newest) && newest != TextOf(keys.All[0]) && (!atOnce || keys.All.Length == 1))
            return keys;
        return keys.With(services.Entropy.Bytes(AccessToken.KeyBytes), atOnce, services.Clock.GetUtcNow(), services.Settings.Files.TokenLifetime);
    }

    private async Task<IResult> AnswerAsync(HttpRequest request, Func<TokenKeys, Dictionary<string, string>, TokenKeys> change)
    {
        if (AccessControl.DeniedEverywhere(request.HttpContext) is { } denied)
            return denied;
        try
        {
            var query = RequestAddress.QueryOf(request);
            var now = services.Clock.GetUtcNow();
            var keys = await mooring().FileStore.UseAsync(store => FileRecords.ChangeKeysAsync(
                store, kept => change(kept ?? TokenKeys.Of(services.Entropy.Bytes(AccessToken.KeyBytes), now), query), request.HttpContext.RequestAborted));
            var honoured = keys.Honoured(now).Select(key => new FileKeyShape(key.SignsFrom, key.EndsAt));
            return Results.Json(new FileKeysShape([.. honoured]), HttpJson.Default.FileKeysShape);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
        catch (Storage.BlockStoreException e)
        {
            return Problems.Of(e.Error);
        }
    }

    private static string TextOf(TokenKey key) => key.SignsFrom.UtcTicks.ToString(CultureInfo.InvariantCulture);
}
