using System.Diagnostics;
using Mooring.Harness;

namespace Mooring.Benchmarks;

/// <summary>The command line of Mooring beside that of Ceph, each as a process from its start to its end, in turns, on a real Ceph.</summary>
internal static class CommandLine
{
    private const int Rounds = 40;

    public static async Task<bool> RunAsync()
    {
        await using var cluster = await BenchCluster.StartAsync(onCeph: true);
        Environment.SetEnvironmentVariable("MOORING_ENDPOINT", cluster.Nodes.Endpoint);
        (string Name, string[] Ours, string[] Theirs)[] pairs =
        [
            ("create", ["volume", "create", "rbd/ours-{0}", "1G"], ["create", "rbd/theirs-{0}", "--size", "1G"]),
            ("show", ["volume", "show", "rbd/ours-{0}"], ["info", "rbd/theirs-{0}"]),
            ("list", ["volume", "list", "rbd"], ["ls", "rbd"]),
            ("delete", ["volume", "delete", "rbd/ours-{0}"], ["rm", "--no-progress", "rbd/theirs-{0}"]),
        ];
        var (ours, theirs) = (pairs.ToDictionary(p => p.Name, _ => new List<double>()), pairs.ToDictionary(p => p.Name, _ => new List<double>()));
        for (var round = -2; round < Rounds; round++)
        {
            foreach (var (name, our, their) in pairs)
            {
                var took = await TimeAsync(Programs.Mooring, our, round);
                var beside = await TimeAsync("rbd", ["-c", cluster.CephConf!, .. their], round);
                if (round < 0)
                    continue;
                ours[name].Add(took);
                theirs[name].Add(beside);
            }
        }
        var report = new Report("cli");
        foreach (var (name, _, _) in pairs)
        {
            report.Add($"rbd: {name}, p50", "ms", Report.Percentile(theirs[name], 0.5));
            report.Add($"mooring volume {name}, p50", "ms", Report.Percentile(ours[name], 0.5));
            report.Add($"{name}, ours to theirs (median of {Rounds} pairs)", "x", Report.Percentile(ours[name].Zip(theirs[name], (a, b) => a / b), 0.5), 1);
        }
        return report.Write();
    }

    private static async Task<double> TimeAsync(string program, string[] arguments, int round)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(program, arguments.Select(a => a.Replace("{0}", $"{round}", StringComparison.Ordinal)))
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (_, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? clock.Elapsed.TotalMilliseconds : throw new HarnessException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }
}
