using System.Net;
using System.Text.Json;
using Akka.Actor;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mooring.Actors;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.StorageNode.Http.Access;

namespace Mooring.StorageNode.Http;

/// <summary>What the HTTP interface needs to know of its node.</summary>
/// <param name="BodyBytesMax">The largest request body, in bytes.</param>
/// <param name="WaitMax">The longest wait of one call.</param>
/// <param name="AskTimeout">How long to wait for the owner's answer.</param>
/// <param name="FileClientCountMax">How many file systems' connections are kept for requests for files.</param>
/// <param name="ExportCountMax">How many volumes' contents are sent at once.</param>
/// <param name="VirtualEndpoints">The virtual IP, where changing calls go, and what else stands for it; empty when every node takes them.</param>
/// <param name="Scheme">How all nodes are reached: <c>http</c> or <c>https</c>.</param>
/// <param name="CaFile">The CA of all nodes, which data nodes show a certificate of; null where there is no TLS.</param>
internal sealed record GatewaySettings(long BodyBytesMax, TimeSpan WaitMax, TimeSpan AskTimeout, int FileClientCountMax, int ExportCountMax, IReadOnlyList<IPEndPoint> VirtualEndpoints, string Scheme, string? CaFile);

/// <summary>
/// The HTTP interface: the same routes on every node's own address and on the virtual IP. It asks actors and shows their answers; it
/// decides nothing.
/// </summary>
internal sealed class Gateway(GatewaySettings settings, Func<MooringCluster> mooring, FileGateway files)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(15);

    public void Map(WebApplication app)
    {
        var volumes = app.MapGroup("/v1/volumes");
        volumes.MapRead("", ListVolumesAsync).AddEndpointFilter(RequestAddress.Knows("pool", "namespace", "cursor", "limit"));
        volumes.MapRead("/{pool}/{image}", GetVolumeAsync).AddEndpointFilter(RequestAddress.Knows("namespace"));
        foreach (var read in ReadCatalog.All)
            app.MapRead(read.Route.Pattern, (HttpRequest request) => ReadAsync(request, read));
        foreach (var alike in OperationCatalog.All.GroupBy(o => (o.Route.Method, o.Route.Pattern)))
            app.MapMethods(alike.Key.Pattern, [alike.Key.Method], (HttpRequest request) => ChangeAsync(request, [.. alike]));
        var operations = app.MapGroup("/v1/operations");
        operations.MapRead("", ListOperationsAsync).AddEndpointFilter(RequestAddress.Knows("state", "target", "cursor", "limit"));
        operations.MapRead("/{id}", GetOperationAsync).AddEndpointFilter(RequestAddress.Knows("wait"));
        operations.MapPost("/{id}/cancel", CancelOperationAsync).AddEndpointFilter(RequestAddress.Knows());
        operations.MapGet("/{id}/events", WatchOperationAsync).AddEndpointFilter(RequestAddress.Knows());
        files.Map(app);
        app.MapRead("/v1/nodes", ListNodesAsync).AddEndpointFilter(RequestAddress.Knows());
        app.MapPost("/v1/nodes/{node}/drain", (HttpRequest request, string node) => OrderAsync(request, node, name => new DrainNode(name))).AddEndpointFilter(RequestAddress.Knows());
        app.MapPost("/v1/nodes/{node}/resume", (HttpRequest request, string node) => OrderAsync(request, node, name => new ResumeNode(name))).AddEndpointFilter(RequestAddress.Knows());
        app.MapRead("/v1/vip", GetVipAsync).AddEndpointFilter(RequestAddress.Knows());
        app.MapPost("/v1/vip/move", MoveVipAsync).AddEndpointFilter(RequestAddress.Knows());
        app.MapRead("/v1/check", (HttpRequest request, string? cursor, string? limit) => CheckAsync(request, cursor, limit, repair: false))
            .AddEndpointFilter(RequestAddress.Knows("cursor", "limit"));
        app.MapPost("/v1/check/repair", (HttpRequest request, string? cursor, string? limit) => CheckAsync(request, cursor, limit, repair: true))
            .AddEndpointFilter(RequestAddress.Knows("cursor", "limit"));
        app.MapRead("/health/live", () => Results.Text("live\n")).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = ShowReadinessAsync }).AllowAnonymous();
        app.MapRead("/metrics", MetricsAsync);
    }

    private async Task<IResult> ListVolumesAsync(HttpRequest request, string? pool, string? @namespace, string? cursor, string? limit)
    {
        if (!TryLimit(limit, out var count, out var problem))
            return Problems.Invalid(problem);
        var probe = new VolumeId(pool ?? VolumeId.DefaultPool, @namespace ?? "", "any");
        if (probe.Validate() is { } name)
            return Problems.Invalid(name);
        if (AccessControl.Denied(request.HttpContext, probe) is { } denied)
            return denied;
        return await AskAsync(m => m.Dispatcher, new GetVolumes(probe.Pool, probe.Namespace, cursor, count), request, answer => answer switch
        {
            VolumesListed page => Results.Json(new VolumePage([.. page.Items.Select(Shapes.Of)], page.Next), HttpJson.Default.VolumePage),
            _ => null,
        });
    }

    private async Task<IResult> GetVolumeAsync(HttpRequest request, string? @namespace) =>
        (Named(request, @namespace, out var volume) ?? AccessControl.Denied(request.HttpContext, volume)) is { } problem
            ? problem
            : await AskAsync(m => m.Dispatcher, new GetVolume(volume), request, answer => answer switch
            {
                VolumeFound found => Results.Json(Shapes.Of(found.Info), HttpJson.Default.VolumeShape),
                _ => null,
            });

    private async Task<IResult> ReadAsync(HttpRequest request, Read read)
    {
        GetRows question;
        try
        {
            question = ReadForm.Parse(read, RequestAddress.PathOf(request, read.Route.Pattern), RequestAddress.QueryOf(request));
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
        if (AccessControl.Denied(request.HttpContext, read, question) is { } denied)
            return denied;
        return await AskAsync(m => m.Dispatcher, question, request, answer => answer switch
        {
            RowsFound found => Results.Json(
                new RowPage([.. found.Items.Select(row => JsonSerializer.Deserialize(row, HttpJson.Default.JsonElement))], found.Next), HttpJson.Default.RowPage),
            _ => null,
        });
    }

    private async Task<IResult> ChangeAsync(HttpRequest request, IReadOnlyList<Operation> operations)
    {
        if (settings.VirtualEndpoints is [var vip, ..] && !settings.VirtualEndpoints.Any(v => v.Address.Equals(request.HttpContext.Connection.LocalIpAddress)))
            return Results.Redirect($"{settings.Scheme}://{vip}{RequestAddress.Target(request)}", permanent: false, preserveMethod: true);
        VolumeCommand command;
        try
        {
            JsonElement? body = operations[0].Route.HasNoBody || !HasBody(request) ? null : await ReadAsync(request);
            command = HttpForm.Read(
                HttpForm.Choose(operations, body), RequestAddress.PathOf(request, operations[0].Route.Pattern), RequestAddress.QueryOf(request), body);
        }
        catch (Exception e) when (e is FormatException or BadHttpRequestException)
        {
            return Problems.Invalid(OneLine(e.Message));
        }
        if (AccessControl.Denied(request.HttpContext, command) is { } denied)
            return denied;
        var key = request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0)
            request.Headers["Idempotency-Key"] = key = Guid.CreateVersion7().ToString("N");
        if (!RequestId.TryParse(key, out var id, out var problem))
            return Problems.Invalid(problem);
        if (!TryPreference(request, out var wait, out problem))
            return Problems.Invalid(problem);
        return await AskAsync(m => m.Owner, new SubmitOperation(id, command, Deliver: false), request, async answer => answer switch
        {
            OperationFailed { Error.Kind: ErrorKind.RequestConflict } failed when AccessControl.DeniedEverywhere(request.HttpContext) is not null =>
                Problems.Of(failed.Error with { Detail = $"request id {id} was used before for something else" }, failed.RequestId),
            OperationFailed failed => Problems.Of(failed.Error, failed.RequestId),
            OperationAccepted { Operation.Ended: true } accepted when wait is null => Result(accepted.Operation),
            OperationAccepted accepted when wait is null => Accepted(request, accepted.Operation),
            OperationAccepted accepted => await WaitAsync(request, accepted.Operation.Id, wait.Value, ended: Result, running: o => Accepted(request, o)),
            _ => null,
        }, id);
    }

    private async Task<IResult> GetOperationAsync(HttpRequest request, string id, string? wait)
    {
        if (!OperationId.TryParse(id, out var operation, out var problem))
            return Problems.Invalid(problem);
        if (!TrySeconds(wait, out var time, out problem))
            return Problems.Invalid(problem);
        return await DeniedAsync(request, operation) ?? await WaitAsync(request, operation, time, Shown, Shown);
    }

    private async Task<IResult> CancelOperationAsync(HttpRequest request, string id)
    {
        if (!OperationId.TryParse(id, out var operation, out var problem))
            return Problems.Invalid(problem);
        return await DeniedAsync(request, operation) ?? await AskAsync(m => m.Owner, new CancelOperation(operation), request, answer => answer switch
        {
            OperationFound { Operation.Ended: true } found => Shown(found.Operation),
            OperationFound found => Accepted(request, found.Operation),
            _ => null,
        });
    }

    // Where the bearer of a token may not go everywhere, the operation must be known first. That there is one elsewhere, it does not learn.
    private async Task<IResult?> DeniedAsync(HttpRequest request, OperationId operation)
    {
        if (AccessControl.DeniedEverywhere(request.HttpContext) is null)
            return null;
        var answer = await AskAsync(m => m.Owner, new GetOperation(operation), request, answer => answer switch
        {
            OperationFound found => AccessControl.Denied(request.HttpContext, found.Operation.Command) is null ? Results.Empty : Problems.Of(OperationErrors.NotKnown(operation)),
            _ => null,
        });
        return ReferenceEquals(answer, Results.Empty) ? null : answer;
    }

    private Task<IResult> WaitAsync(
        HttpRequest request, OperationId operation, TimeSpan wait, Func<OperationView, IResult> ended, Func<OperationView, IResult> running)
    {
        var bounded = wait < settings.WaitMax ? wait : settings.WaitMax;
        return AskAsync(m => m.Owner, node => new AwaitOperation(operation, bounded, node), request, answer => Task.FromResult(answer switch
        {
            OperationFound { Operation.Ended: true } found => ended(found.Operation),
            OperationFound found => running(found.Operation),
            _ => null,
        }), null, settings.AskTimeout + bounded);
    }

    private async Task WatchOperationAsync(HttpContext http, string id)
    {
        if (!OperationId.TryParse(id, out var operation, out var problem))
        {
            await Problems.Invalid(problem).ExecuteAsync(http);
            return;
        }
        if (await DeniedAsync(http.Request, operation) is { } denied)
        {
            await denied.ExecuteAsync(http);
            return;
        }
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        var seen = -1L;
        var cluster = mooring();
        while (!http.RequestAborted.IsCancellationRequested)
        {
            var answer = await cluster.Owner.Ask<object>(
                new WatchOperation(operation, seen, WatchInterval, cluster.Node), settings.AskTimeout + WatchInterval, http.RequestAborted);
            if (answer is QueryFailed failed)
            {
                await http.Response.WriteAsync($"event: error\ndata: {OneLine(failed.Error.Detail)}\n\n", http.RequestAborted);
                return;
            }
            var found = (OperationFound)answer;
            seen = found.Version;
            var data = JsonSerializer.Serialize(Shapes.Of(found.Operation), HttpJson.Default.OperationShape);
            await http.Response.WriteAsync($"event: operation\ndata: {data}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            if (found.Operation.Ended)
                return;
        }
    }

    private async Task<IResult> ListOperationsAsync(HttpRequest request, string? state, string? target, string? cursor, string? limit)
    {
        if (!TryLimit(limit, out var count, out var problem))
            return Problems.Invalid(problem);
        OperationState? wanted = null;
        if (state is not null)
        {
            if (!Shapes.TryState(state, out var parsed))
                return Problems.Invalid($"state '{state}' is not one of accepted, running, succeeded, failed, cancelled");
            wanted = parsed;
        }
        VolumeId? volume = null;
        if (target is not null)
        {
            if (!VolumeId.TryParse(target, out var parsed, out problem))
                return Problems.Invalid(problem);
            volume = parsed;
            if (AccessControl.Denied(request.HttpContext, parsed) is { } denied)
                return denied;
        }
        OperationId? before = null;
        if (cursor is not null)
        {
            if (!OperationId.TryParse(cursor, out var parsed, out problem))
                return Problems.Invalid(problem);
            before = parsed;
        }
        return await AskAsync(m => m.Owner, new GetOperations(wanted, volume, before, count), request, answer => answer switch
        {
            OperationsListed page => Results.Json(
                new OperationPage(
                    [.. page.Items.Where(o => AccessControl.Denied(request.HttpContext, o.Command) is null).Select(Shapes.Of)], page.Next?.Value),
                HttpJson.Default.OperationPage),
            _ => null,
        });
    }

    private Task<IResult> ListNodesAsync(HttpRequest request) => AskAsync(m => m.Dispatcher, new GetNodes(), request, answer => answer switch
    {
        NodesListed nodes => Results.Json(new NodePage([.. nodes.Items.Select(Shapes.Of)], null), HttpJson.Default.NodePage),
        _ => null,
    });

    private async Task<IResult> OrderAsync(HttpRequest request, string node, Func<NodeName, INodeOrder> order) =>
        AccessControl.DeniedEverywhere(request.HttpContext) is { } denied ? denied
        : !NodeName.TryParse(node, out var name, out var problem) ? Problems.Invalid(problem)
        // A drained node may be the only one that is left to say so.
        : await AskAsync(m => order(name) is ResumeNode ? m.Dispatcher : m.Owner, order(name), request, answer => answer switch
        {
            NodeOrdered ordered => Results.Json(Shapes.Of(ordered.Node), HttpJson.Default.NodeShape, statusCode: StatusCodes.Status202Accepted),
            _ => null,
        });

    private async Task<IResult> MoveVipAsync(HttpRequest request)
    {
        if (AccessControl.DeniedEverywhere(request.HttpContext) is { } denied)
            return denied;
        MoveVip move;
        try
        {
            var body = HasBody(request) ? (await ReadAsync(request)).Deserialize(HttpJson.Default.VipMoveBody) : null;
            move = new MoveVip(Named(body?.From), Named(body?.To));
        }
        catch (Exception e) when (e is FormatException or JsonException or BadHttpRequestException)
        {
            return Problems.Invalid(e is JsonException ? "the body is not an object with the names of nodes as from and to" : OneLine(e.Message));
        }
        return await AskAsync(m => m.Owner, move, request, answer => answer switch
        {
            VipMoving moving => Results.Json(new VipMoveShape(moving.To.Value), HttpJson.Default.VipMoveShape, statusCode: StatusCodes.Status202Accepted),
            _ => null,
        });

        static NodeName? Named(string? text) => text is null ? null : NodeName.TryParse(text, out var name, out var problem) ? name : throw new FormatException(problem);
    }

    private async Task<IResult> CheckAsync(HttpRequest request, string? cursor, string? limit, bool repair) => TryLimit(limit, out var count, out var problem)
        ? AccessControl.DeniedEverywhere(request.HttpContext) ?? await AskAsync(m => m.Owner, new CheckStore(cursor, count, repair), request, answer => answer switch
        {
            StoreChecked page => Results.Json(Shapes.Of(page), HttpJson.Default.CheckPage),
            _ => null,
        })
        : Problems.Invalid(problem);

    private Task<IResult> GetVipAsync(HttpRequest request) => AskAsync(m => m.Owner, new GetVipHistory(), request, answer => answer switch
    {
        VipHistory history => Results.Json(Shapes.Of(history), HttpJson.Default.VipShape),
        _ => null,
    });

    private static Task ShowReadinessAsync(HttpContext http, HealthReport report) => report.Status == HealthStatus.Healthy
        ? http.Response.WriteAsync("ready\n")
        : Problems.Unavailable(string.Join("; ", report.Entries.Values.Select(e => e.Description ?? e.Status.ToString()))).ExecuteAsync(http);

    private Task<IResult> MetricsAsync(HttpRequest request) => AskAsync(m => m.Dispatcher, new GetNodes(), request, answer => answer switch
    {
        NodesListed nodes => Results.Text(Metrics.Text(nodes), "text/plain; version=0.0.4"),
        _ => null,
    });

    private Task<IResult> AskAsync(Func<MooringCluster, IActorRef> whom, object question, HttpRequest request, Func<object, IResult?> show) =>
        AskAsync(whom, question, request, answer => Task.FromResult(show(answer)));

    private Task<IResult> AskAsync(
        Func<MooringCluster, IActorRef> whom, object question, HttpRequest request, Func<object, Task<IResult?>> show, RequestId? id = null) =>
        AskAsync(whom, _ => question, request, show, id, settings.AskTimeout);

    private async Task<IResult> AskAsync(
        Func<MooringCluster, IActorRef> whom, Func<NodeName, object> question, HttpRequest request, Func<object, Task<IResult?>> show, RequestId? id, TimeSpan timeout)
    {
        var cluster = mooring();
        object answer;
        try
        {
            answer = await whom(cluster).Ask<object>(question(cluster.Node), timeout, request.HttpContext.RequestAborted);
        }
        catch (AskTimeoutException)
        {
            return Problems.Unavailable($"no answer within {timeout.TotalSeconds:0.#} s; ask again with the same request id", id);
        }
        return answer is QueryFailed failed
            ? Problems.Of(failed.Error, id)
            : await show(answer) ?? Problems.Of(new OperationError(ErrorKind.Internal, $"unexpected answer {answer.GetType().Name}"), id);
    }

    private static IResult Shown(OperationView operation) => Results.Json(Shapes.Of(operation), HttpJson.Default.OperationShape);

    private static IResult Result(OperationView operation) =>
        operation.Error is { } error ? Problems.Of(error, operation.RequestId, operation.Id) : Shown(operation);

    private static IResult Accepted(HttpRequest request, OperationView operation)
    {
        request.HttpContext.Response.Headers.Location = $"/v1/operations/{operation.Id}";
        return Results.Json(Shapes.Of(operation), HttpJson.Default.OperationShape, statusCode: StatusCodes.Status202Accepted);
    }

    private static IResult? Named(HttpRequest request, string? ns, out VolumeId volume)
    {
        volume = default;
        try
        {
            var path = RequestAddress.PathOf(request, "/v1/volumes/{pool}/{image}");
            volume = new VolumeId(path["pool"], ns ?? "", path["image"]);
            return volume.Validate() is { } problem ? Problems.Invalid(problem) : null;
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
    }

    private static bool HasBody(HttpRequest request) =>
        request.ContentLength is not 0 && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private async Task<JsonElement> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > settings.BodyBytesMax)
            throw new BadHttpRequestException($"the body is {request.ContentLength} bytes large; at most {settings.BodyBytesMax} are allowed");
        return await HttpForm.ReadBodyAsync(request.Body, request.HttpContext.RequestAborted);
    }

    internal static bool TryLimit(string? text, out int limit, out string problem)
    {
        problem = $"limit '{text}' is not a whole number from 1 to 1000";
        limit = 100;
        return text is null || (int.TryParse(text, out limit) && limit is >= 1 and <= 1000);
    }

    private static bool TrySeconds(string? text, out TimeSpan time, out string problem)
    {
        problem = $"wait '{text}' is not a number of seconds such as 30 or 30s";
        time = default;
        if (text is null)
            return true;
        if (!double.TryParse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture, out var seconds) || seconds is not (>= 0 and <= 86400))
            return false;
        time = TimeSpan.FromSeconds(seconds);
        return true;
    }

    // RFC 7240: Prefer: wait=30, or respond-async.
    private static bool TryPreference(HttpRequest request, out TimeSpan? wait, out string problem)
    {
        (wait, problem) = (null, "");
        foreach (var preference in request.Headers["Prefer"].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!preference.StartsWith("wait=", StringComparison.Ordinal))
                continue;
            if (!TrySeconds(preference[5..], out var time, out problem))
                return false;
            wait = time;
        }
        return true;
    }

    private static string OneLine(string text) => PlainText.Line(text);
}
