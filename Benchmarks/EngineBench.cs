using System.Diagnostics;
using Mooring.Harness;

namespace Mooring.Benchmarks;

/// <summary>
/// The speed of the engine, measured by <c>Benchmarks/Engine</c>, a program that uses the official API only. Arguments that begin with <c>-p:</c>
/// are for its build (<c>-p:AkkaEngine=official</c> measures the official engine), the others for itself.
/// </summary>
internal static class EngineBench
{
    private const string Project = "Benchmarks/Engine/engine-bench.csproj";
    private const string Compiled = "Benchmarks/Engine/bin/bench";
    private const string Plain = "Benchmarks/Engine/bin/Release/net10.0";

    public static async Task<int> RunAsync(List<string> arguments)
    {
        var properties = arguments.Where(IsForBuild).ToList();
        if (await BuildAsync(properties) is not { } folder)
            return 1;
        using var process = Process.Start(Path.Combine(SourceRoot.Path, folder, "engine-bench"), arguments.Except(properties));
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    // Compiled ahead of time, as programs that are installed are: what starts is measured, not the compiler. That takes a package of the SDK's;
    // where the mirror lacks it the plain build is measured.
    private static async Task<string?> BuildAsync(List<string> properties)
    {
        string[] quietly = ["-c", "Release", "--nologo", "-v", "quiet", "-clp:ErrorsOnly", .. properties];
        var (status, _) = await DotNet.CaptureAsync(
            ["publish", Project, "--use-current-runtime", "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", Compiled, .. quietly]);
        if (status == 0)
            return Compiled;
        (status, var said) = await DotNet.CaptureAsync(["build", Project, .. quietly]);
        if (status == 0)
            return Plain;
        Console.Error.WriteLine(said);
        return null;
    }

    private static bool IsForBuild(string argument) => argument.StartsWith("-p:", StringComparison.Ordinal);
}
