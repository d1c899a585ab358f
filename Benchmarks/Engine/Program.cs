using System.Diagnostics;
using Mooring.Benchmarks.Engine;

// engine-bench [--only TEXT] [--load-seconds N] measures; with a role as first argument it is one of the processes of a measurement.
switch (args.FirstOrDefault())
{
    case "tcp-echo":
        BaseLines.EchoTcp();
        return 0;
    case "remote-echo":
        RemoteLines.Echo();
        return 0;
    case "member":
        ClusterLines.Member(Nodes.Number(args[1]), args.Skip(2).Select(Nodes.Number));
        return 0;
    case "sharding":
        ShardingLines.Node(Nodes.Number(args[1]), args.Skip(2).Select(Nodes.Number));
        return 0;
    case "part":
        await PartAsync(args[1], new Report(isPart: true));
        return 0;
    default:
        return await MeasureAsync() ? 0 : 1;
}

string? Value(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

// Each part in a process of its own: what one leaves behind (threads, heap, compiled code) must not be measured with the next.
async Task<bool> MeasureAsync()
{
    var report = new Report(isPart: false);
    Console.WriteLine($"{EngineName} engine, {Environment.ProcessorCount} cores; official: Akka.NET 1.5.27, scaled by the base lines");
    foreach (var part in (string[])["cluster", "sqlite", "sharding", "remote", "local", "memory"])
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["part", part, .. args]) { RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync() is { } said)
            report.Take(said);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"part '{part}' ended with status {process.ExitCode}");
    }
    // A part of the lines is for the one who works on them; the file is the whole.
    return report.Write(Path.Combine(Nodes.Root(), "artifacts", "bench", Value("--only") is null ? "engine.json" : "engine-part.json"));
}

async Task PartAsync(string part, Report report)
{
    var only = Value("--only")?.Split(',');
    bool Wanted(string name) => only is null || only.Any(text => name.Contains(text.Trim(), StringComparison.OrdinalIgnoreCase));
    switch (part)
    {
        case "cluster":
            await ClusterLines.MeasureAsync(report, Wanted, TimeSpan.FromSeconds(Nodes.Number(Value("--load-seconds") ?? "10")));
            break;
        case "sqlite":
            await PersistenceLines.MeasureSqliteAsync(report, Wanted);
            break;
        case "sharding":
            await BaseLines.TcpAsync(report);
            await ShardingLines.MeasureAsync(report, Wanted);
            break;
        case "remote":
            await BaseLines.TcpAsync(report);
            await RemoteLines.MeasureAsync(report, Wanted);
            await BaseLines.TcpAsync(report);
            break;
        case "local":
            await BaseLines.ChannelAsync(report);
            await LocalLines.MeasureAsync(report, Wanted);
            await BaseLines.ChannelAsync(report);
            break;
        case "memory":
            await PersistenceLines.MeasureMemoryAsync(report, Wanted);
            await BaseLines.ChannelAsync(report);
            break;
        default:
            throw new ArgumentException($"there is no part '{part}'", nameof(part));
    }
}

internal static partial class Program
{
#if OFFICIAL_ENGINE
    public const string EngineName = "official";
#else
    public const string EngineName = "bundled";
#endif
}
