using System.Globalization;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Storage;
using Mooring.StorageNode.Http.Access;

namespace Mooring.StorageNode.Http.Audit;

/// <summary>The audit log over HTTP, on every node.</summary>
internal static class AuditGateway
{
    public const string Pattern = "/v1/audit";

    private static readonly OperationError Off = new(ErrorKind.Unsupported, "no audit log is kept here: mooring.audit.enabled = off");

    public static void Map(WebApplication app, AuditLog? audit) =>
        app.MapRead(Pattern, (HttpRequest request, string? cursor, string? limit) => ListAsync(request, audit, cursor, limit)).AddEndpointFilter(RequestAddress.Knows("cursor", "limit"));

    private static async Task<IResult> ListAsync(HttpRequest request, AuditLog? audit, string? cursor, string? limit)
    {
        if (AccessControl.DeniedEverywhere(request.HttpContext) is { } denied)
            return denied;
        if (audit is null)
            return Problems.Of(Off);
        if (!Gateway.TryLimit(limit, out var count, out var problem))
            return Problems.Invalid(problem);
        var before = 0L;
        if (cursor is not null && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before) || before == 0))
            return Problems.Invalid($"cursor '{cursor}' is none of this list's");
        try
        {
            var (items, next) = await audit.ReadAsync(cursor is null ? null : before, count, request.HttpContext.RequestAborted);
            return Results.Json(new AuditPage(items, next?.ToString(CultureInfo.InvariantCulture)), HttpJson.Default.AuditPage);
        }
        catch (BlockStoreException e)
        {
            return Problems.Of(e.Error);
        }
    }
}
