#!/usr/bin/env dotnet
// The build program of the repository: dotnet run build.cs -- COMMAND. It needs the .NET 10 SDK and nothing else to start. What shows or tests
// clusters is built by it first (Tests/Harness): this file stays small, so that the first command begins soon.
#:property PublishAot=false

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

Directory.SetCurrentDirectory(Repository.Root());
Children.EndWithParent();
var rest = args.Skip(1).ToArray();
return args.FirstOrDefault() switch
{
    "demo" => Programs.Run(Programs.Demo, args),
    "up" => Programs.Run(rest.Contains("--node") ? Programs.Present : Programs.Cluster, args),
    "down" or "status" => Programs.Run(Programs.Present, args),
    "ceph" when rest is ["up"] or ["down"] => Programs.Run(rest is ["up"] ? Programs.Demo : Programs.Present, args),
    "test" => TestRun.Run(rest),
    "simulate" => Children.Run("dotnet", ["run", "--project", "Tests/Simulation", "-c", "Release", "--", .. rest]),
    "chaos" => ChaosRun.Run(rest),
    "bench" => Children.Run("dotnet", ["run", "--project", "Benchmarks", "-c", "Release", "--", .. rest]),
    "build" when rest is [] or ["--release"] => Solution.Build(rest is [] ? "Debug" : "Release"),
    "publish" when rest is [] => Solution.Publish(),
    "format" when rest is [] => Children.Run("dotnet", ["format", "Cluster.sln"]),
    "clean" when rest is [] => Solution.Clean(),
    "help" or "--help" or "-h" => Help(Console.Out, 0),
    null => Help(Console.Error, 2),
    _ => NotUnderstood(args),
};

static int Help(TextWriter to, int status)
{
    to.WriteLine("""
        dotnet run build.cs -- COMMAND

          demo [--ceph | --hosts] [--json]
                                       three nodes, 20 volumes, a long copy, kill -9 of the owner, the result from the next owner
          demo files [--ceph] [--json] a file goes on being written when kill -9 hits its writer, and is kept once
          test [PROJECT...] [--filter EXPRESSION]
                                       every test; the last line is N passed, N failed, N skipped
          up [--nodes 3] [--ceph | --hosts] [--plain]
                                       a cluster that stays, with logs and data in .run; kill -9 one of its nodes and see. --hosts: each node in a
                                       network namespace of its own, with a real address (root). --plain: without TLS and tokens
          up --node NAME               starts a node of it that was killed
          status                       shows its nodes and where the virtual IP is
          down                         ends it, and its Ceph; the data of nodes without Ceph stay in .run/data
          simulate [--seeds 1000]      whole clusters on virtual time; --first N; --seed N [--trace] repeats one; --rounds N
          chaos [--minutes 5] [--ceph] operations of all kinds, each checked, while nodes are killed, stopped and cut off from their Ceph
          bench [NAME]                 benchmarks; tables, and artifacts/bench/*.json
          ceph up | ceph down          a throw-away Ceph that stays (Debian, root: installs Ceph's packages)
          build [--release]            the whole solution
          publish                      self-standing mooringd and mooring in artifacts/
          format                       the code's layout
          clean                        removes what builds have left
        """);
    return status;
}

static int NotUnderstood(string[] args)
{
    Console.Error.WriteLine($"build: not understood: {string.Join(' ', args)}");
    return Help(Console.Error, 2);
}

/// <summary>The programs that commands need, built when their sources have changed.</summary>
internal static class Programs
{
    public const string Harness = "Tests/Harness/Mooring.Harness.csproj";
    public const string Client = "Hosts/Cli/mooring.csproj";

    /// <summary>For a demo: the harness, which brings the node.</summary>
    public static readonly string[] Demo = [Harness];

    /// <summary>For a cluster that people try.</summary>
    public static readonly string[] Cluster = [Harness, Client];

    /// <summary>For commands to what runs already: as it was built then.</summary>
    public static readonly string[] Present = [];

    private const string Output = "bin/Release/net10.0";
    private static readonly string[] Folders = ["Actors", "Hosts", "Messages", "Storage", "Tests/Harness"];

    public static int Run(string[] projects, string[] arguments)
    {
        var program = Path.GetFullPath(PathOf(Harness));
        if (projects.Length == 0 && !File.Exists(program))
            projects = Demo;
        var status = Build(projects, arguments.Contains("--json"));
        return status != 0 ? status : Children.Run(program, arguments);
    }

    private static int Build(string[] projects, bool quiet)
    {
        var stamp = Stamp();
        foreach (var project in projects)
        {
            var built = Path.Combine(Path.GetDirectoryName(project)!, "obj/Release/sources.stamp");
            var first = !File.Exists(PathOf(project));
            if (!first && File.Exists(built) && File.ReadAllText(built) == stamp)
                continue;
            if (!quiet)
                Console.WriteLine($"building {project}{(first ? ": the first time takes about a minute" : "")}");
            // The analyzers take a third of the time; what is changed later does not go past them.
            string[] analysis = first ? ["-p:Fast=true"] : [];
            using var compiler = new Compiler();
            var (status, said) = Children.Start("dotnet", ["build", project, "-c", "Release", "--nologo", "-v", "quiet", "-clp:ErrorsOnly", .. analysis, .. compiler.Arguments]);
            if (status.Result != 0)
            {
                Console.Error.WriteLine($"{said.Result}\nbuild: {project} does not build");
                return status.Result;
            }
            File.WriteAllText(built, stamp);
        }
        return 0;
    }

    private static string PathOf(string project) =>
        Path.Combine(Path.GetDirectoryName(project)!, Output, Path.GetFileNameWithoutExtension(project));

    /// <summary>A hash of the sources' names, lengths and times of change.</summary>
    private static string Stamp()
    {
        var files = Folders
            .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            .Concat(new DirectoryInfo(".").EnumerateFiles().Where(file => file.Extension is ".props" or ".hocon" or ".json" or ".editorconfig"))
            .Select(file => (File: file, Name: Path.GetRelativePath(".", file.FullName)))
            .Where(file => !file.Name.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(file => $"{file.Name} {file.File.Length} {file.File.LastWriteTimeUtc.Ticks}\n")
            .Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files))));
    }
}

/// <summary>Runs the test that does harm to a cluster for as long as one likes.</summary>
internal static class ChaosRun
{
    public static int Run(string[] arguments)
    {
        var onCeph = arguments.Contains("--ceph");
        var rest = arguments.Where(a => a != "--ceph").ToArray();
        if (rest is not ([] or ["--minutes", _]) || (rest is [_, var text] && !int.TryParse(text, out _)))
        {
            Console.Error.WriteLine("build: usage: chaos [--minutes N] [--ceph]");
            return 2;
        }
        if (Solution.Build("Release") != 0)
            return 1;
        Environment.SetEnvironmentVariable("MOORING_CHAOS_MINUTES", rest is [_, var minutes] ? minutes : "5");
        var report = $"artifacts/chaos-{(onCeph ? "ceph" : "embedded")}.txt";
        // A fresh clone has no such directory.
        Directory.CreateDirectory("artifacts");
        File.Delete(report);
        var status = Children.Run("dotnet",
        [
            "test", "Tests/Cluster", "-c", "Release", "--no-build", "--nologo",
            "--filter", $"FullyQualifiedName~{(onCeph ? "CephClusterTests" : "ChaosTests")}.Operations_of_all_kinds_take_effect_once_whatever_happens",
        ]);
        if (File.Exists(report))
            Console.WriteLine(File.ReadAllText(report));
        return status;
    }
}

/// <summary>Runs every test project and counts.</summary>
internal static class TestRun
{
    // Two at a time, for two cores; those that start clusters of real processes have the machine to themselves.
    private static readonly string[][][] Stages = [[["Pure", "Files", "Storage"], ["Assumptions", "Actors", "Simulation"]], [["Cluster"]]];

    /// <summary>Builds, tests, and prints the closing line. The tests run what is delivered: release builds.</summary>
    public static int Run(string[] arguments)
    {
        var at = Array.IndexOf(arguments, "--filter");
        var filter = at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
        var chosen = arguments.Where((_, i) => at < 0 || (i != at && i != at + 1)).ToArray();
        var all = Stages.SelectMany(stage => stage).SelectMany(lane => lane).ToArray();
        if (chosen.FirstOrDefault(name => !all.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            Console.Error.WriteLine($"build: there is no test project '{unknown}'; there are: {string.Join(", ", all)}");
            return 2;
        }
        var clock = Stopwatch.StartNew();
        if (Solution.Build("Release") != 0)
        {
            Console.WriteLine("the build failed; no test was run");
            Console.WriteLine("0 passed, 1 failed, 0 skipped");
            return 1;
        }
        Console.WriteLine($"built in {clock.Elapsed.TotalSeconds:0} s");
        Directory.CreateDirectory("artifacts/test-results");
        var (passed, failed, skipped) = (0, 0, 0);
        foreach (var stage in Stages)
        {
            var lanes = stage.Select(lane => new Queue<string>(
                lane.Where(p => chosen.Length == 0 || chosen.Contains(p, StringComparer.OrdinalIgnoreCase)))).ToArray();
            var running = new Project?[lanes.Length];
            while (true)
            {
                for (var lane = 0; lane < lanes.Length; lane++)
                {
                    if (running[lane] is { Ended.IsCompleted: true } ended)
                    {
                        var counts = ended.Tell();
                        (passed, failed, skipped) = (passed + counts.Passed, failed + counts.Failed, skipped + counts.Skipped);
                        running[lane] = null;
                    }
                    if (running[lane] is null && lanes[lane].TryDequeue(out var next))
                        running[lane] = new Project(next, filter);
                }
                var pending = running.OfType<Project>().Select(p => p.Ended).ToArray();
                if (pending.Length == 0)
                    break;
                Task.WaitAny(pending);
            }
        }
        Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    /// <summary>A test project that runs. What it says is told as a whole, when it has ended.</summary>
    private sealed class Project
    {
        private readonly string _name;
        private readonly string _results;
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Task<int> _process;
        private readonly Task<string> _said;

        public Project(string name, string? filter)
        {
            _name = name;
            _results = Path.GetFullPath($"artifacts/test-results/{name}.trx");
            File.Delete(_results);
            string[] filtered = filter is null ? [] : ["--filter", filter];
            (_process, _said) = Children.Start("dotnet",
            [
                "test", $"Tests/{name}/bin/Release/net10.0/Mooring.Tests.{name}.dll", "--nologo", "-v", "quiet",
                "--logger", $"trx;LogFileName={_results}", "--logger", "console;verbosity=minimal", .. filtered,
            ]);
            Ended = Task.WhenAll(_process, _said);
        }

        public Task Ended { get; }

        public (int Passed, int Failed, int Skipped) Tell()
        {
            if (_said.Result.Length > 0)
                Console.WriteLine(_said.Result);
            var counts = File.Exists(_results) ? Count(_results) : (Passed: 0, Failed: 0, Skipped: 0);
            // A test host that died has failed, whatever it had counted.
            if (_process.Result != 0 && counts.Failed == 0)
                counts.Failed = 1;
            Console.WriteLine($"{_name}: {counts.Passed} passed, {counts.Failed} failed, {counts.Skipped} skipped in {_clock.Elapsed.TotalSeconds:0} s");
            return counts;
        }
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

/// <summary>The whole solution.</summary>
internal static class Solution
{
    public static int Build(string configuration)
    {
        using var compiler = new Compiler();
        return Children.Run("dotnet", ["build", "Cluster.sln", "-c", configuration, "--nologo", "-v", "minimal", "-clp:ErrorsOnly;Summary", .. compiler.Arguments]);
    }

    public static int Publish()
    {
        foreach (var (project, folder) in new[] { ("Hosts/StorageNode/mooringd.csproj", "artifacts/mooringd"), (Programs.Client, "artifacts/mooring") })
        {
            var status = Children.Run(
                "dotnet", ["publish", project, "-c", "Release", "--nologo", "-v", "minimal", "-o", folder, "--use-current-runtime", "--self-contained"]);
            if (status != 0)
                return status;
        }
        return 0;
    }

    public static int Clean()
    {
        var folders = Directory.EnumerateFiles(".", "*.csproj", SearchOption.AllDirectories).Select(Path.GetDirectoryName).Distinct();
        foreach (var left in folders.SelectMany(folder => (string[])[$"{folder}/bin", $"{folder}/obj"]).Append("artifacts").Where(Directory.Exists))
            Directory.Delete(left, recursive: true);
        return 0;
    }
}

/// <summary>Stays loaded from project to project of one build, which takes a third less time for it, and ends with it.</summary>
internal sealed class Compiler : IDisposable
{
    private static readonly string Id = $"mooring-build-{Environment.ProcessId}";

    public string[] Arguments { get; } = ["-p:UseSharedCompilation=true", $"-p:SharedCompilationId={Id}"];

    public void Dispose()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (var process in Process.GetProcessesByName("VBCSCompiler").Where(p => IsOurs(p.Id)))
            process.Kill();
    }

    private static bool IsOurs(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Contains(Id, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Another build's, which has just ended.
            return false;
        }
    }
}

/// <summary>Programs that this one runs, with the console as it is. They are asked to end (SIGTERM) when this one has ended, however it did.</summary>
internal static class Children
{
    private const int SigTerm = 15;
    private const int Interrupted = 130;

    /// <summary>Runs a program to its end.</summary>
    public static int Run(string program, string[] arguments)
    {
        using var process = Start(new ProcessStartInfo(), program, arguments);
        return EndOf(process).GetAwaiter().GetResult();
    }

    /// <summary>Starts a program and keeps what it says.</summary>
    public static (Task<int> Status, Task<string> Said) Start(string program, string[] arguments)
    {
        var process = Start(new ProcessStartInfo { RedirectStandardOutput = true }, program, arguments);
        return (EndOf(process), process.StandardOutput.ReadToEndAsync().ContinueWith(said => said.Result.Trim(), TaskScheduler.Default));
    }

    // The kernel tells a child of the death of the thread that started it: this is called by the main thread alone.
    private static Process Start(ProcessStartInfo start, string program, string[] arguments)
    {
        string[] guarded = File.Exists("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "TERM", program] : [program];
        start.FileName = guarded[0];
        foreach (var argument in guarded.Skip(1).Concat(arguments))
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<int> EndOf(Process process)
    {
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            _ = Kill(process.Id, SigTerm);
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Ends this program when <c>dotnet run</c> was killed, which is what people see of it.</summary>
    public static void EndWithParent()
    {
        var parent = OperatingSystem.IsLinux() ? ParentId() : 0;
        if (parent == 0 || File.ReadAllText($"/proc/{parent}/comm").Trim() != "dotnet")
            return;
        var watch = new Thread(() =>
        {
            while (ParentId() == parent)
                Thread.Sleep(200);
            Environment.Exit(Interrupted);
        });
        watch.IsBackground = true;
        watch.Start();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int ParentId();
}

internal static class Repository
{
    public static string Root([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
