using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mooring.Harness;

/// <summary>
/// Hosts of their own on this machine: network namespaces, each with one interface (eth0) on a common bridge. This program is on the bridge too, as
/// the clients. Each namespace is held by a process that ends with this program, and everything is gone then.
/// </summary>
public sealed partial class HostNetwork : IAsyncDisposable
{
    private const int NewNetwork = 0x4000_0000;
    private const int FirstNumber = 11;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(5);

    private static readonly Lazy<string?> _whyNot = new(FindWhyNot);

    private readonly int _subnet;
    private readonly IReadOnlyList<string> _hosts;
    private readonly Dictionary<string, ProcessIdentity> _holders = [];

    private HostNetwork(int subnet, IReadOnlyList<string> hosts) => (_subnet, _hosts) = (subnet, hosts);

    /// <summary>Why there cannot be one here; null when there can.</summary>
    public static string? WhyNot => _whyNot.Value;

    /// <summary>The address that the hosts share.</summary>
    public string Vip => $"10.213.{_subnet}.100";

    /// <summary>And one of IPv6.</summary>
    public string Vip6 => $"fd00:213:{_subnet}::100";

    /// <summary>Makes hosts.</summary>
    /// <param name="subnet">The third number of their addresses, 10.213.<c>subnet</c>.11 and up; others that run at the same time take other ones.</param>
    /// <param name="hosts">Their names.</param>
    /// <returns>The hosts, whose interfaces are up.</returns>
    /// <exception cref="HarnessException">They cannot be made.</exception>
    public static async Task<HostNetwork> StartAsync(int subnet, IReadOnlyList<string> hosts)
    {
        if (WhyNot is { } reason)
            throw new HarnessException(reason);
        var network = new HostNetwork(subnet, hosts);
        try
        {
            foreach (var name in hosts.Append(""))
                network._holders[name] = Hold();
            await network.WireAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another address of the hosts' network.</summary>
    public string Address(int last) => $"10.213.{_subnet}.{last}";

    /// <summary>A host's address.</summary>
    public string AddressOf(string host) => $"10.213.{_subnet}.{Number(host)}";

    /// <summary>A host's hardware address.</summary>
    public string MacOf(string host) => $"02:d5:00:00:{_subnet:x2}:{Number(host):x2}";

    /// <summary>The file that a host's namespace is entered by, as with nsenter --net.</summary>
    public string NamespaceOf(string host) => $"/proc/{_holders[host].Pid}/ns/net";

    /// <summary>How to start a program on a host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What to start. The process that is started is the program's.</returns>
    public ProcessStartInfo On(string host, string program, IEnumerable<string> arguments) => new("nsenter", [$"--net={NamespaceOf(host)}", program, .. arguments]);

    /// <summary>Runs a program on a host to its end.</summary>
    /// <param name="host">The host.</param>
    /// <param name="command">The program and its arguments, separated by blanks.</param>
    /// <returns>What it said.</returns>
    /// <exception cref="HarnessException">It did not end well.</exception>
    public Task<string> RunAsync(string host, string command)
    {
        var start = On(host, "sh", ["-c", command]);
        return Tool.RunAsync(start.FileName, start.ArgumentList, _limit);
    }

    /// <summary>Pulls a host's cable, or plugs it in again.</summary>
    /// <param name="host">The host.</param>
    /// <param name="on">Whether it is plugged in.</param>
    /// <exception cref="HarnessException">It cannot be done.</exception>
    public Task PlugAsync(string host, bool on) => RunAsync("", $"ip link set port{Number(host) - FirstNumber} {(on ? "up" : "down")}");

    /// <summary>Why links cannot be cut in part here (<see cref="CutAsync"/>); null when they can.</summary>
    public static string? WhyNoCuts => WhyNot ?? (Tool.IsThere("nft") ? null : "cutting links in part needs the program nft (nftables)");

    /// <summary>Everything that is sent from one host to another, for <see cref="CutAsync"/>; null is any.</summary>
    public string Frames(string? from, string? to) =>
        string.Join(' ', new[] { (Side: "iifname", Host: from), (Side: "oifname", Host: to) }.Where(s => s.Host is not null).Select(s => $"{s.Side} port{Number(s.Host!) - FirstNumber}"));

    /// <summary>What is sent from one host's own address to another's, for <see cref="CutAsync"/>; what concerns the shared address is not.</summary>
    public string Packets(string from, string to) => $"ip saddr {AddressOf(from)} ip daddr {AddressOf(to)}";

    /// <summary>Drops frames where the links meet, until <see cref="MendAsync"/>; what was dropped before passes again.</summary>
    /// <param name="what">Which.</param>
    /// <exception cref="HarnessException">It cannot be done.</exception>
    public Task CutAsync(params IEnumerable<string> what) => FilterAsync(string.Concat(what.Select(frames => $"{frames} drop; ")));

    /// <summary>Drops no frames any more.</summary>
    /// <exception cref="HarnessException">It cannot be done.</exception>
    public Task MendAsync() => FilterAsync("");

    /// <summary>Runs something on a thread of its own whose sockets are a host's.</summary>
    /// <param name="host">The host.</param>
    /// <param name="action">What to run.</param>
    /// <returns>What it gave.</returns>
    public Task<T> InAsync<T>(string host, Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        // It ends with the thread: no other work ever runs there.
        new Thread(() =>
        {
            try
            {
                Enter(NamespaceOf(host));
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true, Name = host,
        }.Start();
        return done.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var holder in _holders.Values)
            await holder.KillAsync();
    }

    private int Number(string host) => FirstNumber + _hosts.ToList().IndexOf(host);

    // In one step.
    private Task FilterAsync(string rules) =>
        RunAsync("", $"nft 'add table bridge harm; delete table bridge harm; table bridge harm {{ chain cut {{ type filter hook forward priority 0; {rules}}}; }}'");

    private static string? FindWhyNot()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "hosts of their own need Linux and root";
        if (new[] { "ip", "unshare", "nsenter" }.FirstOrDefault(program => !Tool.IsThere(program)) is { } missing)
            return $"hosts of their own need the program {missing} (iproute2, util-linux)";
        // Root in a container may not be allowed to.
        using var trial = Process.Start(new ProcessStartInfo("unshare", ["--net", "ip", "link", "add", "br0", "type", "bridge"]) { RedirectStandardError = true })!;
        var said = trial.StandardError.ReadToEnd();
        trial.WaitForExit();
        return trial.ExitCode == 0 ? null : $"hosts of their own cannot be made here: {said.Trim().ReplaceLineEndings(" ")}";
    }

    private static ProcessIdentity Hold()
    {
        using var process = Children.Start(new ProcessStartInfo("unshare", ["--net", "sleep", "infinity"]));
        var own = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)?.Name;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < _limit; Thread.Sleep(_pollInterval))
        {
            if (ProcessIdentity.Of(process.Id) is not { } holder)
                break;
            if (ProcessIdentity.NameOf(process.Id) == "sleep" && File.ResolveLinkTarget($"/proc/{process.Id}/ns/net", returnFinalTarget: false)?.Name != own)
                return holder;
        }
        throw new HarnessException("a network namespace cannot be made (unshare --net)");
    }

    private async Task WireAsync()
    {
        var hub = _holders[""].Pid;
        var links = _hosts.Select((host, i) => (Name: $"port{i}", Pid: _holders[host].Pid, Inside: "eth0", Number: Number(host), Enter: $"nsenter --net={NamespaceOf(host)} "))
            .Append((Name: "client", Pid: Environment.ProcessId, Inside: $"mooring{_subnet}", Number: 1, Enter: ""))
            .ToList();
        var script = new List<string> { "set -e", "at_hub() { nsenter --net=" + NamespaceOf("") + " \"$@\"; }", "at_hub ip link add br0 type bridge", "at_hub ip link set br0 up" };
        foreach (var link in links)
        {
            var mac = $"02:d5:00:00:{_subnet:x2}:{link.Number:x2}";
            script.Add($"ip link add {link.Name} netns {hub} type veth peer name {link.Inside} address {mac} netns {link.Pid}");
            script.Add($"at_hub ip link set {link.Name} master br0 up");
            script.Add($"{link.Enter}ip link set lo up");
            script.Add($"{link.Enter}ip addr add 10.213.{_subnet}.{link.Number}/24 dev {link.Inside}");
            script.Add($"{link.Enter}ip addr add fd00:213:{_subnet}::{link.Number}/64 dev {link.Inside} nodad");
            script.Add($"{link.Enter}ip link set {link.Inside} up");
        }
        await Tool.RunAsync("sh", ["-c", string.Join('\n', script)], _limit);
    }

    private static void Enter(string file)
    {
        var descriptor = Open(file, 0);
        if (descriptor < 0)
            throw new HarnessException($"{file} cannot be opened");
        var entered = SetNamespace(descriptor, NewNetwork);
        _ = Close(descriptor);
        if (entered != 0)
            throw new HarnessException($"{file} cannot be entered");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "setns")]
    private static partial int SetNamespace(int descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
