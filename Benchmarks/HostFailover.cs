using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;

namespace Mooring.Benchmarks;

/// <summary>
/// The owner of an address on hosts of their own is killed, or cut off: how long clients on the same link cannot connect, and how long two hosts
/// accept. Mooring and two configurations of keepalived, each with an address of its own, on the same hosts in turns. Mooring's node accepts connections
/// itself; of keepalived's host the service may be killed with it, or go on. And what clients notice when Mooring is told to move the address.
/// </summary>
internal static class HostFailover
{
    private const int Kills = 50;
    private const int Few = 10;
    private const int Subnet = 8;
    private const string Killed = "killed", KilledAlone = "killed, not its service", CutOff = "cut off", Moved = "moved";

    private static readonly string[] Nodes = ["node-1", "node-2", "node-3"];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // After a lifetime of two seconds, and after keepalived has moved.
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(3), WatchedAfterMove = TimeSpan.FromSeconds(0.5);

    public static async Task<bool> RunAsync(int? kills)
    {
        if ((HostNetwork.WhyNot ?? Keepalived.WhyNot) is { } reason)
            throw new HarnessException(reason);
        var directory = WorkDirectory.Create(".run", "keepalived-");
        await using var hosts = await HostNetwork.StartAsync(Subnet, [.. Nodes, "client"]);
        await using var cluster = await BenchCluster.StartAsync(hosts: hosts);
        using var mooring = new MooringOnHosts(cluster.Nodes, hosts.Vip);
        await using var byDefault = await Keepalived.StartAsync(hosts, Nodes, directory, "keepalived 1 s", 101, "", "advert_int 1");
        await using var eager = await Keepalived.StartAsync(hosts, Nodes, directory, "keepalived 0.1 s", 102, "vrrp_version 3", "advert_int 0.1");
        var rounds = new List<Round>();
        IAddressSystem[] all = [mooring, byDefault, eager];
        var few = Math.Min(Few, kills ?? Kills);
        foreach (var (harm, times, systems) in new[] { (Killed, kills ?? Kills, all), (KilledAlone, few, all[1..]), (CutOff, few, all), (Moved, 2 * few, [mooring]) })
        {
            for (var i = 0; i < times; i++)
            {
                foreach (var system in systems)
                    rounds.Add(await RoundAsync(hosts, system, harm, all));
            }
        }
        Directory.Delete(directory, recursive: true);
        return Tell(rounds);
    }

    private static bool Tell(List<Round> rounds)
    {
        var report = new Report("failover-hosts");
        foreach (var of in rounds.GroupBy(r => (r.Harm, r.System)))
        {
            var (harm, system) = of.Key;
            var ours = system == MooringOnHosts.Called;
            double? wanted = !ours ? null : harm switch { Killed => 500, Moved => 50, _ => 3000 };
            report.Add($"{harm}: {system}, {of.Count()} rounds: away, p50", "ms", Report.Percentile(of.Select(r => r.AwayMs), 0.5), wanted);
            report.Add($"{harm}: {system}: away, max", "ms", of.Max(r => r.AwayMs), ours && harm == Killed ? 1000 : null);
            report.Add($"{harm}: {system}: two hosts accept, max", "ms", of.Max(r => r.BothMs), ours ? 0 : null);
            report.Add($"{harm}: {system}: the first has it, max", "ms", of.Max(r => r.KeptMs));
            report.Add($"{harm}: {system}: has it when looked last", "rounds", of.Count(r => r.KeptStill), ours ? 0 : null);
        }
        return report.Write();
    }

    private static async Task<Round> RoundAsync(HostNetwork hosts, IAddressSystem system, string harm, IReadOnlyList<IAddressSystem> all)
    {
        foreach (var each in all)
            await each.WholeAsync();
        var owner = await system.WholeAsync();
        var client = AddressEye.OpenAsClient(hosts, "client", system.Port, system.Address);
        var inside = Nodes.ToDictionary(node => node, node => AddressEye.OpenInside(hosts, node, system.Port, system.Address));
        var has = AddressEye.OpenForAddress(hosts, owner, system.Address);
        await UntilAsync($"{system.Name}: a client can connect", () => client.Accepted.Count > 50);

        var struck = Stopwatch.GetTimestamp();
        await (harm == CutOff ? hosts.PlugAsync(owner, on: false) : system is MooringOnHosts asked && harm == Moved ? asked.MoveAsync() : system.KillAsync(owner, withService: harm == Killed));
        await UntilAsync(
            $"{system.Name}: another host accepts, and a client can connect",
            () => inside.Any(i => i.Key != owner && i.Value.Accepted is [var first, ..] && Stopwatch.GetElapsedTime(first.Begin) > WatchedAfterMove)
                && client.Accepted[^1] is var last && inside.Where(i => i.Key != owner).Any(i => i.Value.Accepted is [var first, ..] && first.End < last.Begin)
                && Stopwatch.GetElapsedTime(struck) > Watched);
        foreach (var eye in inside.Values.Append(client).Append(has))
            await eye.CloseAsync();
        var ended = Stopwatch.GetTimestamp();
        // What was moved comes back by itself.
        await (harm == CutOff ? hosts.PlugAsync(owner, on: true) : harm == Moved ? Task.CompletedTask : system.RestoreAsync(owner));

        var kept = has.Accepted[^1].End;
        var both = inside.Where(i => i.Key != owner).SelectMany(i => i.Value.During(inside[owner])).OrderBy(look => look.Begin).ToList();
        var round = new Round(
            system.Name, harm, client.LongestGap().TotalMilliseconds, both is [] ? 0 : Stopwatch.GetElapsedTime(both[0].Begin, both[^1].End).TotalMilliseconds,
            Math.Max(0, Stopwatch.GetElapsedTime(struck, kept).TotalMilliseconds), Stopwatch.GetElapsedTime(kept, ended) < WatchedAfterMove / 2);
        Console.WriteLine($"{system.Name}: {owner} {harm}: away {round.AwayMs:0} ms, two hosts accept {round.BothMs:0} ms, the first has it {round.KeptMs:0} ms{(round.KeptStill ? " and goes on" : "")}");
        return round;
    }

    private static async Task UntilAsync(string what, Func<bool> holds)
    {
        for (var clock = Stopwatch.StartNew(); !holds(); await Task.Delay(20))
        {
            if (clock.Elapsed > Limit)
                throw new HarnessException($"not within {Limit.TotalSeconds:0} s: {what}");
        }
    }

    private sealed record Round(string System, string Harm, double AwayMs, double BothMs, double KeptMs, bool KeptStill);

    private sealed class MooringOnHosts(NodeCluster nodes, string address) : IAddressSystem, IDisposable
    {
        public const string Called = "Mooring";

        private readonly MooringClient _client = new(new MooringClientOptions { Endpoint = nodes.Endpoint, Timeout = Limit });

        public string Name => Called;

        public string Address => address;

        public int Port => BenchCluster.HttpPort;

        public async Task<string> WholeAsync()
        {
            await nodes.WaitReadyAsync(Limit);
            for (var clock = Stopwatch.StartNew(); (await _client.ListNodesAsync()).Count(n => n.State == "up") < nodes.NodeNames.Count; await Task.Delay(50))
            {
                if (clock.Elapsed > Limit)
                    throw new HarnessException("not all nodes came back");
            }
            return (await _client.GetVipAsync()).Owner!;
        }

        public Task KillAsync(string host, bool withService) => nodes.KillAsync(host);

        public Task MoveAsync() => _client.MoveVipAsync();

        public Task RestoreAsync(string host)
        {
            nodes.Launch(host, new Dictionary<string, string>());
            return Task.CompletedTask;
        }

        public void Dispose() => _client.Dispose();
    }
}
