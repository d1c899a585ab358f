using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Harness;

namespace Mooring.Benchmarks;

/// <summary>A system that puts one address on one of several hosts, and another one when that host fails.</summary>
internal interface IAddressSystem
{
    /// <summary>What it is called.</summary>
    string Name { get; }

    /// <summary>The address.</summary>
    string Address { get; }

    /// <summary>Where connections to the address are accepted.</summary>
    int Port { get; }

    /// <summary>Waits until all its parts run and one host has the address.</summary>
    /// <returns>That host.</returns>
    Task<string> WholeAsync();

    /// <summary>Ends its part on a host at once (SIGKILL).</summary>
    /// <param name="host">The host.</param>
    /// <param name="withService">Whether nothing accepts connections there any more either.</param>
    Task KillAsync(string host, bool withService);

    /// <summary>Starts its part on a host again.</summary>
    Task RestoreAsync(string host);
}

/// <summary>
/// Debian's keepalived, one on each host, and a listener on each that accepts whatever comes. A host that comes back does not take the address back
/// (nopreempt): that would be a second move.
/// </summary>
internal sealed class Keepalived : IAddressSystem, IAsyncDisposable
{
    private const int FirstPriority = 150, PriorityStep = 50;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly HostNetwork _hosts;
    private readonly IReadOnlyList<string> _nodes;
    private readonly string _directory;
    private readonly Dictionary<string, ProcessIdentity> _processes = [];
    private readonly Dictionary<string, Socket> _listeners = [];

    private Keepalived(HostNetwork hosts, IReadOnlyList<string> nodes, string directory, string name, int id) =>
        (_hosts, _nodes, _directory, Name, Address, Port) = (hosts, nodes, directory, name, hosts.Address(id), id);

    public string Name { get; }

    public string Address { get; }

    public int Port { get; }

    /// <summary>Why it is not measured here; null when it is.</summary>
    public static string? WhyNot => HostNetwork.WhyNot ?? (Package.IsThere("keepalived") || Package.CanInstall ? null : "keepalived is not installed, and installing it needs root and apt-get");

    /// <summary>Starts it everywhere.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="nodes">Those of them that it runs on.</param>
    /// <param name="directory">Where its files may lie.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="id">The last number of its address, its router's id and its port.</param>
    /// <param name="globals">What else its configuration says of all.</param>
    /// <param name="advertise">What it says of advertisements.</param>
    public static async Task<Keepalived> StartAsync(HostNetwork hosts, IReadOnlyList<string> nodes, string directory, string name, int id, string globals, string advertise)
    {
        await Package.InstallAsync("keepalived");
        var system = new Keepalived(hosts, nodes, directory, name, id);
        foreach (var (node, i) in nodes.Select((node, i) => (node, i)))
        {
            await File.WriteAllTextAsync(system.FileOf(node, "conf"), $$"""
                global_defs { router_id {{node}}
                {{globals}} }
                vrrp_instance address {
                    state BACKUP
                    nopreempt
                    interface eth0
                    virtual_router_id {{id}}
                    priority {{FirstPriority - (i * PriorityStep)}}
                    {{advertise}}
                    virtual_ipaddress { {{system.Address}}/32 dev eth0 }
                }
                """);
            await system.RestoreAsync(node);
        }
        return system;
    }

    public async Task<string> WholeAsync()
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            var have = new List<string>();
            foreach (var node in _nodes)
            {
                if ((await _hosts.RunAsync(node, "ip -o addr show dev eth0")).Contains($" {Address}/", StringComparison.Ordinal))
                    have.Add(node);
            }
            if (have.Count == 1 && _processes.Values.All(p => p.IsAlive))
                return have[0];
            if (clock.Elapsed > Limit)
                throw new HarnessException($"{Name}: {string.Join(" and ", have)} have the address; see {_directory}");
        }
    }

    public async Task KillAsync(string host, bool withService)
    {
        if (withService && _listeners.Remove(host, out var listener))
            listener.Dispose();
        await _processes[host].KillAsync();
    }

    public async Task RestoreAsync(string host)
    {
        // What a killed one has left there.
        await _hosts.RunAsync(host, $"ip addr del {Address}/32 dev eth0 2>/dev/null || true");
        if (!_listeners.ContainsKey(host))
            _listeners[host] = await _hosts.InAsync(host, () => Listen(Port));
        string[] files = [.. new[] { "pid", "vrrp" }.Select(kind => FileOf(host, kind))];
        foreach (var file in files)
            File.Delete(file);
        // In a process namespace of their own it and its child end at once: one that outlived the other would clean up.
        string[] start =
        [
            "--pid", "--fork", "--kill-child", "keepalived", "--dont-fork", "--log-console", "--vrrp", $"--use-file={FileOf(host, "conf")}", $"--pid={files[0]}", $"--vrrp_pid={files[1]}",
        ];
        using var process = Children.Start(_hosts.On(host, "unshare", start), FileOf(host, "log"));
        _processes[host] = ProcessIdentity.Of(process.Id) ?? throw new HarnessException($"keepalived ends at once; see {FileOf(host, "log")}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners.Values)
            listener.Dispose();
        foreach (var process in _processes.Values)
            await process.KillAsync();
    }

    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        listener.Listen();
        _ = AcceptAsync(listener);
        return listener;
    }

    private static async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                (await listener.AcceptAsync()).Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private string FileOf(string node, string kind) => Path.Combine(_directory, $"keepalived-{Port}-{node}.{kind}");
}
