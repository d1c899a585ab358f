#!/usr/bin/env dotnet
// The build program of the repository: dotnet run build.cs -- COMMAND. It needs the .NET 10 SDK and nothing else to start.
#:project Tests/Harness/Mooring.Harness.csproj
#:property PublishAot=false

using System.Runtime.CompilerServices;
using Mooring.Harness;

Directory.SetCurrentDirectory(Repository.Root());
var arguments = args.ToList();
bool Flag(string name) => arguments.Remove(name);
string? Value(string name)
{
    var at = arguments.IndexOf(name);
    if (at < 0 || at + 1 >= arguments.Count)
        return null;
    var value = arguments[at + 1];
    arguments.RemoveRange(at, 2);
    return value;
}

var command = arguments.Count > 0 ? arguments[0] : "help";
arguments = arguments.Skip(1).ToList();
var json = Flag("--json");
var release = Flag("--release");
var configuration = release ? "Release" : "Debug";
try
{
    return command switch
    {
        "build" => await DotNet.BuildAsync(configuration),
        "test" => await TestRun.RunAsync(configuration, Value("--filter"), arguments),
        "demo" => await DemoCommand.RunAsync(configuration, arguments.FirstOrDefault(a => a[0] != '-') ?? "failover", Flag("--ceph"), json),
        "up" => await ClusterCommand.UpAsync(configuration, Value("--nodes"), Value("--node"), Flag("--ceph")),
        "down" => await ClusterCommand.DownAsync(),
        "status" => await ClusterCommand.StatusAsync(),
        "simulate" => await DotNet.RunAsync(["run", "--project", "Tests/Simulation", "-c", configuration, "--", .. arguments]),
        "bench" => await DotNet.RunAsync(["run", "--project", "Benchmarks", "-c", "Release", "--", .. arguments]),
        "ceph" when arguments is ["up"] => await CephCommand.UpAsync(),
        "ceph" when arguments is ["down"] => await CephCommand.DownAsync(),
        "publish" => await DotNet.PublishAsync(),
        "format" => await DotNet.RunAsync("format", "Cluster.sln"),
        "clean" => DotNet.Clean(),
        "help" or "--help" or "-h" => Help(0),
        _ => Help(2),
    };
}
catch (HarnessException e)
{
    Console.Error.WriteLine($"build: {e.Message}");
    return 1;
}

static int Help(int status)
{
    (status == 0 ? Console.Out : Console.Error).WriteLine("""
        dotnet run build.cs -- COMMAND

          demo [--ceph] [--json]       three nodes, 20 volumes, a long copy, kill -9 of the owner, the result from the next owner
          demo files [--ceph] [--json] a file goes on being written when kill -9 hits its writer, and is kept once
          test [--filter EXPRESSION]   every test; the last line is N passed, N failed, N skipped
          up [--nodes 3] [--ceph]      a cluster that stays; up --node NAME starts a node that was killed again
          down | status                ends it | shows it
          simulate [--seeds 1000]      whole clusters on virtual time; --first N; --seed N [--trace] repeats one
          bench [NAME]                 benchmarks; tables, and artifacts/bench/*.json; embedded --against=DIR compares with another checkout
          ceph up|down                 a throw-away Ceph on this machine (Debian, root)
          build [--release] | publish | format | clean
        """);
    return status;
}

internal static class Repository
{
    public static string Root([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
