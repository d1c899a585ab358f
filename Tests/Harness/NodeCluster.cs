using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Mooring.Harness;

/// <summary>
/// Real <c>mooringd</c> processes on loopback addresses, or on hosts of their own, started again when they begin anew (<see cref="KeptProgram"/>). They end with the program
/// that started them. Who they are stands in <c>cluster.json</c>, which that program alone writes.
/// </summary>
public sealed class NodeCluster : IAsyncDisposable
{
    private static readonly TimeSpan IssueLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromMilliseconds(500), UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    {
        Timeout = TimeSpan.FromSeconds(2),
    };

    private readonly NodeClusterOptions _options;
    private NodeClusterState _state;
    private readonly Dictionary<string, KeptProgram> _programs = [];
    private readonly ConcurrentDictionary<string, string> _versions = new();
    private readonly Lock _file = new();
    private bool _ended;

    private NodeCluster(NodeClusterOptions options)
    {
        _options = options;
        Directory = Path.GetFullPath(options.Directory);
        var vip = options.Hosts?.Vip ?? $"127.0.{options.Subnet}.100";
        var cephConf = options.CephConf is null ? null : Path.GetFullPath(options.CephConf);
        var nodes = Enumerable.Range(1, options.Nodes).Select(i => new NodeState(
            $"node-{i}", options.Hosts?.AddressOf($"node-{i}") ?? $"127.0.{options.Subnet}.{10 + i}", options.ClusterPort, options.HttpPort, 0, null, 0, null,
            options.Hosts?.NamespaceOf($"node-{i}"))).ToList();
        _state = new NodeClusterState(
            ProcessIdentity.Own(), cephConf is null ? "embedded" : "ceph", $"{vip}:{options.HttpPort}", vip, cephConf, nodes);
        foreach (var node in nodes)
            _programs[node.Name] = new KeptProgram(environment => Start(node, environment), () => Changed(node.Name));
    }

    /// <summary>Where its state, logs and data lie.</summary>
    public string Directory { get; }

    /// <summary>Where clients reach it, <c>host:port</c>.</summary>
    public string Endpoint => _state.Endpoint;

    /// <summary><c>embedded</c> or <c>ceph</c>.</summary>
    public string Backend => _state.Backend;

    /// <summary>Ceph's configuration file, if there is one.</summary>
    public string? CephConf => _state.CephConf;

    /// <summary>Its nodes' names.</summary>
    public IReadOnlyList<string> NodeNames => [.. _state.Nodes.Select(n => n.Name)];

    /// <summary>Where the embedded store lies.</summary>
    public string DataDirectory => Path.Combine(Directory, "data");

    /// <summary>The CA of its nodes; null where they do not speak TLS.</summary>
    public string? CaFile => _options.Tls ? Path.Combine(TlsDirectory, "ca.pem") : null;

    /// <summary>An admin's token; null where none is asked for.</summary>
    public string? Token => _state.Token;

    private string TlsDirectory => Path.Combine(Directory, "tls");

    /// <summary>Starts a cluster and waits until every node says that it is ready.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="cancellationToken">Gives up; what was started is ended.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="HarnessException">Its addresses are taken, or a node ended or was not ready in time; the message holds the end of its log.</exception>
    public static async Task<NodeCluster> StartAsync(NodeClusterOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var cluster = new NodeCluster(options);
        if (options.Hosts is null)
            cluster.RequireFree();
        System.IO.Directory.CreateDirectory(options.Directory);
        try
        {
            if (options.Tls)
                await cluster.IssueAsync();
            foreach (var name in cluster.NodeNames)
                cluster.Launch(name, new Dictionary<string, string>());
            await cluster.WaitReadyAsync(options.StartLimit, cancellationToken);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
        return cluster;
    }

    /// <summary>Starts a node that has ended, with the same identity.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="environment">Further environment variables, for this start only.</param>
    public void Launch(string name, IReadOnlyDictionary<string, string> environment)
    {
        var program = Program(name);
        if (program.Process is { IsAlive: true })
            throw new HarnessException($"{name} runs already");
        program.Launch(environment);
    }

    /// <summary>Makes the nodes' certificates, anew when there are some, and what else they and their clients need.</summary>
    /// <returns>Completes when they are there.</returns>
    /// <exception cref="HarnessException">They cannot be made.</exception>
    public async Task IssueAsync()
    {
        System.IO.Directory.CreateDirectory(DataDirectory);
        string[] vips = [_state.Vip, .. _options.Hosts is { } hosts ? [hosts.Vip6] : (string[])[]];
        string[] store = !_options.Tokens ? [] : _state.CephConf is { } conf ? ["--ceph-conf", conf] : ["--data", DataDirectory];
        await Tool.RunAsync(
            Programs.Mooring,
            [
                "cluster", "init", TlsDirectory, "--json", .. _state.Nodes.SelectMany(n => (string[])["--node", $"{n.Name}={n.Address}"]), .. vips.SelectMany(v => (string[])["--vip", v]), .. store,
            ],
            IssueLimit);
        var token = _options.Tokens ? (await File.ReadAllTextAsync(Path.Combine(TlsDirectory, "admin.token"))).Trim() : null;
        lock (_file)
            _state = _state with { CaFile = CaFile, Token = token };
    }

    /// <summary>Replaces a node's program as an operator does: asks the node to end, and starts the other version on the same data.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="program">The other <c>mooringd</c>.</param>
    /// <param name="limit">How long it may take to end.</param>
    /// <returns>Completes when it was started.</returns>
    /// <exception cref="HarnessException">It did not end.</exception>
    public async Task ReplaceAsync(string name, string program, TimeSpan limit)
    {
        if (!await ProcessOf(name).TerminateAsync(limit))
            throw new HarnessException($"{name} did not end within {limit.TotalSeconds:0} s; its log ends with:\n{LogEnd(name)}");
        _versions[name] = program;
        Launch(name, new Dictionary<string, string>());
    }

    /// <summary>Waits until every running node is in the cluster and knows an owner of the virtual IP.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when they are ready.</returns>
    /// <exception cref="HarnessException">A node ended, or was not ready in time.</exception>
    public async Task WaitReadyAsync(TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var clock = Stopwatch.StartNew();
        // One that was killed before stays out of it.
        foreach (var name in NodeNames.Where(n => Program(n).Ended is null))
        {
            while (!await IsReadyAsync(name))
            {
                if (Program(name).Ended is { } how)
                    throw new HarnessException($"{name} {how} while it started; its log ends with:\n{LogEnd(name)}");
                if (clock.Elapsed > limit)
                    throw new HarnessException($"{name} was not ready within {limit.TotalSeconds:0} s; its log ends with:\n{LogEnd(name)}");
                await Task.Delay(PollInterval, cancellationToken);
            }
        }
    }

    /// <summary>Whether a node says that it is ready.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether it does.</returns>
    public async Task<bool> IsReadyAsync(string name)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri($"{(_options.Tls ? "https" : "http")}://{EndpointOf(name)}/health/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A node's present process, or its last.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The process.</returns>
    public ProcessIdentity ProcessOf(string name) => Program(name).Process ?? throw new HarnessException($"{name} was not started");

    /// <summary>Whether a node has ended for good; one that begins anew has not, though it may have no process for a moment.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether it has.</returns>
    public bool HasEnded(string name) => Program(name).Ended is not null;

    /// <summary>How often a node was started again because it had to begin anew.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>How often.</returns>
    public int RestartsOf(string name) => Program(name).Restarts;

    /// <summary>Where a node's own HTTP endpoint listens, <c>host:port</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The endpoint.</returns>
    public string EndpointOf(string name) => $"{Node(name).Address}:{Node(name).HttpPort}";

    /// <summary>A node's address as a member of the cluster.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The address, <c>akka.tcp://mooring@host:port</c>.</returns>
    public string MemberOf(string name) => $"akka.tcp://mooring@{Node(name).Address}:{Node(name).Port}";

    /// <summary>Ends a node at once (SIGKILL); it stays dead until it is launched.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Completes when its process is gone.</returns>
    public Task KillAsync(string name) => Program(name).KillAsync();

    /// <summary>Where a node's log lies.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The file.</returns>
    public string LogFile(string name) => Path.Combine(Directory, $"{name}.log");

    /// <summary>The last lines of a node's log.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="lines">How many.</param>
    /// <returns>The lines.</returns>
    public string LogEnd(string name, int lines = 15) =>
        File.Exists(LogFile(name)) ? string.Join('\n', File.ReadLines(LogFile(name)).TakeLast(lines)) : "(no log)";

    /// <summary>Asks every node to leave in order, and forgets the cluster. Data and logs stay.</summary>
    /// <returns>Completes when all processes are gone.</returns>
    public Task StopAsync() => EndAsync(program => program.TerminateAsync(TimeSpan.FromSeconds(30)));

    /// <summary>Ends every node at once, and forgets the cluster.</summary>
    /// <returns>Completes when all processes are gone.</returns>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(program => program.KillAsync());
        _http.Dispose();
    }

    // Another cluster at these addresses would answer in its place.
    private void RequireFree()
    {
        foreach (var endpoint in NodeNames.Select(EndpointOf).Append(Endpoint))
        {
            try
            {
                using var listener = new TcpListener(IPEndPoint.Parse(endpoint));
                listener.Start();
            }
            catch (SocketException e)
            {
                throw new HarnessException($"cannot listen on {endpoint} ({e.Message}): does another cluster run there?", e);
            }
        }
    }

    private async Task EndAsync(Func<KeptProgram, Task> end)
    {
        await Task.WhenAll(_programs.Values.Select(end));
        lock (_file)
        {
            _ended = true;
            NodeClusterState.Forget(Directory);
        }
    }

    private Process Start(NodeState node, IReadOnlyDictionary<string, string> environment)
    {
        var mooringd = _versions.GetValueOrDefault(node.Name) ?? _options.Program ?? Programs.Mooringd;
        if (!File.Exists(mooringd))
            throw new HarnessException($"{mooringd} is not there: build first");
        var seeds = string.Join(',', _state.Nodes.Select(n => $"{n.Address}:{n.Port}"));
        List<string> arguments =
        [
            "--name", node.Name, "--address", node.Address, "--port", $"{node.Port}", "--http-port", $"{node.HttpPort}", "--vip", _state.Vip,
            "--seed", seeds, "--backend", _state.Backend, "--data", DataDirectory,
        ];
        if (_state.CephConf is { } conf)
            arguments.AddRange(["--ceph-conf", conf]);
        if (_options.Hosts is { } hosts)
            arguments.AddRange(["--set", "vip.mode=linux", "--set", $"vip.more-addresses=[\"{hosts.Vip6}\"]"]);
        if (_options.Tls)
        {
            var own = Path.Combine(TlsDirectory, node.Name);
            arguments.AddRange(["--set", $"tls.certificate={own}.pem", "--set", $"tls.key={own}.key", "--set", $"tls.authority={CaFile}"]);
        }
        if (_options.Tokens)
            arguments.AddRange(["--set", "http.tokens=on", "--set", "audit.enabled=on"]);
        foreach (var setting in _options.Settings)
            arguments.AddRange(["--set", setting]);
        var start = _options.Hosts?.On(node.Name, mooringd, arguments) ?? new ProcessStartInfo(mooringd, arguments);
        foreach (var (key, value) in Programs.MooringdEnvironment.Concat(_options.Environment).Concat(environment))
            start.Environment[key] = value;
        return Children.Start(start, LogFile(node.Name));
    }

    private void Changed(string name)
    {
        if (Program(name).Ended is { } how)
            _options.Tell?.Invoke($"{name} {how}");
        else if (Program(name) is { Restarts: > 0 } program)
            _options.Tell?.Invoke($"{name} runs as {program.Process?.Pid}; it has begun anew {program.Restarts} times");
        lock (_file)
        {
            if (_ended)
                return;
            var nodes = _state.Nodes.Select(n => (State: n, Program: Program(n.Name))).Select(n => n.State with
            {
                Pid = n.Program.Process?.Pid ?? 0, Process = n.Program.Process, Restarts = n.Program.Restarts, Ended = n.Program.Ended,
            });
            (_state with { Nodes = [.. nodes] }).Write(Directory);
        }
    }

    private KeptProgram Program(string name) => _programs.GetValueOrDefault(name) ?? throw new HarnessException($"there is no node {name}");

    private NodeState Node(string name) => _state.Nodes.Find(n => n.Name == name) ?? throw new HarnessException($"there is no node {name}");
}
