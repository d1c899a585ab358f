using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Mooring.Harness;

/// <summary>
/// The process behind <c>up</c> and <c>ceph up</c>: what it starts runs as long as it does, and ends with it. It takes orders, one line each, at a
/// socket beside its options.
/// </summary>
internal sealed class Supervisor
{
    private readonly SupervisorOptions _options;
    private readonly TaskCompletionSource<string> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeCluster? _cluster;

    private Supervisor(SupervisorOptions options) => _options = options;

    /// <summary>Runs what a file of options says until SIGTERM comes.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string optionsFile)
    {
        var options = JsonSerializer.Deserialize(await File.ReadAllTextAsync(optionsFile), HarnessJson.Default.SupervisorOptions)!;
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            await new Supervisor(options).RunAsync(SupervisorLink.SocketOf(optionsFile), stop.Token);
            return 0;
        }
        catch (Exception e) when (e is HarnessException or OperationCanceledException)
        {
            Say(e.Message);
            return 1;
        }
        finally
        {
            File.Delete(SupervisorLink.SocketOf(optionsFile));
        }
    }

    private async Task RunAsync(string socketFile, CancellationToken stop)
    {
        File.Delete(socketFile);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(socketFile));
        socket.Listen();
        var orders = TakeOrdersAsync(socket, stop);
        CephSandbox? ceph = null;
        HostNetwork? hosts = null;
        try
        {
            if (_options.Hosts)
                hosts = await HostNetwork.StartAsync(_options.Subnet, [.. Enumerable.Range(1, _options.Nodes).Select(i => $"node-{i}")]);
            if (_options.CephDirectory is { } directory)
                ceph = await CephSandbox.StartAsync(new CephSandboxOptions { Directory = directory }, Say, stop);
            if (_options.Nodes > 0)
            {
                _cluster = await NodeCluster.StartAsync(new NodeClusterOptions
                {
                    Directory = _options.Directory,
                    Nodes = _options.Nodes,
                    Subnet = _options.Subnet,
                    Hosts = hosts,
                    HttpPort = _options.HttpPort,
                    ClusterPort = _options.ClusterPort,
                    CephConf = ceph?.ConfPath ?? _options.CephConf,
                    Tls = !_options.Plain,
                    Tokens = !_options.Plain,
                    Tell = Say,
                }, stop);
            }
            _started.SetResult("ok");
            await orders;
        }
        finally
        {
            if (_cluster is not null)
                await _cluster.StopAsync();
            if (hosts is not null)
                await hosts.DisposeAsync();
            if (ceph is not null)
                await ceph.StopAsync();
        }
    }

    private async Task TakeOrdersAsync(Socket socket, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = ObeyAsync(await socket.AcceptAsync(stop));
            }
            catch (OperationCanceledException)
            {
                // Asked to end.
            }
        }
    }

    private async Task ObeyAsync(Socket connection)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            using var reader = new StreamReader(stream);
            await using var writer = new StreamWriter(stream) { AutoFlush = true };
            var order = await reader.ReadLineAsync() ?? "";
            var started = await _started.Task;
            await writer.WriteLineAsync(order.Split(' ') is ["start", var node] ? await StartAsync(node) : started);
        }
        catch (IOException)
        {
            // Whoever asked has gone away.
        }
    }

    private async Task<string> StartAsync(string node)
    {
        try
        {
            if (_cluster is null)
                return "there are no nodes";
            _cluster.Launch(node, new Dictionary<string, string>());
            await _cluster.WaitReadyAsync(TimeSpan.FromSeconds(60));
            return "ok";
        }
        catch (HarnessException e)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    private static void Say(string line) => Console.WriteLine($"[{DateTime.UtcNow:HH:mm:ss.fff}] {line}");
}

/// <summary>What a <see cref="Supervisor"/> runs: a Ceph when it has a directory for one, nodes when there are any, on hosts of their own if wanted.</summary>
internal sealed record SupervisorOptions(
    string Directory, int Nodes, string? CephDirectory, string? CephConf, int Subnet = 0, int HttpPort = 8470, int ClusterPort = 4053, bool Hosts = false, bool Plain = false);
