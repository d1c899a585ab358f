using System.Text;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Storage;
using Mooring.StorageNode.Http.Access;

namespace Mooring.StorageNode.Http.Audit;

/// <summary>
/// Enters requests that may change something into the audit log: before anything is done for them, and when they were answered. What cannot be entered is not
/// done. Those of strangers, who show no token where one is asked for, are not entered: they change nothing, and could fill the log.
/// </summary>
internal sealed class AuditedRequests(RequestDelegate next, AuditLog audit, NodeName node, bool asksForTokens, long bodyBytesMax)
{
    /// <summary>Of an endpoint whose body is data, and no part of what is asked.</summary>
    public static readonly object TakesData = new Data();

    public async Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || (asksForTokens && Bearer.Of(http) is null))
        {
            await next(http);
            return;
        }
        var entry = new AuditEntryShape(
            DateTimeOffset.UtcNow, node.Value, AuditLog.Received, Guid.CreateVersion7().ToString("N"), Bearer.Of(http)?.Name, $"{http.Connection.RemoteIpAddress}",
            request.Method, RequestAddress.Target(request), await BodyAsync(request), RequestIdOf(request));
        try
        {
            await audit.WriteAsync(entry);
        }
        catch (BlockStoreException e)
        {
            await Problems.Of(e.Error).ExecuteAsync(http);
            return;
        }
        var status = StatusCodes.Status500InternalServerError;
        try
        {
            await next(http);
            status = http.Response.StatusCode;
        }
        finally
        {
            _ = audit.CompleteAsync(entry with { Body = null, RequestId = RequestIdOf(request), Status = status, Result = Problems.DetailOf(http) });
        }
    }

    private static string? RequestIdOf(HttpRequest request) => request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key ? key : null;

    private async Task<string?> BodyAsync(HttpRequest request)
    {
        // A longer one is refused by who reads it.
        if (request.ContentLength is 0 || request.ContentLength > bodyBytesMax || request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<Data>() is not null)
            return null;
        request.EnableBuffering();
        var body = new byte[bodyBytesMax];
        var count = 0;
        try
        {
            count = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        }
        catch (BadHttpRequestException)
        {
            // Who reads it is told so again, and answers.
        }
        request.Body.Position = 0;
        return count == 0 ? null : Encoding.UTF8.GetString(body, 0, count);
    }

    private sealed class Data;
}
