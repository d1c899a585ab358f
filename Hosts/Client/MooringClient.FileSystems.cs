using System.Net.Http.Json;
using Mooring.Messages.Http;

namespace Mooring.Client;

/// <content>File systems; their files are <see cref="FileSystemClient"/>'s.</content>
public sealed partial class MooringClient
{
    /// <summary>Makes a file system and waits until its images stand.</summary>
    /// <param name="body">What it is to be like.</param>
    /// <param name="requestId">The client's id for the request: the same id always gets the same answer.</param>
    /// <param name="cancellationToken">Gives up; it may still be made.</param>
    /// <returns>The file system.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<FileSystemShape> CreateFileSystemAsync(CreateFileSystemBody body, string requestId, CancellationToken cancellationToken = default) => RetryAsync(
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "v1/filesystems") { Content = JsonContent.Create(body, HttpJson.Default.CreateFileSystemBody) };
            request.Headers.TryAddWithoutValidation("Idempotency-Key", requestId);
            return request;
        },
        HttpJson.Default.FileSystemShape,
        _options.WaitSlice,
        Deadline.In(_options.Timeout),
        requestId,
        cancellationToken);

    /// <summary>A file system.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file system.</returns>
    /// <exception cref="MooringException">There is none.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<FileSystemShape> GetFileSystemAsync(string name, CancellationToken cancellationToken = default) =>
        GetAsync($"v1/filesystems/{Uri.EscapeDataString(name)}", HttpJson.Default.FileSystemShape, cancellationToken);

    /// <summary>All file systems.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file systems, in order of their names.</returns>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<FileSystemPage> ListFileSystemsAsync(CancellationToken cancellationToken = default) =>
        GetAsync("v1/filesystems", HttpJson.Default.FileSystemPage, cancellationToken);

    /// <summary>Removes a file system and all its files.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up; it may still be removed.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="MooringException">There is none.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public async Task DeleteFileSystemAsync(string name, CancellationToken cancellationToken = default)
    {
        var deadline = Deadline.In(_options.Timeout);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                bounded.CancelAfter(_options.WaitSlice + _options.AnswerMargin);
                using var response = await _http.DeleteAsync($"v1/filesystems/{Uri.EscapeDataString(name)}", bounded.Token);
                if (response.IsSuccessStatusCode)
                    return;
                var problem = await ProblemAsync(response, bounded.Token);
                // Of a request that was asked for again, the first asking may have been carried out.
                if (problem.Status == 404 && attempt > 0)
                    return;
                if (problem.Status != 503)
                    throw new MooringException(problem);
            }
            catch (Exception e) when (Retryable(e) && !cancellationToken.IsCancellationRequested)
            {
                // Asked again below.
            }
            if (deadline.IsOver)
                throw new MooringUnreachableException($"file system {name} was not removed within {_options.Timeout.TotalSeconds:0.#} s", null, null);
            await Task.Delay(Pause(attempt), cancellationToken);
        }
    }

    /// <summary>The keys that rights to files are signed with, newest first.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When they count.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<FileKeysShape> GetFileKeysAsync(CancellationToken cancellationToken = default) => GetAsync("v1/file-keys", HttpJson.Default.FileKeysShape, cancellationToken);

    /// <summary>Makes a new key for rights to files. Clients notice nothing.</summary>
    /// <param name="now">
    /// Whether it signs at once, and all rights that were given before end: clients ask for others by themselves. Else it signs when every node knows it, and the one
    /// before ends when nothing that it signed holds any more.
    /// </param>
    /// <param name="cancellationToken">Gives up; it may still be made.</param>
    /// <returns>When the keys count.</returns>
    /// <exception cref="MooringException">It was refused.</exception>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public async Task<FileKeysShape> RotateFileKeysAsync(bool now = false, CancellationToken cancellationToken = default)
    {
        var newest = (await GetFileKeysAsync(cancellationToken)).Items[0].SignsFrom.UtcTicks;
        return await AskAsync(HttpMethod.Post, $"v1/file-keys?now={(now ? "true" : "false")}&newest={newest}", HttpJson.Default.FileKeysShape, cancellationToken);
    }

    /// <summary>A client for the files of a file system, over the same endpoint.</summary>
    /// <param name="name">The file system.</param>
    /// <returns>The client, and what it asks for rights; both to be disposed of.</returns>
    public OpenFileSystem OpenFileSystem(string name) => new(
        _options.Endpoint, name, new FileClientOptions { Timeout = _options.Timeout, ConnectTimeout = _options.ConnectTimeout, CaFile = _options.CaFile }, _options.Token);
}

/// <summary>A <see cref="FileSystemClient"/> that asks for rights over HTTP.</summary>
public sealed class OpenFileSystem : IDisposable
{
    private readonly HttpFileGrants _grants;

    /// <summary>Makes one; asks when it is first used.</summary>
    /// <param name="endpoint">A node or the virtual IP, <c>host:port</c>.</param>
    /// <param name="name">The file system.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="token">The token that is shown, where nodes ask for one.</param>
    public OpenFileSystem(string endpoint, string name, FileClientOptions options, string? token = null)
    {
        _grants = new HttpFileGrants(endpoint, name, options.ConnectTimeout, token, options.CaFile);
        Files = new FileSystemClient(_grants, options);
    }

    /// <summary>The files.</summary>
    public FileSystemClient Files { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Files.Dispose();
        _grants.Dispose();
    }
}
