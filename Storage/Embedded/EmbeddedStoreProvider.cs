using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <summary>
/// A block store for one machine without Ceph and without root: images are sparse files, everything else is one SQLite file, and any
/// number of processes share the directory. Safe against processes that are killed or stopped at any point.
/// </summary>
public sealed class EmbeddedStoreProvider : IBlockStoreProvider, IEventLogProvider
{
    private readonly EmbeddedStoreOptions _options;
    private readonly string _boot;

    /// <summary>Makes one; nothing is opened yet.</summary>
    /// <param name="options">How it works.</param>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> for a pool or namespace with a bad name.</exception>
    public EmbeddedStoreProvider(EmbeddedStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var pool in options.Pools)
            RequireGood(new VolumeId(pool, "", "x").Validate());
        foreach (var ns in options.Namespaces)
            RequireGood(ns.Split('/') is [var pool, var name] ? new VolumeId(pool, name, "x").Validate(namespaceNamed: true) : $"'{ns}' is not pool/namespace");
        _options = options with { Directory = Path.GetFullPath(options.Directory) };
        _boot = File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";
    }

    /// <inheritdoc/>
    public string Backend => "embedded";

    /// <inheritdoc/>
    public async Task<IBlockStore> ConnectAsync(string purpose, int slots, CancellationToken cancellationToken) =>
        await OpenAsync(purpose, slots, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IEventLogConnection> OpenEventLogAsync(string purpose, CancellationToken cancellationToken) =>
        new EmbeddedEventLog(await OpenAsync(purpose, 1, cancellationToken).ConfigureAwait(false), _options.EventLog);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<EmbeddedStore> OpenAsync(string purpose, int slots, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        cancellationToken.ThrowIfCancellationRequested();
        MakeDirectories();
        var store = new EmbeddedStore(_options, _boot, purpose, slots);
        try
        {
            await store.OpenAsync(cancellationToken).WaitAsync(_options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch (Exception e)
        {
            // Not awaited: what keeps the connection from opening may keep it from closing for as long.
            _ = store.DisposeAsync().AsTask();
            if (e is TimeoutException)
                throw new BlockStoreException(ErrorKind.TimedOut, $"the store in {_options.Directory} did not open within {_options.ConnectTimeout.TotalSeconds} s", 110);
            throw;
        }
    }

    private static void RequireGood(string? problem)
    {
        if (problem is not null)
            throw Failures.Invalid(problem);
    }

    private void MakeDirectories()
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(_options.Directory, "data"));
            Directory.CreateDirectory(Path.Combine(_options.Directory, "sessions"));
        }
        catch (Exception e) when (Failures.Translate(e, _options.Directory) is { } failure)
        {
            throw new BlockStoreException(failure.Error with { Detail = $"cannot use {_options.Directory} as a store: {e.Message.ReplaceLineEndings(" ")}" }, e);
        }
    }
}
