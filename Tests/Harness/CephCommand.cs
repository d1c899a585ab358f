namespace Mooring.Harness;

/// <summary><c>build.cs -- ceph up|down</c>: the throw-away Ceph in <c>.run/ceph</c>.</summary>
public static class CephCommand
{
    private const string Directory = ".run/ceph";

    /// <summary>Installs and starts it; uses the one that runs.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> UpAsync()
    {
        var (ceph, _) = await EnsureAsync(Console.WriteLine);
        Console.WriteLine($"Ceph runs: {ceph.ConfPath}; try: ceph -c {ceph.ConfPath} -s");
        return 0;
    }

    /// <summary>Ends it; its data are gone.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> DownAsync()
    {
        if (CephSandbox.Find(Directory) is not { } ceph)
        {
            Console.WriteLine("no Ceph of ours runs");
            return 0;
        }
        await ceph.StopAsync();
        Console.WriteLine("Ceph has ended");
        return 0;
    }

    /// <summary>The one that runs, or a new one.</summary>
    /// <param name="log">Told what is going on.</param>
    /// <returns>It, and whether it was started by this call.</returns>
    /// <exception cref="HarnessException">It cannot run on this machine.</exception>
    public static async Task<(CephSandbox Ceph, bool Started)> EnsureAsync(Action<string>? log)
    {
        if (CephSandbox.Find(Directory) is { } running)
            return (running, false);
        if (CephSandbox.WhyNot is { } why)
            throw new HarnessException($"no Ceph on this machine: {why}");
        await CephSandbox.InstallAsync(log);
        return (await CephSandbox.StartAsync(new CephSandboxOptions { Directory = Directory }, log), true);
    }
}
