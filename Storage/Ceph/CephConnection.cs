using System.Collections.Concurrent;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// One rados_t: connecting within a bound, contexts of pools, and errors that know when this connection has been fenced.
/// </summary>
internal sealed class CephConnection : IAsyncDisposable
{
    private const int PoolNameBytesMax = 4096;

    private readonly ClusterHandle _cluster;
    private readonly CephStoreOptions _options;
    private readonly BoundedThreads _control;
    private readonly ConcurrentDictionary<(string Pool, string Namespace), IoContextHandle> _contexts = new();
    private volatile bool _fenced;
    private volatile bool _closed;
    private int _disposed;

    private CephConnection(ClusterHandle cluster, CephStoreOptions options, BoundedThreads control, string purpose)
    {
        _cluster = cluster;
        _options = options;
        _control = control;
        Purpose = purpose;
        Address = new FenceAddress(ReadAddresses());
        Metadata = OpenMetadata();
    }

    /// <summary>What the connection is for.</summary>
    public string Purpose { get; }

    /// <summary>What <c>rados_getaddrs</c> gave.</summary>
    public FenceAddress Address { get; }

    /// <summary>Where leases, records and the event log lie.</summary>
    public IoContextHandle Metadata { get; }

    /// <summary>Whether the connection is being closed; long calls end at their next step.</summary>
    public bool IsClosed => _closed;

    /// <summary>Connects on a thread of its own, because rados_connect blocks and cannot be cancelled.</summary>
    public static async Task<CephConnection> ConnectAsync(
        CephStoreOptions options, BoundedThreads control, string purpose, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireLibraries();
        var attempt = Task.Factory.StartNew(
            () => Connect(options, control, purpose), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            // librados keeps the same bound; waiting a little longer lets its own answer come first.
            return await attempt.WaitAsync(options.ConnectTimeout + TimeSpan.FromMilliseconds(500), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The attempt goes on until librados gives it up; what it may still open is closed again.
            _ = attempt.ContinueWith(
                late => late.Result.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            if (e is OperationCanceledException)
                throw;
            throw Unreachable(options, "", CephErrors.TimedOut);
        }
    }

    /// <summary>Makes the exception for a return value, and remembers when it says that this connection is fenced.</summary>
    public BlockStoreException Failure(int result, string what, string? reason = null)
    {
        if (result == CephErrors.Shutdown)
            _fenced = true;
        return CephErrors.Failure(result, what, reason);
    }

    /// <summary>Throws for a negative return value.</summary>
    public void Check(int result, string what)
    {
        if (result < 0)
            throw Failure(result, what);
    }

    /// <summary>Fails when the connection is known to be fenced (for good) or closed.</summary>
    public void ThrowIfUnusable()
    {
        if (_fenced)
            throw CephErrors.Failure(CephErrors.Shutdown, $"use connection {Purpose} ({Address})");
        if (_closed)
            throw new BlockStoreException(ErrorKind.Unavailable, $"connection {Purpose} is closed");
    }

    /// <summary>Runs a blocking call on the shared control threads.</summary>
    public Task<T> ControlAsync<T>(Func<ClusterHandle, T> call, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        return _control.RunAsync(() => call(_cluster), cancellationToken).WaitAsync(cancellationToken);
    }

    /// <summary>Learns the latest map of the OSDs, which every request from now on carries.</summary>
    public Task<int> CatchUpAsync(CancellationToken cancellationToken) => ControlAsync(Rados.WaitForLatestOsdMap, cancellationToken);

    /// <summary>The context of a pool and namespace; blocks only when the pool is not known yet.</summary>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> for an unknown pool.</exception>
    public IoContextHandle Open(string pool, string ns)
    {
        ThrowIfUnusable();
        var id = Rados.LookUpPool(_cluster, pool);
        if (id < 0)
        {
            Forget(pool, ns);
            throw Failure((int)id, $"use pool {pool}");
        }
        if (_contexts.TryGetValue((pool, ns), out var known))
        {
            if (Rados.GetPoolId(known) == id)
                return known;
            Forget(pool, ns);
        }
        Check(Rados.CreateIoContext(_cluster, pool, out var handle), $"use pool {pool}");
        var io = new IoContextHandle(handle, _cluster);
        Rados.SetNamespace(io, ns);
        // Otherwise what librbd writes to a full pool waits for space, also when it removes an image.
        Rados.SetPoolFullTry(io);
        if (_contexts.TryAdd((pool, ns), io))
            return io;
        io.Dispose();
        return _contexts[(pool, ns)];
    }

    /// <summary>As <see cref="Open"/> for callers that may not block.</summary>
    public ValueTask<IoContextHandle> OpenAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        ThrowIfUnusable();
        return _contexts.TryGetValue((pool, ns), out var known)
            ? ValueTask.FromResult(known)
            : new ValueTask<IoContextHandle>(ControlAsync(_ => Open(pool, ns), cancellationToken));
    }

    /// <summary>Makes sure that a pool in which something was not found still exists.</summary>
    public Task RequirePoolAsync(string pool, string ns, CancellationToken cancellationToken) =>
        ControlAsync(_ => Open(pool, ns), cancellationToken);

    /// <summary>The name of a pool; its id as text when there is none any more.</summary>
    public Task<string> PoolNameAsync(long id, CancellationToken cancellationToken) => ControlAsync(
        cluster =>
        {
            var name = new byte[PoolNameBytesMax];
            unsafe
            {
                fixed (byte* b = name)
                {
                    var length = Rados.NameOfPool(cluster, id, b, PoolNameBytesMax);
                    return length < 0 ? id.ToString(System.Globalization.CultureInfo.InvariantCulture) : NativeText.Read(b);
                }
            }
        },
        cancellationToken);

    /// <summary>Runs a command of the monitors; blocks.</summary>
    /// <param name="json">The command.</param>
    /// <param name="what">For the error.</param>
    /// <returns>Its output.</returns>
    public unsafe byte[] MonitorCommand(byte[] json, string what)
    {
        var terminated = new byte[json.Length + 1];
        json.CopyTo(terminated, 0);
        fixed (byte* command = terminated)
        {
            var commands = command;
            var result = Rados.MonitorCommand(
                _cluster, &commands, 1, null, 0, out var output, out var outputLength, out var status, out var statusLength);
            try
            {
                var said = statusLength > 0 ? System.Text.Encoding.UTF8.GetString(status, (int)statusLength) : null;
                return result < 0 ? throw Failure(result, what, said) : new ReadOnlySpan<byte>(output, (int)outputLength).ToArray();
            }
            finally
            {
                Rados.FreeBuffer(output);
                Rados.FreeBuffer(status);
            }
        }
    }

    /// <summary>Refuses further calls and ends long ones at their next step; <see cref="DisposeAsync"/> follows.</summary>
    public void Refuse() => _closed = true;

    /// <summary>
    /// Closes the connection. Operations that still run keep librados alive until they end; this waits for a bounded time only.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _closed = true;
        var closing = Task.Factory.StartNew(Close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await closing.WaitAsync(_options.CloseTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The cluster cannot be reached: librados ends by itself after its own timeouts.
        }
    }

    private void Close()
    {
        Metadata.Dispose();
        foreach (var key in _contexts.Keys)
            Forget(key.Pool, key.Namespace);
        _cluster.Dispose();
    }

    private void Forget(string pool, string ns)
    {
        if (_contexts.TryRemove((pool, ns), out var io))
            io.Dispose();
    }

    private IoContextHandle OpenMetadata()
    {
        var result = Rados.CreateIoContext(_cluster, _options.MetadataPool, out var handle);
        if (result < 0)
            throw CephErrors.Failure(result, $"use pool {_options.MetadataPool} for leases, records and the journal");
        var io = new IoContextHandle(handle, _cluster);
        Rados.SetNamespace(io, _options.MetadataNamespace);
        return io;
    }

    private unsafe string ReadAddresses()
    {
        Check(Rados.GetAddresses(_cluster, out var addresses), "read this connection's address");
        try
        {
            return NativeText.Read(addresses);
        }
        finally
        {
            Rados.FreeBuffer(addresses);
        }
    }

    private static CephConnection Connect(CephStoreOptions options, BoundedThreads control, string purpose)
    {
        var created = Rados.Create(out var handle, "ceph", options.Client, 0);
        if (created < 0)
            throw CephErrors.Failure(created, $"make a Ceph client {options.Client}");
        var cluster = new ClusterHandle(handle);
        try
        {
            var read = Rados.ReadConfigFile(cluster, options.ConfigFile);
            if (read < 0)
                throw new BlockStoreException(ErrorKind.Unavailable, CephErrors.Failure(read, $"read {options.ConfigFile}").Message, -read);
            Configure(cluster, options);
            var connected = Rados.Connect(cluster);
            if (connected < 0)
                throw Unreachable(options, Setting(cluster, "mon_host"), connected);
            return new CephConnection(cluster, options, control, purpose);
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    private static void Configure(ClusterHandle cluster, CephStoreOptions options)
    {
        Set("client_mount_timeout", Seconds(options.ConnectTimeout));
        Set("rados_osd_op_timeout", Seconds(options.OsdOperationTimeout));
        Set("rados_mon_op_timeout", Seconds(options.MonitorOperationTimeout));
        foreach (var (option, value) in options.Overrides)
            Set(option, value);
        // The cache acknowledges writes that a later flush can fail, and that other nodes do not see.
        Set("rbd_cache", "false");

        void Set(string option, string value)
        {
            var result = Rados.SetConfig(cluster, option, value);
            if (result < 0)
                throw CephErrors.Failure(result, $"set the Ceph option {option} to '{value}'");
        }
    }

    private static string Seconds(TimeSpan time) =>
        Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static unsafe string Setting(ClusterHandle cluster, string option)
    {
        const int lengthMax = 1024;
        var buffer = stackalloc byte[lengthMax];
        return Rados.GetConfig(cluster, option, buffer, lengthMax) < 0 ? "" : NativeText.Read(buffer);
    }

    private static BlockStoreException Unreachable(CephStoreOptions options, string monitors, int result)
    {
        var target = monitors.Length > 0 ? $"the monitors {monitors} of {options.ConfigFile}" : $"the monitors of {options.ConfigFile}";
        var failure = CephErrors.Failure(result, $"connect to {target}", result switch
        {
            CephErrors.TimedOut => $"no answer within {options.ConnectTimeout.TotalSeconds:0.#} s",
            CephErrors.NotFound or CephErrors.NotPermitted or CephErrors.Denied => $"{options.Client} has no key on this machine, or none that is taken",
            _ => null,
        });
        return new BlockStoreException(
            failure.Kind is ErrorKind.PermissionDenied or ErrorKind.NotFound ? ErrorKind.PermissionDenied : ErrorKind.Unavailable, failure.Message, -result);
    }

    private static void RequireLibraries()
    {
        foreach (var (library, package) in new[] { (Rados.Library, "librados2"), (Rbd.Library, "librbd1") })
        {
            if (!System.Runtime.InteropServices.NativeLibrary.TryLoad(library, out _))
            {
                throw new BlockStoreException(
                    ErrorKind.Unavailable, $"cannot use Ceph: {library} is not installed on this machine (package {package})");
            }
        }
    }
}
