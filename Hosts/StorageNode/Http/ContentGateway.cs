using Akka.Actor;
using Microsoft.AspNetCore.Http.Features;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.StorageNode.Http.Access;
using Mooring.StorageNode.Http.Audit;

namespace Mooring.StorageNode.Http;

/// <summary>
/// The bytes of volumes over HTTP. What goes out is read from the block store by any node, as fast as the client takes it. What comes in goes to the node that
/// carries its operation out; the others send the client there.
/// </summary>
internal sealed class ContentGateway(GatewaySettings settings, Func<MooringCluster> mooring)
{
    private const string ContentPattern = "/v1/volumes/{pool}/{image}/content", DiffPattern = "/v1/volumes/{pool}/{image}/diff";

    // An attempt that has begun asks for its content at once; one that has it already does not ask.
    private static readonly TimeSpan TakeMax = TimeSpan.FromSeconds(2);

    private static readonly OperationError NotWanted = new(ErrorKind.Busy, "the operation does not wait for content now");

    private int _exportCount;

    public void Map(WebApplication app)
    {
        app.MapGet(ContentPattern, ExportAsync).AddEndpointFilter(RequestAddress.Knows("namespace", "snapshot"));
        app.MapGet(DiffPattern, ExportDiffAsync).AddEndpointFilter(RequestAddress.Knows("namespace", "snapshot", "since"));
        app.MapPut("/v1/operations/{id}/content", TakeAsync).WithMetadata(AuditedRequests.TakesData).AddEndpointFilter(RequestAddress.Knows());
    }

    private Task<IResult> ExportAsync(HttpRequest request, string? @namespace, string? snapshot) =>
        SendAsync(request, ContentPattern, @namespace, snapshot, async (view, response, aborted) =>
        {
            response.ContentLength = view.SizeBytes;
            await foreach (var piece in ImageReader.ReadAsync(view, 0, view.SizeBytes, aborted))
                await response.Body.WriteAsync(piece, aborted);
        });

    private async Task<IResult> ExportDiffAsync(HttpRequest request, string? @namespace, string? snapshot, string? since) =>
        since is not null && SnapshotName.Validate(since) is { } problem
            ? Problems.Invalid(problem)
            : await SendAsync(request, DiffPattern, @namespace, snapshot, (view, response, aborted) => DiffFormat.WriteAsync(view, since, snapshot, response.Body, aborted));

    private async Task<IResult> SendAsync(
        HttpRequest request, string pattern, string? ns, string? snapshot, Func<IImageView, HttpResponse, CancellationToken, Task> send)
    {
        var (response, aborted) = (request.HttpContext.Response, request.HttpContext.RequestAborted);
        VolumeId volume;
        try
        {
            var path = RequestAddress.PathOf(request, pattern);
            volume = new VolumeId(path["pool"], ns ?? "", path["image"]);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
        if ((volume.Validate() ?? (snapshot is null ? null : SnapshotName.Validate(snapshot))) is { } problem)
            return Problems.Invalid(problem);
        if (AccessControl.Denied(request.HttpContext, volume) is { } denied)
            return denied;
        try
        {
            if (Interlocked.Increment(ref _exportCount) > settings.ExportCountMax)
                return Problems.Of(new OperationError(ErrorKind.Overloaded, $"this node sends the contents of {settings.ExportCountMax} volumes already"));
            return await mooring().ContentStore.UseAsync<IResult>(async store =>
            {
                await using var view = await store.OpenViewAsync(volume, snapshot, aborted);
                response.ContentType = "application/octet-stream";
                await send(view, response, aborted);
                return Results.Empty;
            });
        }
        catch (Exception e) when (response.HasStarted && e is BlockStoreException or OperationCanceledException or IOException)
        {
            // What was promised cannot be sent: only breaking off tells the client.
            request.HttpContext.Abort();
            return Results.Empty;
        }
        catch (BlockStoreException e)
        {
            // What is sent instead has another one.
            response.ContentLength = null;
            return Problems.Of(e.Error);
        }
        finally
        {
            Interlocked.Decrement(ref _exportCount);
        }
    }

    private async Task<IResult> TakeAsync(HttpRequest request, string id)
    {
        if (!OperationId.TryParse(id, out var operation, out var problem))
            return Problems.Invalid(problem);
        var (cluster, aborted) = (mooring(), request.HttpContext.RequestAborted);
        try
        {
            var answer = await cluster.Owner.Ask<object>(new GetOperation(operation), settings.AskTimeout, aborted);
            if (answer is not OperationFound { Operation: var found })
                return Problems.Of(answer is QueryFailed failed ? failed.Error : new OperationError(ErrorKind.Internal, $"unexpected answer {answer.GetType().Name}"));
            if (AccessControl.Denied(request.HttpContext, found.Command) is { } denied)
                return denied;
            if (!OperationCatalog.Of(found.Command).TakesContent)
                return Problems.Invalid($"{found.Command.Kind} takes no content");
            // Not a success: after that a client would send what nobody wants.
            if (found.Ended)
                return Problems.Of(NotWanted);
            if (found.ExecutedBy is not { } node)
                return Problems.Unavailable("the operation has not begun; send again");
            if (node != cluster.Node)
                return await ElsewhereAsync(request, cluster, node);
        }
        catch (AskTimeoutException)
        {
            return Problems.Unavailable("the owner does not answer; send again");
        }
        // Content has no limit but the store's space; what is in memory at once is bounded by who takes it.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        return await cluster.Uploads.OfferAsync(operation, request.Body, TakeMax, aborted)
            ? Results.NoContent()
            : Problems.Of(NotWanted);
    }

    private async Task<IResult> ElsewhereAsync(HttpRequest request, MooringCluster cluster, NodeName node)
    {
        var nodes = await cluster.Dispatcher.Ask<NodesListed>(new GetNodes(), settings.AskTimeout, request.HttpContext.RequestAborted);
        return nodes.Items.FirstOrDefault(n => n.Name == node.Value) is { } there
            ? Results.Redirect($"{settings.Scheme}://{there.Address}{RequestAddress.Target(request)}", permanent: false, preserveMethod: true)
            : Problems.Unavailable($"{node} carries the operation out and cannot be reached; send again");
    }
}
