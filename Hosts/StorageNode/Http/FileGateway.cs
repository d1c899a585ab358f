using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Mooring.Actors;
using Mooring.Actors.Files;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Messages.Wire;
using Mooring.StorageNode.Files;
using Mooring.StorageNode.Http.Access;
using Mooring.StorageNode.Http.Audit;

namespace Mooring.StorageNode.Http;

/// <summary>File systems and files over HTTP, on every node. Bytes stream through; this node is a client of the data nodes like any other.</summary>
internal sealed class FileGateway(GatewaySettings settings, Func<MooringCluster> mooring) : IDisposable
{
    private const int ReadersDefault = 2;
    private const string Systems = "/v1/filesystems", Grants = "/grants", Path = "/{**path}";

    // v1, files and the file system's name.
    private const int PartsBeforePath = 3;
    private const int ReadAttemptsMax = 3;

    private readonly KeptClients<FileSystemClient> _clients =
        new(settings.FileClientCountMax, name => Open(new FileSystemName(name), settings, mooring, settings.AskTimeout));

    /// <summary>A client of the files of this very cluster.</summary>
    /// <param name="name">The file system.</param>
    /// <param name="settings">How data nodes are reached.</param>
    /// <param name="mooring">Where rights are asked for.</param>
    /// <param name="timeout">How long a call may take without progress.</param>
    /// <returns>The client.</returns>
    public static FileSystemClient Open(FileSystemName name, GatewaySettings settings, Func<MooringCluster> mooring, TimeSpan timeout) =>
        new(new ActorFileGrants(name, mooring, settings.AskTimeout), new FileClientOptions { Timeout = timeout, CaFile = settings.CaFile });

    public void Map(WebApplication app)
    {
        var systems = app.MapGroup(Systems);
        systems.MapRead("", ListAsync).AddEndpointFilter(RequestAddress.Knows());
        systems.MapPost("", CreateAsync).AddEndpointFilter(RequestAddress.Knows());
        systems.MapRead("/{name}", (HttpRequest request, string name) => AskAsync(request, name, n => new GetFileSystem(n))).AddEndpointFilter(RequestAddress.Knows());
        systems.MapDelete("/{name}", DeleteAsync).AddEndpointFilter(RequestAddress.Knows());
        systems.MapPost("/{name}" + Grants, GrantAsync).AddEndpointFilter(RequestAddress.Knows());
        var files = app.MapGroup("/v1/files/{name}");
        files.MapRead(Path, GetFileAsync).AddEndpointFilter(RequestAddress.Knows("node", "entry", "cursor", "limit"));
        files.MapPut(Path, PutFileAsync).WithMetadata(AuditedRequests.TakesData, new Heeds(HeaderNames.IfNoneMatch, HeaderNames.IfMatch)).AddEndpointFilter(RequestAddress.Knows("append"));
        files.MapPost(Path, ChangeFileAsync).WithMetadata(new Heeds(HeaderNames.IfMatch)).AddEndpointFilter(RequestAddress.Knows("op", "to"));
        files.MapDelete(Path, RemoveFileAsync).WithMetadata(new Heeds(HeaderNames.IfMatch)).AddEndpointFilter(RequestAddress.Knows("recursive"));
    }

    public void Dispose() => _clients.Dispose();

    /// <summary>Whether a request asks for rights to files.</summary>
    public static bool IsForGrants(HttpRequest request) =>
        request.Path.StartsWithSegments(Systems) && request.Path.Value!.EndsWith(Grants, StringComparison.OrdinalIgnoreCase) && HttpMethods.IsPost(request.Method);

    private async Task<IResult> ListAsync(HttpRequest request)
    {
        var cluster = mooring();
        try
        {
            var listed = await cluster.FileStore.UseAsync(store => FileRecords.ListAsync(store, request.HttpContext.RequestAborted));
            var seen = listed.Where(l => AccessControl.DeniedFileSystem(request.HttpContext, l.Name.Value) is null);
            var found = await Task.WhenAll(seen.Select(l => cluster.NameNodes.Ask<object>(new GetFileSystem(l.Name), settings.AskTimeout, request.HttpContext.RequestAborted)));
            return Results.Json(new FileSystemPage([.. found.OfType<FileSystemFound>().Select(f => Shapes.Of(f.Info))], null), HttpJson.Default.FileSystemPage);
        }
        catch (AskTimeoutException)
        {
            return Problems.Unavailable("a name node does not answer; ask again");
        }
        catch (Storage.BlockStoreException e)
        {
            return Problems.Of(e.Error);
        }
    }

    private async Task<IResult> CreateAsync(HttpRequest request)
    {
        CreateFileSystemBody? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync(request.Body, HttpJson.Default.CreateFileSystemBody, request.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return Problems.Invalid(e is JsonException { Path: { Length: > 1 } path } ? $"the body is not what is expected at {path}" : "the body is not valid JSON");
        }
        if (body is null)
            return Problems.Invalid("the body is null");
        if (!FileSystemName.TryParse(body.Name, out var name, out var problem))
            return Problems.Invalid(problem);
        if (AccessControl.Denied(request.HttpContext, new VolumeId(body.Pool ?? VolumeId.DefaultPool, "", "")) is { } denied)
            return denied;
        if (body.SizeBytes is not { } size)
            return Problems.Invalid("size_bytes is missing");
        if (body.Areas is <= 0 or > FileSystemLimits.AreasMax)
            return Problems.Invalid($"{body.Areas} areas are not between 1 and {FileSystemLimits.AreasMax}");
        var key = request.Headers["Idempotency-Key"].ToString();
        if (!RequestId.TryParse(key.Length == 0 ? Guid.CreateVersion7().ToString("N") : key, out var id, out problem))
            return Problems.Invalid(problem);
        var paths = body.Paths ?? [.. Enumerable.Range(0, body.Areas ?? 1).Select(i => i == 0 ? FilePath.Root : $"/area-{i}")];
        if (body.Areas is { } areas && areas != paths.Count)
            return Problems.Invalid($"{areas} areas, but {paths.Count} paths");
        return await AskAsync(
            request,
            name.Value,
            n => new CreateFileSystem(n, id, body.Pool ?? VolumeId.DefaultPool, size, paths, body.Readers ?? ReadersDefault, AllAtOnce: body.Readers is not null),
            settings.WaitMax);
    }

    private async Task<IResult> DeleteAsync(HttpRequest request, string name)
    {
        if (AccessControl.DeniedFileSystem(request.HttpContext, name) is { } denied)
            return denied;
        _clients.Remove(name);
        return await AskAsync(request, name, n => new DeleteFileSystem(n), settings.WaitMax);
    }

    private async Task<IResult> GrantAsync(HttpRequest request, string name)
    {
        GrantBody? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync(request.Body, HttpJson.Default.GrantBody, request.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            return Problems.Invalid("the body is not valid JSON");
        }
        if (body?.Failed is { } f && NodeName.TryParse(f.Node, out _, out var problem) is false)
            return Problems.Invalid(problem);
        if (body?.Write == true && AccessControl.DeniedChanges(request.HttpContext) is { } denied)
            return denied;
        return await AskAsync(request, name, n => new RequestAccess(
            n,
            body?.Path ?? FilePath.Root,
            body?.Write ?? false,
            body?.WholeArea ?? false,
            body?.Failed is { } failed ? new AccessFailure(new NodeName(failed.Node), new Epoch(failed.Epoch), OneLine(failed.Problem)) : null));
    }

    private async Task<IResult> AskAsync(HttpRequest request, string name, Func<FileSystemName, object> question, TimeSpan? timeout = null)
    {
        if (!FileSystemName.TryParse(name, out var system, out var problem))
            return Problems.Invalid(problem);
        if (AccessControl.DeniedFileSystem(request.HttpContext, system.Value) is { } denied)
            return denied;
        var cluster = mooring();
        try
        {
            return await cluster.NameNodes.Ask<object>(question(system), timeout ?? settings.AskTimeout, request.HttpContext.RequestAborted) switch
            {
                FileSystemFound found => Results.Json(Shapes.Of(found.Info), HttpJson.Default.FileSystemShape),
                AccessGranted granted => Results.Json(Shapes.Of(granted), HttpJson.Default.GrantShape),
                FileSystemDeleted => Results.NoContent(),
                QueryFailed failed => Problems.Of(failed.Error),
                var other => Problems.Of(new OperationError(ErrorKind.Internal, $"unexpected answer {other.GetType().Name}")),
            };
        }
        catch (AskTimeoutException)
        {
            return Problems.Unavailable($"the name node of {name} does not answer; ask again");
        }
    }

    private Task<IResult> GetFileAsync(HttpRequest request, string name) => OnFileAsync(request, name, async (client, file, query) =>
    {
        var (node, aborted) = (query.GetValueOrDefault("node"), request.HttpContext.RequestAborted);
        for (var attempt = 1; ; attempt++)
        {
            var stat = await client.StatAsync(file, node, aborted);
            if (query.Flag("entry"))
                return Results.Json(Shapes.Of(stat), HttpJson.Default.EntryShape);
            if (stat.IsDirectory)
                return await ListFilesAsync(client, file, query, aborted);
            try
            {
                return await SendAsync(client, file, stat, node, request);
            }
            catch (ChangedException) when (attempt < ReadAttemptsMax)
            {
                // Nothing was said of it yet: once more, of what there is now.
            }
            catch (ChangedException)
            {
                return Problems.Unavailable($"'{file}' is being changed over and over; ask again");
            }
        }
    });

    private static async Task<IResult> ListFilesAsync(FileSystemClient client, string directory, Dictionary<string, string> query, CancellationToken aborted)
    {
        var limit = query.GetValueOrDefault("limit", "1000");
        if (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > FileOperation.ListMax)
            return Problems.Invalid($"limit '{PlainText.Line(limit)}' is not a whole number from 1 to {FileOperation.ListMax}");
        var (entries, next) = await client.ListAsync(directory, query.GetValueOrDefault("cursor"), count, query.GetValueOrDefault("node"), aborted);
        return Results.Json(new EntryPage([.. entries.Select(Shapes.Of)], next), HttpJson.Default.EntryPage);
    }

    // Conditions, range and length are those of the very content that is sent.
    private static async Task<IResult> SendAsync(FileSystemClient client, string file, FileEntry stat, string? node, HttpRequest request)
    {
        var (response, aborted, tag) = (request.HttpContext.Response, request.HttpContext.RequestAborted, Preconditions.TagOf(stat));
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = tag.ToString();
        if (Preconditions.Judge(request, tag) is { } status)
            return Results.StatusCode(status);
        var (from, length) = (0L, stat.SizeBytes);
        response.StatusCode = StatusCodes.Status200OK;
        if (Preconditions.IsOfRange(request, tag) && ByteRanges.Parse(request.Headers.Range, stat.SizeBytes) is { } range)
        {
            if (range.Length <= 0)
            {
                response.Headers.ContentRange = $"bytes */{stat.SizeBytes}";
                return Results.StatusCode(StatusCodes.Status416RangeNotSatisfiable);
            }
            (from, length) = range;
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {from}-{from + length - 1}/{stat.SizeBytes}";
        }
        (response.ContentType, response.ContentLength) = ("application/octet-stream", length);
        if (HttpMethods.IsHead(request.Method))
            return Results.Empty;
        try
        {
            await client.ReadAsync(
                file,
                from,
                length,
                (read, _, _) => read with { Path = stat.Path } == stat ? Task.CompletedTask : throw new ChangedException(),
                async bytes => await response.Body.WriteAsync(bytes, aborted),
                node,
                aborted);
        }
        catch (Exception e) when (response.HasStarted && e is MooringException or MooringUnreachableException)
        {
            // What was promised cannot be sent: only breaking off tells the client.
            request.HttpContext.Abort();
        }
        catch (Exception e) when (!response.HasStarted)
        {
            // What is sent instead has other ones.
            (response.ContentType, response.ContentLength, response.StatusCode) = (null, null, StatusCodes.Status200OK);
            response.Headers.ContentRange = response.Headers.ETag = response.Headers.AcceptRanges = default;
            if (e is MooringException { Kind: ErrorKind.Busy })
                throw new ChangedException();
            throw;
        }
        return Results.Empty;
    }

    private Task<IResult> PutFileAsync(HttpRequest request, string name) => OnFileAsync(request, name, async (client, file, query) =>
    {
        // Files have no limit but the area's space; what is in memory at once is bounded by the window.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var (mode, offset) = (query.Flag("append") ? WriteMode.Append : WriteMode.Replace, 0L);
        if (request.Headers.IfNoneMatch.ToString() is { Length: > 0 } condition)
        {
            if (condition != "*" || mode == WriteMode.Append)
                return Problems.Invalid("If-None-Match is heeded as '*' alone: a file is made, and none replaced");
            mode = WriteMode.CreateNew;
        }
        if (request.Headers.ContentRange.ToString() is { Length: > 0 } range)
        {
            if (mode != WriteMode.Replace || !ByteRanges.TryContentRange(range, out offset, out var part) || (request.ContentLength is { } body && body != part))
                return Problems.Invalid($"Content-Range '{PlainText.Line(range)}' is not a range such as bytes 0-99/* of the body's length");
            mode = WriteMode.At;
        }
        if (mode != WriteMode.Replace && request.Headers.ContainsKey(HeaderNames.IfMatch))
            return Problems.Invalid("If-Match is heeded where a file is replaced whole");
        try
        {
            var written = await client.WriteAsync(
                file, request.Body, mode, offset, null, request.HttpContext.RequestAborted, TermsOf(request, name, file, $"{mode} {offset}"));
            if (mode is WriteMode.Replace or WriteMode.CreateNew && request.ContentLength is { } length && length != written.SizeBytes)
                return Problems.Of(new OperationError(ErrorKind.RequestConflict, $"the request with this Idempotency-Key had {written.SizeBytes} bytes, not {length}"));
            request.HttpContext.Response.Headers.ETag = Preconditions.TagOf(written).ToString();
            return Results.Json(Shapes.Of(written), HttpJson.Default.EntryShape);
        }
        catch (MooringException e) when (mode == WriteMode.CreateNew && e.Kind == ErrorKind.AlreadyExists)
        {
            return Problems.Of(Errors.Of(e.Problem), status: StatusCodes.Status412PreconditionFailed);
        }
    });

    private static ChangeTerms TermsOf(HttpRequest request, string name, string file, string what) =>
        new(RequestOf(request, name, file, what), Preconditions.OfChange(request));

    // The same key is the same request where the same is to be done with the same file, and it comes from the same bearer.
    private static Guid? RequestOf(HttpRequest request, string name, string file, string what)
    {
        var key = request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0)
            return null;
        if (!RequestId.TryParse(key, out var id, out var problem))
            throw new FormatException(problem);
        var all = string.Join('\n', id.Value, what, name, file, Bearer.Of(request.HttpContext)?.Name);
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 16));
    }

    private Task<IResult> ChangeFileAsync(HttpRequest request, string name) => OnFileAsync(request, name, async (client, file, query) =>
    {
        var (op, to, aborted) = (query.GetValueOrDefault("op", ""), query.GetValueOrDefault("to"), request.HttpContext.RequestAborted);
        switch (op)
        {
            case "mkdir" when to is null && request.Headers.ContainsKey(HeaderNames.IfMatch):
                return Problems.Invalid("If-Match is not heeded where a directory is made");
            case "mkdir" when to is null:
                return Results.Json(
                    Shapes.Of(await client.MakeDirectoryAsync(file, parents: true, aborted, TermsOf(request, name, file, op))), HttpJson.Default.EntryShape);
            case "rename" when to is not null:
                return Results.Json(
                    Shapes.Of(await client.RenameAsync(file, to, aborted, TermsOf(request, name, file, $"{op} {to}"))), HttpJson.Default.EntryShape);
            default:
                return Problems.Invalid($"op '{PlainText.Line(op)}' is not mkdir, or rename with to=/new/path");
        }
    });

    private Task<IResult> RemoveFileAsync(HttpRequest request, string name) => OnFileAsync(request, name, async (client, file, query) =>
    {
        var recursive = query.Flag("recursive");
        await client.RemoveAsync(file, recursive, request.HttpContext.RequestAborted, TermsOf(request, name, file, $"remove {recursive}"));
        return Results.NoContent();
    });

    private async Task<IResult> OnFileAsync(HttpRequest request, string name, Func<FileSystemClient, string, Dictionary<string, string>, Task<IResult>> work)
    {
        try
        {
            if (!FileSystemName.TryParse(name, out var system, out var problem) || !FilePath.TryNormalize(RequestAddress.RestOf(request, PartsBeforePath), out var file, out problem))
                return Problems.Invalid(problem);
            if (AccessControl.DeniedFileSystem(request.HttpContext, system.Value) is { } denied)
                return denied;
            using var client = _clients.Take(system.Value);
            return await work(client.Value, file, RequestAddress.QueryOf(request));
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
        catch (MooringException e)
        {
            return Problems.Of(Errors.Of(e.Problem));
        }
        catch (MooringUnreachableException e)
        {
            return Problems.Unavailable(e.Message);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private sealed class ChangedException : Exception;
}
