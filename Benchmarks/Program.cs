using System.Globalization;
using Mooring.Benchmarks;
using Mooring.Harness;

Directory.SetCurrentDirectory(SourceRoot.Path);
var names = args.Where(a => a[0] != '-').ToList();
var onCeph = args.Contains("--ceph");
int? kills = args.FirstOrDefault(a => a.StartsWith("--kills=", StringComparison.Ordinal)) is { } said ? int.Parse(said[8..], CultureInfo.InvariantCulture) : null;
var all = new Dictionary<string, Func<Task<bool>>>
{
    ["volume-latency"] = VolumeLatency.RunAsync,
    ["embedded"] = () => Embedded.RunAsync(args.FirstOrDefault(a => a.StartsWith("--against=", StringComparison.Ordinal))?[10..]),
    ["cli"] = CommandLine.RunAsync,
    ["start-up"] = StartUp.RunAsync,
    ["busy"] = Busy.RunAsync,
    ["takeover"] = () => Takeover.RunAsync(onCeph),
    ["failover"] = () => args.Contains("--hosts") ? HostFailover.RunAsync(kills) : Failover.RunAsync(onCeph),
    ["files"] = () => FilesBench.RunAsync(kills),
};
if (args.Contains("--help"))
{
    Console.WriteLine($"usage: bench [{string.Join(" | ", all.Keys)}]... [--ceph | --hosts] [--against=DIR] [--kills=N]    all of them when none is named");
    return 0;
}
if (names.Find(n => !all.ContainsKey(n)) is { } unknown)
{
    Console.Error.WriteLine($"there is no benchmark '{unknown}'; there are: {string.Join(", ", all.Keys)}");
    return 2;
}
using var interruption = Interruption.Handle();
var met = true;
foreach (var (name, run) in all.Where(b => names.Count == 0 || names.Contains(b.Key)))
{
    Console.WriteLine($"== {name}");
    met &= await run();
}
return met ? 0 : 1;
