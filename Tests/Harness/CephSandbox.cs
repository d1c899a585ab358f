using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Mooring.Harness;

/// <summary>
/// A throw-away Ceph on this machine: one monitor, one manager, three OSDs that keep everything in memory, on one loopback address.
/// Everything else is as Ceph's defaults say, authentication as well, so that what is measured is what users get.
/// </summary>
public sealed class CephSandbox : IAsyncDisposable
{
    private const int OsdCount = 3;

    private static readonly string[] _packages = ["ceph-mon", "ceph-osd", "ceph-mgr", "ceph-common", "librbd1", "librados2"];
    private static readonly string[] _programs = ["ceph-mon", "ceph-osd", "ceph-mgr", "ceph", "rbd", "monmaptool"];
    private static readonly TimeSpan _toolLimit = TimeSpan.FromSeconds(120);

    private readonly ConcurrentDictionary<string, KeptProgram> _daemons = new();
    private readonly Lock _file = new();
    private CephSandboxState _state;
    private bool _ready;
    private bool _stopped;

    private CephSandbox(string directory, CephSandboxState state)
    {
        Directory = directory;
        _state = state;
    }

    /// <summary>Where everything lies.</summary>
    public string Directory { get; }

    /// <summary>The configuration file that clients take.</summary>
    public string ConfPath => Path.Combine(Directory, "ceph.conf");

    private string KeyringPath => Path.Combine(Directory, "keyring");

    /// <summary>The monitor, <c>address:port</c>.</summary>
    public string Monitor => _state.Monitor;

    /// <summary>The program that started it, and that it ends with.</summary>
    public ProcessIdentity Owner => _state.Owner;

    /// <summary>The daemons by name: <c>mon.a</c>, <c>mgr.x</c>, <c>osd.0</c> …</summary>
    public IReadOnlyDictionary<string, ProcessIdentity> Daemons => _state.Daemons;

    /// <summary>Why Ceph cannot be run on this machine; null when it can (it may have to be installed first).</summary>
    public static string? WhyNot =>
        !OperatingSystem.IsLinux() ? "Ceph runs on Linux only"
        : IsInstalled ? null
        : !Tool.IsThere("apt-get") ? "Ceph is not installed and there is no apt-get"
        : !Environment.IsPrivilegedProcess ? "Ceph is not installed and installing it needs root"
        : null;

    /// <summary>Whether the programs are there.</summary>
    public static bool IsInstalled => _programs.All(Tool.IsThere);

    /// <summary>Installs Debian's packages when they are missing.</summary>
    /// <param name="log">Told what is done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when the programs are there.</returns>
    public static async Task InstallAsync(Action<string>? log = null, CancellationToken cancellationToken = default)
    {
        if (IsInstalled)
            return;
        if (WhyNot is { } reason)
            throw new HarnessException(reason);
        log?.Invoke($"installing {string.Join(' ', _packages)}");
        await Package.InstallAsync(_packages, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The Ceph that runs in a directory, whoever started it.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The Ceph, or null when there is none (any more).</returns>
    public static CephSandbox? Find(string directory) =>
        Read(directory) is { Owner.IsAlive: true } state ? new CephSandbox(Path.GetFullPath(directory), state) : null;

    /// <summary>Starts one that ends with this program. What a killed one has left in the directory goes first.</summary>
    /// <param name="options">What it looks like.</param>
    /// <param name="log">Told what is done.</param>
    /// <param name="cancellationToken">Gives up; what was started is stopped.</param>
    /// <returns>A Ceph whose pools can be used.</returns>
    public static async Task<CephSandbox> StartAsync(CephSandboxOptions options, Action<string>? log = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await InstallAsync(log, cancellationToken).ConfigureAwait(false);
        if (Find(options.Directory) is { } running)
            throw new HarnessException($"a Ceph runs in {options.Directory} already, started by process {running.Owner.Pid}");
        var directory = Path.GetFullPath(options.Directory);
        if (System.IO.Directory.Exists(directory))
            System.IO.Directory.Delete(directory, recursive: true);

        var clock = Stopwatch.StartNew();
        var sandbox = new CephSandbox(directory, new CephSandboxState(ProcessIdentity.Own(), $"{options.Address}:{FreePort(options.Address)}", []));
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(options.Limit);
        try
        {
            await sandbox.StartDaemonsAsync(options, timer.Token).ConfigureAwait(false);
            log?.Invoke($"Ceph is ready at {sandbox.Monitor} after {clock.Elapsed.TotalSeconds:0.0} s");
            return sandbox;
        }
        catch (Exception e)
        {
            var logs = sandbox.LastLines();
            await sandbox.StopAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw new HarnessException($"Ceph did not start within {clock.Elapsed.TotalSeconds:0} s: {e.Message}\n{logs}", e);
        }
    }

    /// <summary>Stops the OSDs from running, as if the network to them were gone, until the result is disposed.</summary>
    /// <returns>Lets them go on.</returns>
    public async Task<IAsyncDisposable> PauseOsdsAsync()
    {
        var osds = Daemons.Where(daemon => daemon.Key.StartsWith("osd.", StringComparison.Ordinal)).Select(daemon => daemon.Value).ToList();
        await Task.WhenAll(osds.Select(osd => osd.StopAsync())).ConfigureAwait(false);
        return new Pause(osds);
    }

    /// <summary>Stops exactly the daemons that were started here; the directory stays for a look at the logs.</summary>
    /// <returns>Completes when they are gone.</returns>
    public async Task StopAsync()
    {
        // Nothing is worth keeping, so nothing is asked.
        await Task.WhenAll(_daemons.Values.Select(daemon => daemon.KillAsync())).ConfigureAwait(false);
        lock (_file)
        {
            _stopped = true;
            File.Delete(StatePath(Directory));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task StartDaemonsAsync(CephSandboxOptions options, CancellationToken cancellationToken)
    {
        foreach (var folder in new[] { "mon", "mgr", "run", "log" }.Concat(Enumerable.Range(0, OsdCount).Select(i => $"osd-{i}")))
            System.IO.Directory.CreateDirectory(Path.Combine(Directory, folder));
        var fsid = Guid.NewGuid();
        await File.WriteAllTextAsync(ConfPath, Configuration(options, fsid), cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(KeyringPath, CephKeyring.New(OsdCount), cancellationToken).ConfigureAwait(false);

        var monmap = Path.Combine(Directory, "monmap");
        await RunAsync("monmaptool", ["--create", "--fsid", $"{fsid}", "--addv", "a", $"[v1:{Monitor}]", monmap], cancellationToken).ConfigureAwait(false);
        await RunAsync("ceph-mon", ["-c", ConfPath, "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", KeyringPath], cancellationToken).ConfigureAwait(false);
        Start("mon", "a");

        // The ids are given out in order; each OSD can start as soon as it has one.
        await Task.WhenAll(Enumerable.Range(0, OsdCount).Select(_ => CephAsync(["osd", "create"], cancellationToken))).ConfigureAwait(false);
        Start("mgr", "x");
        await Task.WhenAll(Enumerable.Range(0, OsdCount).Select(async id =>
        {
            await RunAsync("ceph-osd", ["-c", ConfPath, "-i", $"{id}", "--mkfs"], cancellationToken).ConfigureAwait(false);
            Start("osd", $"{id}");
        })).ConfigureAwait(false);

        await Task.WhenAll(options.Pools.Select(async pool =>
        {
            await CephAsync(["osd", "pool", "create", pool, "32", "32"], cancellationToken).ConfigureAwait(false);
            // Writes to the pool, so it returns when the pool takes writes.
            await RunAsync("rbd", ["-c", ConfPath, "pool", "init", pool], cancellationToken).ConfigureAwait(false);
        })).ConfigureAwait(false);
        _ready = true;
    }

    private string Configuration(CephSandboxOptions options, Guid fsid) => $"""
        [global]
        fsid = {fsid}
        mon host = [v1:{Monitor}]
        mon initial members = a
        public addr = {options.Address}
        cluster addr = {options.Address}
        ms bind msgr2 = false
        keyring = {KeyringPath}
        osd objectstore = memstore
        memstore device bytes = {options.MemoryBytes}
        osd crush chooseleaf type = 0
        osd pool default size = {OsdCount}
        osd pool default pg num = 32
        osd pool default pg autoscale mode = off
        mgr initial modules =
        paxos propose interval = {options.CollectingTime.TotalSeconds.ToString(CultureInfo.InvariantCulture)}
        mon data = {Directory}/mon
        mgr data = {Directory}/mgr
        osd data = {Directory}/osd-$id
        run dir = {Directory}/run
        pid file = {Directory}/run/$name.pid
        admin socket = {Directory}/run/$name.$pid.asok
        log file = {Directory}/log/$name.log
        mon cluster log file = {Directory}/log/cluster.log
        [client]
        log file =
        pid file =
        admin socket =

        """;

    private void Start(string kind, string id)
    {
        var name = $"{kind}.{id}";
        var start = new ProcessStartInfo($"ceph-{kind}", ["-f", "-c", ConfPath, "-i", id]);
        // Ceph 16 sometimes greets the monitor before it has learned its fsid, is refused ("wrong fsid") and ends.
        var program = _daemons[name] = new KeptProgram(
            _ => Children.Start(start, Path.Combine(Directory, "log", $"{name}.out")), Changed, _ => !_ready);
        program.Launch(new Dictionary<string, string>());
    }

    private void Changed()
    {
        lock (_file)
        {
            var daemons = _daemons.Where(p => p.Value.Process is not null).ToDictionary(p => p.Key, p => p.Value.Process!);
            _state = _state with { Daemons = daemons };
            if (!_stopped)
                File.WriteAllText(StatePath(Directory), JsonSerializer.Serialize(_state, HarnessJson.Default.CephSandboxState));
        }
    }

    /// <summary>Runs one of Ceph's own programs on this cluster; it must succeed.</summary>
    /// <param name="program">Such as <c>rbd</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="HarnessException">It did not end well; the message holds what it said.</exception>
    public Task<string> RunAsync(string program, params string[] arguments) =>
        program == "ceph" ? CephAsync(arguments, CancellationToken.None) : RunAsync(program, ["-c", ConfPath, .. arguments], CancellationToken.None);

    /// <summary>Makes another user, whose key clients of this cluster find as that of any other.</summary>
    /// <param name="name">Its name, without <c>client.</c>.</param>
    /// <param name="osd">What it may do on OSDs, such as <c>profile rbd pool=rbd</c>.</param>
    /// <returns>Completes when it is there.</returns>
    public async Task AddUserAsync(string name, string osd)
    {
        var entry = await RunAsync("ceph", "auth", "get-or-create", $"client.{name}", "mon", CephKeyring.MooringOnMonitors, "osd", osd).ConfigureAwait(false);
        await File.AppendAllTextAsync(KeyringPath, entry).ConfigureAwait(false);
    }

    /// <summary>What a cluster answers to a command of <c>ceph</c>.</summary>
    internal static async Task<string> AskAsync(string confPath, string[] command, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunAsync("ceph", ["-c", confPath, "--connect-timeout", "30", .. command], cancellationToken).ConfigureAwait(false);
            }
            catch (HarnessException e) when (attempt < 5 && e.Message.Contains("command descriptions", StringComparison.Ordinal))
            {
                // As for the daemons: refused in its greeting, before it has sent the command.
            }
        }
    }

    private Task<string> CephAsync(string[] command, CancellationToken cancellationToken) => AskAsync(ConfPath, command, cancellationToken);

    private static Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        Tool.RunAsync(program, arguments, _toolLimit, cancellationToken);

    private static int FreePort(string address)
    {
        for (var port = 6789; port < 6889; port++)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Parse(address), port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
        throw new HarnessException($"no port from 6789 to 6888 is free at {address}");
    }

    private static CephSandboxState? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(StatePath(directory)), HarnessJson.Default.CephSandboxState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string LastLines()
    {
        var folder = Path.Combine(Directory, "log");
        return !System.IO.Directory.Exists(folder) ? "" : string.Join('\n', System.IO.Directory.GetFiles(folder)
            .SelectMany(file => File.ReadLines(file).TakeLast(3).Select(line => $"{Path.GetFileName(file)}: {line}")));
    }

    private static string StatePath(string directory) => Path.Combine(directory, "sandbox.json");

    private sealed class Pause(List<ProcessIdentity> paused) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            paused.ForEach(osd => osd.Continue());
            return default;
        }
    }
}
