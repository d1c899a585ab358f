using Mooring.Client;
using Mooring.Messages;
using Mooring.Mount;

namespace Mooring.StorageNode.Files;

/// <summary>A file system that a node has mounted.</summary>
/// <param name="FileSystem">The file system.</param>
/// <param name="Path">Its directory.</param>
/// <param name="Directory">The directory of this machine.</param>
/// <param name="ReadOnly">Whether changes are refused.</param>
internal sealed record MountPoint(FileSystemName FileSystem, string Path, string Directory, bool ReadOnly)
{
    /// <summary>Reads <c>FS[:/path] DIR [ro]</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="NodeStartException">It is malformed.</exception>
    public static MountPoint Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var source = words.ElementAtOrDefault(0)?.Split(':', 2) ?? [];
        if ((words.Length == 2 || words is [_, _, "ro"]) && System.IO.Path.IsPathFullyQualified(words[1]) && FileSystemName.TryParse(source[0], out var system, out _)
            && FilePath.TryNormalize(source.ElementAtOrDefault(1) ?? FilePath.Root, out var path, out _))
        {
            return new MountPoint(system, path, words[1], words.Length == 3);
        }
        throw new NodeStartException($"mooring.files.mounts: '{text}' is not FS[:/path] DIRECTORY, or that with ro behind it");
    }
}

/// <summary>Has file systems mounted on this machine as long as the node runs. What somebody has unmounted stays so.</summary>
internal sealed class MountHost(IReadOnlyList<MountPoint> mounts, Func<FileSystemName, FileSystemClient> open, ILogger<MountHost> log) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private Task _serving = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _serving = Task.WhenAll(mounts.Select(ServeAsync));
        return Task.CompletedTask;
    }

    // Before the node leaves its cluster: what is under way needs it.
    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _serving.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private async Task ServeAsync(MountPoint mount)
    {
        var (source, told) = ($"{mount.FileSystem}:{mount.Path}", (string?)null);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var files = open(mount.FileSystem);
                await FileSystemMount.RunAsync(
                    files, source, mount.Path, mount.Directory, mount.ReadOnly, () => log.LogInformation("{Source} is mounted at {Directory}", source, mount.Directory), _stopping.Token);
                log.LogInformation("{Source} is not mounted at {Directory} any more", source, mount.Directory);
                return;
            }
            catch (Exception e) when (e is MooringException or MooringUnreachableException or IOException or OperationCanceledException)
            {
                if (e.Message != told && !_stopping.IsCancellationRequested)
                    log.LogWarning("{Source} cannot be mounted at {Directory} yet: {Problem}", source, mount.Directory, told = e.Message);
            }
            await Task.Delay(RetryInterval, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
