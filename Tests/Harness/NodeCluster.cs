using System.Diagnostics;
using System.Text.Json;

namespace Mooring.Harness;

/// <summary>
/// Real <c>mooringd</c> processes on loopback addresses, in sessions of their own, so that they outlive the program that started them. What
/// is needed to find them again stands in <c>cluster.json</c>.
/// </summary>
public sealed class NodeCluster : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(500), UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(2),
    };

    private NodeClusterState _state;

    private NodeCluster(string directory, NodeClusterState state)
    {
        Directory = directory;
        _state = state;
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

    private string StateFile => Path.Combine(Directory, "cluster.json");

    /// <summary>The cluster whose state lies in a directory, or null.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The cluster.</returns>
    public static NodeCluster? Find(string directory)
    {
        var file = Path.Combine(directory, "cluster.json");
        return File.Exists(file)
            ? new NodeCluster(directory, JsonSerializer.Deserialize(File.ReadAllText(file), HarnessJson.Default.NodeClusterState)!)
            : null;
    }

    /// <summary>Starts a cluster and waits until every node says that it is ready.</summary>
    /// <param name="options">What to start.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="HarnessException">A node ended, or was not ready in time; the message holds the end of its log.</exception>
    public static async Task<NodeCluster> StartAsync(NodeClusterOptions options)
    {
        System.IO.Directory.CreateDirectory(options.Directory);
        var directory = Path.GetFullPath(options.Directory);
        var vip = $"127.0.{options.Subnet}.100";
        var nodes = Enumerable.Range(1, options.Nodes).Select(i => new NodeState(
            $"node-{i}", $"127.0.{options.Subnet}.{10 + i}", options.ClusterPort, options.HttpPort, 0, null, null)).ToList();
        var cluster = new NodeCluster(directory, new NodeClusterState(
            options.CephConf is null ? "embedded" : "ceph",
            $"{vip}:{options.HttpPort}",
            vip,
            options.CephConf is null ? null : Path.GetFullPath(options.CephConf),
            nodes,
            options.Configuration,
            [.. options.Settings],
            new Dictionary<string, string>(options.Environment),
            options.Program));
        try
        {
            foreach (var name in cluster.NodeNames)
                cluster.Launch(name, new Dictionary<string, string>());
            await cluster.WaitReadyAsync(options.StartLimit);
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
        var node = Node(name);
        if (node.Process is { IsAlive: true })
            throw new HarnessException($"{name} runs already");
        var program = _state.Program ?? Programs.PathOf(Programs.NodeProject, _state.Configuration);
        if (!File.Exists(program))
            throw new HarnessException($"{program} is not there: build first");
        var seeds = string.Join(',', _state.Nodes.Select(n => $"{n.Address}:{n.Port}"));
        List<string> arguments =
        [
            program, "--name", name, "--address", node.Address, "--port", $"{node.Port}", "--http-port", $"{node.HttpPort}", "--vip", _state.Vip,
            "--seed", seeds, "--backend", _state.Backend, "--data", DataDirectory,
        ];
        if (_state.CephConf is { } conf)
            arguments.AddRange(["--ceph-conf", conf]);
        foreach (var setting in _state.Settings)
            arguments.AddRange(["--set", setting]);
        // setsid and sh replace themselves, so the process that is started is the node.
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true };
        foreach (var argument in (string[])["sh", "-c", "exec \"$@\" >> \"$MOORING_LOG\" 2>&1 < /dev/null", "sh", .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["MOORING_LOG"] = LogFile(name);
        foreach (var (key, value) in _state.Environment.Concat(environment))
            start.Environment[key] = value;
        using var process = Process.Start(start) ?? throw new HarnessException("setsid does not start");
        process.StandardInput.Close();
        var identity = ProcessIdentity.Of(process.Id);
        if (identity is not null)
            Interruption.Ends(identity);
        Set(node with { Pid = process.Id, Process = identity });
    }

    /// <summary>Waits until every running node is in the cluster and knows an owner of the virtual IP.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>Completes when they are ready.</returns>
    /// <exception cref="HarnessException">A node ended, or was not ready in time.</exception>
    public async Task WaitReadyAsync(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        foreach (var name in NodeNames.Where(n => Node(n).Process is not null))
        {
            while (!await IsReadyAsync(name))
            {
                if (!Node(name).Process!.IsAlive)
                    throw new HarnessException($"{name} ended while it started; its log ends with:\n{LogEnd(name)}");
                if (clock.Elapsed > limit)
                    throw new HarnessException($"{name} was not ready within {limit.TotalSeconds:0} s; its log ends with:\n{LogEnd(name)}");
                await Task.Delay(PollInterval);
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
            using var response = await _http.GetAsync(new Uri($"http://{Node(name).Address}:{Node(name).HttpPort}/health/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A node's process.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The process.</returns>
    public ProcessIdentity ProcessOf(string name) => Node(name).Process ?? throw new HarnessException($"{name} was not started");

    /// <summary>Where a node's own HTTP endpoint listens, <c>host:port</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The endpoint.</returns>
    public string EndpointOf(string name) => $"{Node(name).Address}:{Node(name).HttpPort}";

    /// <summary>Ends a node at once (SIGKILL).</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Completes when its process is gone.</returns>
    public Task KillAsync(string name) => ProcessOf(name).KillAsync();

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
    public async Task StopAsync()
    {
        await Task.WhenAll(_state.Nodes.Where(n => n.Process is { IsAlive: true }).Select(n => n.Process!.TerminateAsync(TimeSpan.FromSeconds(30))));
        File.Delete(StateFile);
    }

    /// <summary>Ends every node at once, and forgets the cluster.</summary>
    /// <returns>Completes when all processes are gone.</returns>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_state.Nodes.Where(n => n.Process is { IsAlive: true }).Select(n => n.Process!.KillAsync()));
        File.Delete(StateFile);
        _http.Dispose();
    }

    private NodeState Node(string name) => _state.Nodes.Find(n => n.Name == name) ?? throw new HarnessException($"there is no node {name}");

    private void Set(NodeState node)
    {
        _state = _state with { Nodes = [.. _state.Nodes.Select(n => n.Name == node.Name ? node : n)] };
        File.WriteAllText(StateFile, JsonSerializer.Serialize(_state, HarnessJson.Default.NodeClusterState));
    }
}

/// <summary>What is remembered of a running cluster: <c>cluster.json</c>.</summary>
internal sealed record NodeClusterState(
    string Backend,
    string Endpoint,
    string Vip,
    string? CephConf,
    List<NodeState> Nodes,
    string Configuration,
    List<string> Settings,
    Dictionary<string, string> Environment,
    string? Program = null);

/// <summary>What is remembered of a node.</summary>
internal sealed record NodeState(string Name, string Address, int Port, int HttpPort, int Pid, string? Namespace, ProcessIdentity? Process);
