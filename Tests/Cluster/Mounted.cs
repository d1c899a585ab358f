using System.Diagnostics;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>A test that mounts: as root, with the kernel's FUSE.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = File.Exists("/dev/fuse") && Environment.IsPrivilegedProcess ? null : "mounting needs root and /dev/fuse";
}

/// <summary>A file system mounted by the program itself, at a directory of its own.</summary>
internal sealed class Mounted : IAsyncDisposable
{
    private readonly Process _process;

    private Mounted(Process process, string directory) => (_process, Directory) = (process, directory);

    public string Directory { get; }

    public string this[string name] => Path.Combine(Directory, name);

    public static async Task<Mounted> StartAsync(TestCluster cluster, string what, params string[] options)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("mooring-mount-").FullName;
        var start = new ProcessStartInfo(Programs.Mooring, ["mount", what, directory, "--endpoint", cluster.Nodes.Endpoint, .. options]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Children.Start(start);
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TestCluster.Limit);
        if (line is null)
            throw new HarnessException($"not mounted: {await process.StandardError.ReadToEndAsync()}");
        Assert.Contains($"is mounted at {directory}", line);
        return new Mounted(process, directory);
    }

    /// <summary>Asks the program to end, as an operator does.</summary>
    /// <returns>With which status it ended.</returns>
    public async Task<int> TerminateAsync()
    {
        if (ProcessIdentity.Of(_process.Id) is { } running)
            await running.TerminateAsync(TestCluster.Limit);
        await EndedAsync();
        return _process.ExitCode;
    }

    /// <summary>The mount is over when this completes, without its being asked.</summary>
    public Task EndedAsync() => _process.WaitForExitAsync().WaitAsync(TestCluster.Limit);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await TerminateAsync();
        _process.Dispose();
        System.IO.Directory.Delete(Directory);
    }
}
