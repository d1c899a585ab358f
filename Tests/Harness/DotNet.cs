using System.Diagnostics;

namespace Mooring.Harness;

/// <summary>Calls of the .NET SDK on this repository, from its root.</summary>
public static class DotNet
{
    /// <summary>Builds everything.</summary>
    /// <param name="configuration">Debug or Release.</param>
    /// <returns>The exit status.</returns>
    public static Task<int> BuildAsync(string configuration) =>
        RunAsync("build", "Cluster.sln", "-c", configuration, "--nologo", "-v", "minimal", "-clp:ErrorsOnly;Summary");

    /// <summary>
    /// Builds programs, quietly; nothing is done when none of their sources has changed since this built them last.
    /// </summary>
    /// <param name="configuration">Debug or Release.</param>
    /// <param name="projects">Their projects, from the repository's root.</param>
    /// <returns>Completes when they stand.</returns>
    /// <exception cref="HarnessException">They do not build.</exception>
    public static async Task BuildProgramsAsync(string configuration, params string[] projects)
    {
        var sources = SourcesStamp.Of(".");
        foreach (var project in projects)
        {
            var stamp = Path.Combine(Path.GetDirectoryName(project)!, "obj", configuration, "sources.stamp");
            var first = !File.Exists(Programs.PathOf(project, configuration));
            if (!first && File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == sources)
                continue;
            // The analyzers take a third of the time; what is changed later does not go past them.
            string[] analysis = first ? ["-p:Fast=true"] : [];
            var (status, said) = await CaptureAsync(["build", project, "-c", configuration, "--nologo", "-v", "quiet", "-clp:ErrorsOnly", .. analysis]);
            if (status != 0)
                throw new HarnessException($"{project} does not build:\n{said}");
            await File.WriteAllTextAsync(stamp, sources);
        }
    }

    /// <summary>Leaves self-standing programs in <c>artifacts/</c>.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> PublishAsync()
    {
        foreach (var (project, folder) in new[] { (Programs.NodeProject, "artifacts/mooringd"), (Programs.ClientProject, "artifacts/mooring") })
        {
            var status = await RunAsync("publish", project, "-c", "Release", "--nologo", "-v", "minimal", "-o", folder, "--use-current-runtime", "--self-contained");
            if (status != 0)
                return status;
        }
        return 0;
    }

    /// <summary>Removes what builds have left.</summary>
    /// <returns>The exit status.</returns>
    public static int Clean()
    {
        foreach (var folder in Directory.EnumerateFiles(".", "*.csproj", SearchOption.AllDirectories).Select(Path.GetDirectoryName).Distinct())
        {
            foreach (var left in (string[])["bin", "obj"])
            {
                var path = Path.Combine(folder!, left);
                if (Directory.Exists(path))
                    Directory.Delete(path, recursive: true);
            }
        }
        if (Directory.Exists("artifacts"))
            Directory.Delete("artifacts", recursive: true);
        return 0;
    }

    /// <summary>Runs <c>dotnet</c> with the console as it is.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments))!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Runs <c>dotnet</c> and keeps what it says.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The exit status and everything that was written.</returns>
    public static async Task<(int Status, string Said)> CaptureAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, (await output + await errors).Trim());
    }
}
