using System.Diagnostics;
using System.Xml.Linq;

namespace Mooring.Harness;

/// <summary>Runs every test project, the fast ones first, and counts.</summary>
public static class TestRun
{
    private static readonly string[] Projects = ["Pure", "Files", "Actors", "Assumptions", "Storage", "Simulation", "Cluster"];

    /// <summary>Builds, tests, and prints the closing line.</summary>
    /// <param name="configuration">Debug or Release.</param>
    /// <param name="filter">As <c>dotnet test --filter</c> takes it; null for everything.</param>
    /// <param name="projects">Only these projects; empty for all.</param>
    /// <returns>0 when nothing failed.</returns>
    public static async Task<int> RunAsync(string configuration, string? filter, IReadOnlyList<string> projects)
    {
        if (await DotNet.BuildAsync(configuration) != 0)
        {
            Console.WriteLine("the build failed; no test was run");
            Console.WriteLine("0 passed, 1 failed, 0 skipped");
            return 1;
        }
        var (passed, failed, skipped) = (0, 0, 0);
        foreach (var project in Projects.Where(p => projects.Count == 0 || projects.Contains(p, StringComparer.OrdinalIgnoreCase)))
        {
            var watch = Stopwatch.StartNew();
            var results = Path.GetFullPath($"artifacts/test-results/{project}.trx");
            Directory.CreateDirectory(Path.GetDirectoryName(results)!);
            File.Delete(results);
            List<string> arguments =
            [
                "test", $"Tests/{project}/Mooring.Tests.{project}.csproj", "--no-build", "-c", configuration, "--nologo", "-v", "quiet",
                "--logger", $"trx;LogFileName={results}", "--logger", "console;verbosity=minimal",
            ];
            if (filter is not null)
                arguments.AddRange(["--filter", filter]);
            var status = await DotNet.RunAsync([.. arguments]);
            var counts = File.Exists(results) ? Count(results) : (Passed: 0, Failed: 0, Skipped: 0);
            // A test host that died has failed, whatever it had counted.
            if (status != 0 && counts.Failed == 0)
                counts.Failed = 1;
            (passed, failed, skipped) = (passed + counts.Passed, failed + counts.Failed, skipped + counts.Skipped);
            Console.WriteLine($"{project}: {counts.Passed} passed, {counts.Failed} failed, {counts.Skipped} skipped in {watch.Elapsed.TotalSeconds:0} s");
        }
        Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private static (int Passed, int Failed, int Skipped) Count(string results)
    {
        var root = XDocument.Load(results).Root!;
        var ns = root.Name.Namespace;
        foreach (var test in root.Descendants(ns + "UnitTestResult").Where(r => (string?)r.Attribute("outcome") == "NotExecuted"))
        {
            var why = test.Descendants(ns + "Message").FirstOrDefault()?.Value ?? test.Descendants(ns + "StdOut").FirstOrDefault()?.Value ?? "no reason given";
            Console.WriteLine($"skipped: {(string?)test.Attribute("testName")}: {why.Trim()}");
        }
        var counters = root.Descendants(ns + "Counters").First();
        int Number(string name) => (int?)counters.Attribute(name) ?? 0;
        var total = root.Descendants(ns + "UnitTestResult").Count();
        var (passed, failed) = (Number("passed"), Number("failed") + Number("error") + Number("timeout") + Number("aborted"));
        return (passed, failed, total - passed - failed);
    }
}
