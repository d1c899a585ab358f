using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json.Serialization.Metadata;
using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.Client;

/// <summary>Asks over HTTP, at whichever node answers: the virtual IP may just be on its way to another one.</summary>
public sealed class HttpFileGrants : IFileGrants, IDisposable
{
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(2.5);

    private readonly HttpClient _http;
    private readonly string _scheme;
    private volatile string[] _endpoints;
    private uint _turn;

    /// <summary>Makes one.</summary>
    /// <param name="endpoint">A node or the virtual IP, <c>host:port</c>; the others are learnt from it.</param>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="connectTimeout">How long connecting to one of them may take; a second by default.</param>
    /// <param name="token">The token that is shown, where nodes ask for one.</param>
    /// <param name="caFile">As <see cref="MooringClientOptions.CaFile"/>.</param>
    public HttpFileGrants(string endpoint, string fileSystem, TimeSpan? connectTimeout = null, string? token = null, string? caFile = null)
    {
        FileSystem = fileSystem;
        _endpoints = [endpoint];
        _scheme = Connections.SchemeOf(caFile);
        var sockets = new SocketsHttpHandler { ConnectTimeout = connectTimeout ?? TimeSpan.FromSeconds(1), UseProxy = false };
        _http = new HttpClient(Connections.Of(sockets, token, caFile)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public string FileSystem { get; }

    private string Path => $"v1/filesystems/{Uri.EscapeDataString(FileSystem)}";

    /// <inheritdoc/>
    public async Task<FileSystemShape> DescribeAsync(CancellationToken cancellationToken)
    {
        var found = await AskAsync(() => new HttpRequestMessage(HttpMethod.Get, Path), HttpJson.Default.FileSystemShape, cancellationToken).ConfigureAwait(false);
        await LearnAsync(cancellationToken).ConfigureAwait(false);
        return found;
    }

    /// <inheritdoc/>
    public Task<GrantShape> RequestAsync(GrantBody body, CancellationToken cancellationToken) => AskAsync(
        () => new HttpRequestMessage(HttpMethod.Post, Path + "/grants") { Content = JsonContent.Create(body, HttpJson.Default.GrantBody) },
        HttpJson.Default.GrantShape,
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // Each endpoint once.
    private async Task<T> AskAsync<T>(Func<HttpRequestMessage> make, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var endpoints = _endpoints;
        Exception? last = null;
        for (var tried = 0; tried < endpoints.Length; tried++)
        {
            var turn = Volatile.Read(ref _turn);
            var at = turn % endpoints.Length;
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bounded.CancelAfter(TryTimeout);
            try
            {
                using var request = make();
                request.RequestUri = new Uri($"{_scheme}://{endpoints[at]}/{request.RequestUri}");
                using var response = await _http.SendAsync(request, bounded.Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                    return (await response.Content.ReadFromJsonAsync(type, bounded.Token).ConfigureAwait(false))!;
                var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
                    ? await response.Content.ReadFromJsonAsync(HttpJson.Default.ProblemShape, bounded.Token).ConfigureAwait(false)
                    : null;
                var failure = new MooringException(problem ?? new ProblemShape("about:blank", "error", (int)response.StatusCode, $"HTTP {(int)response.StatusCode}", null));
                if ((int)response.StatusCode != 503)
                    throw failure;
                last = failure;
            }
            catch (HttpRequestException e) when (e.InnerException is AuthenticationException refused)
            {
                throw new MooringUnreachableException($"{endpoints[at]} is not believed to be a node: {refused.Message}", null, e);
            }
            catch (Exception e) when (MooringClient.Retryable(e) && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                last = e;
            }
            // To the next one, unless another request has gone there already.
            Interlocked.CompareExchange(ref _turn, turn + 1, turn);
        }
        if (last is MooringException)
            throw last;
        throw new IOException($"none of {string.Join(", ", endpoints)} answers: {last?.Message}", last);
    }

    private async Task LearnAsync(CancellationToken cancellationToken)
    {
        try
        {
            var page = await AskAsync(() => new HttpRequestMessage(HttpMethod.Get, "v1/nodes"), HttpJson.Default.NodePage, cancellationToken).ConfigureAwait(false);
            // Nodes' own addresses first: they do not move.
            _endpoints = [.. page.Items.Where(n => n.State == NodeStates.Up && n.Health is not null).Select(n => n.Address).Union(_endpoints)];
        }
        catch (Exception e) when (e is IOException or MooringException)
        {
            // The endpoint that was given must do.
        }
    }
}
