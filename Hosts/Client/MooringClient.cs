using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Client;

/// <summary>
/// Talks to Mooring over HTTP and rides over failovers by itself: a request that got no answer is asked again with the same id, within
/// the time limit, until its one result is there. Safe for concurrent use.
/// </summary>
public sealed partial class MooringClient : IDisposable
{
    private readonly MooringClientOptions _options;
    private readonly HttpClient _http;
    private readonly IReadOnlyList<Uri> _nodes;

    /// <summary>Makes a client; connects when it is first used.</summary>
    /// <param name="options">How it behaves.</param>
    /// <exception cref="FormatException">The endpoint or a node's address is not <c>host:port</c>.</exception>
    public MooringClient(MooringClientOptions options)
    {
        _options = options;
        var scheme = Connections.SchemeOf(options.CaFile);
        var address = AddressOf(scheme, options.Endpoint);
        _nodes = [.. options.Nodes.Select(node => AddressOf(scheme, node))];
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            Expect100ContinueTimeout = options.Timeout,
            UseProxy = false,
        };
        _http = new HttpClient(Connections.Of(sockets, options.Token, options.CaFile))
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Has an operation carried out, once, whatever happens to the nodes meanwhile.</summary>
    /// <param name="command">What to do, such as <see cref="CreateVolume"/>.</param>
    /// <param name="change">How to go about it.</param>
    /// <param name="cancellationToken">Gives up; the request may still be carried out.</param>
    /// <returns>The operation: ended, unless <see cref="Change.NoWait"/> was asked for.</returns>
    /// <exception cref="MooringException">It failed or was refused.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<OperationShape> RunAsync(VolumeCommand command, Change change, CancellationToken cancellationToken = default)
    {
        var (method, path, body) = (HttpMethod.Parse(OperationCatalog.Of(command).Route.Method), HttpForm.PathOf(command), HttpForm.BodyOf(command));
        return ChangeAsync(
            () => new HttpRequestMessage(method, path)
            {
                Content = body is null ? null : new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            },
            change,
            cancellationToken);
    }

    /// <summary>What is known of a volume.</summary>
    /// <param name="volume">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The volume.</returns>
    /// <exception cref="MooringException">There is none.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<VolumeShape> GetVolumeAsync(VolumeId volume, CancellationToken cancellationToken = default) =>
        GetAsync(Path(volume), HttpJson.Default.VolumeShape, cancellationToken);

    /// <summary>The volumes of a pool, page by page.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="cursor">What the page before said; null for the first.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A page.</returns>
    /// <exception cref="MooringException">There is no such pool.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<VolumePage> ListVolumesAsync(string pool, string ns, string? cursor, int limit, CancellationToken cancellationToken = default) => GetAsync(
        "v1/volumes" + Query(("pool", pool), ("namespace", ns), ("cursor", cursor), ("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture))),
        HttpJson.Default.VolumePage,
        cancellationToken);

    /// <summary>What one of the described reads shows, page by page.</summary>
    /// <param name="question">The question, such as <c>trash.list</c> of a pool.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A page; ask again with its cursor as <see cref="GetRows.After"/>.</returns>
    /// <exception cref="FormatException">The question is malformed.</exception>
    /// <exception cref="MooringException">What it asks about does not exist.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<RowPage> ReadAsync(GetRows question, CancellationToken cancellationToken = default) =>
        GetAsync(ReadForm.PathOf(question), HttpJson.Default.RowPage, cancellationToken);

    /// <summary>An operation as it stands.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation.</returns>
    /// <exception cref="MooringException">It is not known.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<OperationShape> GetOperationAsync(string id, CancellationToken cancellationToken = default) =>
        GetAsync($"v1/operations/{Uri.EscapeDataString(id)}", HttpJson.Default.OperationShape, cancellationToken);

    /// <summary>The operations, newest first, page by page.</summary>
    /// <param name="state">Only those in this state; null for all.</param>
    /// <param name="target">Only those of this volume; null for all.</param>
    /// <param name="cursor">What the page before said; null for the first.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A page.</returns>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<OperationPage> ListOperationsAsync(
        string? state, string? target, string? cursor, int limit, CancellationToken cancellationToken = default) => GetAsync(
        "v1/operations" + Query(("state", state), ("target", target), ("cursor", cursor), ("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture))),
        HttpJson.Default.OperationPage,
        cancellationToken);

    /// <summary>Waits for an operation to end, over failovers.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="progress">Told whenever it has moved on; null to be told nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation, ended: succeeded, failed or cancelled.</returns>
    /// <exception cref="MooringException">It is not known.</exception>
    /// <exception cref="MooringUnreachableException">It did not end within the time limit.</exception>
    public async Task<OperationShape> WaitAsync(string id, IProgress<OperationShape>? progress, CancellationToken cancellationToken = default)
    {
        var deadline = Deadline.In(_options.Timeout);
        while (true)
        {
            var operation = progress is null
                ? await WaitSliceAsync(id, deadline, null, cancellationToken)
                : await WatchAsync(id, progress, deadline, cancellationToken);
            if (operation.Ended)
                return operation;
            if (deadline.IsOver)
                throw new MooringUnreachableException($"operation {id} did not end within {_options.Timeout.TotalSeconds:0.#} s", operation.RequestId, null);
        }
    }

    /// <summary>
    /// Asks that an operation be cancelled. One that has not begun is, at once; one that runs is when its kind can be stopped half way; any other ends as
    /// it would have. Safe to ask again; wait for the operation to see what came of it.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation as it stands.</returns>
    /// <exception cref="MooringException">It is not known.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<OperationShape> CancelAsync(string id, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Post, $"v1/operations/{Uri.EscapeDataString(id)}/cancel", HttpJson.Default.OperationShape, cancellationToken);

    /// <summary>Compares a page of the store's images with what the owner knows.</summary>
    /// <param name="cursor">Where the page begins; null at the start.</param>
    /// <param name="repair">Whether what nobody can need any more is removed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<CheckPage> CheckAsync(string? cursor, bool repair, CancellationToken cancellationToken = default)
    {
        var query = cursor is null ? "" : $"?cursor={Uri.EscapeDataString(cursor)}";
        return AskAsync(repair ? HttpMethod.Post : HttpMethod.Get, repair ? $"v1/check/repair{query}" : $"v1/check{query}", HttpJson.Default.CheckPage, cancellationToken);
    }

    /// <summary>Makes a token. There is no way to see it again.</summary>
    /// <param name="token">What it is for.</param>
    /// <param name="cancellationToken">Gives up; there may be a token of that name then, which is to be revoked.</param>
    /// <returns>The token.</returns>
    /// <exception cref="MooringException">There is one of that name, or nodes do not ask for tokens, or the one who asks may not.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<TokenShape> CreateTokenAsync(TokenBody token, CancellationToken cancellationToken = default) => RetryAsync(
        () => new HttpRequestMessage(HttpMethod.Post, "v1/tokens") { Content = JsonContent.Create(token, HttpJson.Default.TokenBody) },
        HttpJson.Default.TokenShape, TimeSpan.Zero, Deadline.In(_options.Timeout), null, cancellationToken);

    /// <summary>All tokens, without their secrets.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Them, by name.</returns>
    /// <exception cref="MooringException">The one who asks may not.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public async Task<IReadOnlyList<TokenShape>> ListTokensAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("v1/tokens", HttpJson.Default.TokenPage, cancellationToken)).Items;

    /// <summary>Ends a token: at the node that answers at once, at the others within some seconds.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The token.</returns>
    /// <exception cref="MooringException">There is none, or the one who asks may not.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<TokenShape> RevokeTokenAsync(string name, CancellationToken cancellationToken = default) =>
        AskAsync(HttpMethod.Delete, $"v1/tokens/{Uri.EscapeDataString(name)}", HttpJson.Default.TokenShape, cancellationToken);

    /// <summary>A page of the audit log, newest first.</summary>
    /// <param name="cursor">Where the page before ended; null for the first.</param>
    /// <param name="limit">At most so many entries, 1 to 1000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The page.</returns>
    /// <exception cref="MooringException">None is kept, or the one who asks may not.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<AuditPage> ListAuditAsync(string? cursor = null, int limit = 100, CancellationToken cancellationToken = default) =>
        GetAsync("v1/audit" + Query(("cursor", cursor), ("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture))), HttpJson.Default.AuditPage, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<OperationShape> ChangeAsync(Func<HttpRequestMessage> make, Change change, CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(_options.Timeout);
        var wait = change.NoWait || change.Content is not null ? TimeSpan.Zero : change.Progress is null ? _options.WaitSlice : TimeSpan.FromMilliseconds(250);
        var operation = await RetryAsync(
            () =>
            {
                var request = make();
                request.Headers.TryAddWithoutValidation("Idempotency-Key", change.RequestId);
                if (wait > TimeSpan.Zero)
                    request.Headers.TryAddWithoutValidation("Prefer", FormattableString.Invariant($"wait={wait.TotalSeconds}"));
                return request;
            },
            HttpJson.Default.OperationShape,
            wait,
            deadline,
            change.RequestId,
            cancellationToken);
        if (operation.Ended || change.NoWait)
            return operation;
        var ended = change.Content is null ? await WaitAsync(operation.Id, change.Progress, cancellationToken) : await SendAsync(operation, change, cancellationToken);
        MooringException.ThrowIfFailed(ended);
        return ended;
    }

    private Task<OperationShape> WaitSliceAsync(string id, Deadline deadline, TimeSpan? most, CancellationToken cancellationToken)
    {
        var left = deadline.Left;
        var wait = most is { } brief ? brief : left < _options.WaitSlice ? TimeSpan.FromMilliseconds(Math.Max(0, Math.Floor(left.TotalMilliseconds))) : _options.WaitSlice;
        return RetryAsync(
            () => new HttpRequestMessage(HttpMethod.Get, FormattableString.Invariant($"v1/operations/{Uri.EscapeDataString(id)}?wait={wait.TotalSeconds}s")),
            HttpJson.Default.OperationShape,
            wait,
            deadline,
            null,
            cancellationToken);
    }

    // Server-sent events until the stream ends, for whatever reason; then the operation as it stands.
    private async Task<OperationShape> WatchAsync(string id, IProgress<OperationShape> progress, Deadline deadline, CancellationToken cancellationToken)
    {
        try
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bounded.CancelAfter(_options.WaitSlice);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/operations/{Uri.EscapeDataString(id)}/events");
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bounded.Token);
            if (response.IsSuccessStatusCode)
            {
                using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(bounded.Token));
                while (await reader.ReadLineAsync(bounded.Token) is { } line)
                {
                    if (!line.StartsWith("data: {", StringComparison.Ordinal))
                        continue;
                    var seen = JsonSerializer.Deserialize(line["data: ".Length..], HttpJson.Default.OperationShape)!;
                    progress.Report(seen);
                    if (seen.Ended)
                        return seen;
                    bounded.CancelAfter(_options.WaitSlice);
                }
            }
        }
        catch (Exception e) when (Retryable(e) && !cancellationToken.IsCancellationRequested)
        {
            // The owner may have died: the next question goes to its successor.
        }
        var operation = await RetryAsync(
            () => new HttpRequestMessage(HttpMethod.Get, $"v1/operations/{Uri.EscapeDataString(id)}"),
            HttpJson.Default.OperationShape, TimeSpan.Zero, deadline, null, cancellationToken);
        progress.Report(operation);
        return operation;
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) => AskAsync(HttpMethod.Get, path, type, cancellationToken);

    private Task<T> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) => RetryAsync(
        () => new HttpRequestMessage(method, path), type, TimeSpan.Zero, Deadline.In(_options.Timeout), null, cancellationToken);

    private async Task<T> RetryAsync<T>(
        Func<HttpRequestMessage> make, JsonTypeInfo<T> type, TimeSpan wait, Deadline deadline, string? requestId, CancellationToken cancellationToken)
    {
        Exception? last = null;
        Deadline? notice = _options.Unanswered is null ? null : Deadline.In(wait + _options.UnansweredAfter);
        for (var attempt = 0; ; attempt++)
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bounded.CancelAfter(wait + _options.AnswerMargin);
            try
            {
                using var request = make();
                // Any node answers questions; changes are for the owner alone.
                if (request.Method == HttpMethod.Get && attempt % (_nodes.Count + 1) is > 0 and var other)
                    request.RequestUri = new Uri(_nodes[other - 1], request.RequestUri!);
                using var response = await _http.SendAsync(request, bounded.Token);
                if (response.IsSuccessStatusCode)
                    return (await response.Content.ReadFromJsonAsync(type, bounded.Token))!;
                var problem = await ProblemAsync(response, bounded.Token);
                if (!IsLater(response.StatusCode) || problem.OperationId is not null)
                {
                    throw new MooringException(problem);
                }
                last = new MooringException(problem);
            }
            catch (Exception e) when (HasUnknownName(e))
            {
                throw new MooringUnreachableException($"there is no host of the name in '{_options.Endpoint}'", requestId, e);
            }
            catch (HttpRequestException e) when (e.InnerException is AuthenticationException refused)
            {
                throw new MooringUnreachableException($"{_options.Endpoint} is not believed to be a node: {refused.Message}", requestId, e);
            }
            catch (Exception e) when (Retryable(e) && !cancellationToken.IsCancellationRequested)
            {
                last = e;
            }
            if (deadline.IsOver)
            {
                throw new MooringUnreachableException(
                    $"no result within {_options.Timeout.TotalSeconds:0.#} s: {await WhyAsync(last, cancellationToken)}", requestId, last);
            }
            if (notice is { IsOver: true })
            {
                notice = null;
                _options.Unanswered!($"asking again for {_options.Timeout.TotalSeconds:0.#} s in all: {await WhyAsync(last, cancellationToken)}");
            }
            await Task.Delay(Pause(attempt), cancellationToken);
        }
    }

    // What nodes say of the address, and of those that are not well.
    private async Task<string> WhyAsync(Exception? last, CancellationToken cancellationToken)
    {
        if (last is MooringException)
            return last.Message;
        foreach (var node in _nodes)
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bounded.CancelAfter(_options.AnswerMargin);
            try
            {
                var page = (await _http.GetFromJsonAsync(new Uri(node, "v1/nodes"), HttpJson.Default.NodePage, bounded.Token))!;
                var owner = page.Items.FirstOrDefault(n => n.VipOwner);
                var troubles = page.Items.Where(n => n.State != NodeStates.Up || n.Health?.Problem is not null).Select(n =>
                    $"; {n.Name} is {n.State}{(n.Away is { } why ? $": {why}" : n.Health?.Problem is { } problem ? $": {problem}, since {n.Health.Since:HH:mm:ss} UTC" : "")}");
                return $"{_options.Endpoint} does not answer; {(owner is null ? "no node owns it" : $"{owner.Name} owns it")}{string.Concat(troubles)}";
            }
            catch (Exception e) when (Retryable(e) && !cancellationToken.IsCancellationRequested)
            {
                // The next one may know.
            }
        }
        return $"{_options.Endpoint} does not answer{(_nodes.Count > 0 ? ", nor does any of its nodes" : "")}";
    }

    private TimeSpan Pause(int attempt)
    {
        var longest = Math.Min(_options.RetryPauseMax.TotalMilliseconds, _options.RetryPauseMin.TotalMilliseconds * (1 << Math.Min(attempt, 16)));
        return TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * longest);
    }

    // What names hosts was asked, and has no such name: that does not change while nodes fail.
    private static bool HasUnknownName(Exception e) =>
        e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError, InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } };

    // .NET tells of a connection that is reset in the moment in which it is made with an exception of the socket's own.
    internal static bool Retryable(Exception e) => e is HttpRequestException or IOException or SocketException or OperationCanceledException or JsonException;

    private static Uri AddressOf(string scheme, string endpoint) =>
        Uri.TryCreate($"{scheme}://{endpoint}/", UriKind.Absolute, out var address) && address.AbsolutePath == "/" && endpoint.EndsWith($":{address.Port}", StringComparison.Ordinal)
            ? address
            : throw new FormatException($"endpoint '{endpoint}' is not HOST:PORT");

    private static async Task<ProblemShape> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType is MediaTypeHeaderValue { MediaType: "application/problem+json" }
            && await response.Content.ReadFromJsonAsync(HttpJson.Default.ProblemShape, cancellationToken) is { } problem)
        {
            return problem;
        }
        return new ProblemShape("about:blank", response.ReasonPhrase ?? "error", (int)response.StatusCode, $"HTTP {(int)response.StatusCode}", null);
    }

    private static string Path(VolumeId volume, string suffix = "", params (string Key, string? Value)[] query) =>
        $"v1/volumes/{HttpForm.Escape(volume.Pool)}/{HttpForm.Escape(volume.Image)}{suffix}{Query([("namespace", volume.Namespace), .. query])}";

    private static string Query(params (string Key, string? Value)[] parts)
    {
        var given = parts.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value!)}").ToList();
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }
}

/// <summary>How to go about a changing request.</summary>
/// <param name="RequestId">The client's id for it: the same id always gets the same one result.</param>
/// <param name="NoWait">Whether to return as soon as it is accepted.</param>
/// <param name="Progress">Told whenever it has moved on.</param>
public sealed record Change(string RequestId, bool NoWait = false, IProgress<OperationShape>? Progress = null)
{
    /// <summary>
    /// Opens the bytes that the operation takes, for one that takes some: again from their beginning for each attempt, or null when that cannot be done. A
    /// request that was carried out before needs them no more.
    /// </summary>
    public Func<Stream?>? Content { get; init; }

    /// <summary>A request with a fresh random id.</summary>
    /// <returns>The request.</returns>
    public static Change New() => new(Guid.CreateVersion7().ToString("N"));
}
