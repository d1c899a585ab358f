namespace Mooring.Harness;

/// <summary><c>build.cs -- ceph up|down</c>: the throw-away Ceph in <c>.run/ceph</c>.</summary>
public static class CephCommand
{
    private const string Directory = ".run/ceph";
    private const string Options = ".run/ceph-supervisor.json";

    /// <summary>Whether it runs.</summary>
    internal static bool Runs => CephSandbox.Find(Directory) is not null;

    /// <summary>Installs and starts one that stays; uses the one that runs.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> UpAsync()
    {
        using var interruption = Interruption.Handle();
        var (directory, conf) = await ToUseAsync(Console.WriteLine);
        if (conf is null)
            await SupervisorLink.StartAsync(Options, new SupervisorOptions(".run", 0, directory, null));
        conf ??= CephSandbox.Find(Directory)!.ConfPath;
        Console.WriteLine($"Ceph runs: {conf}; try: ceph -c {conf} -s");
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
        if (NodeClusterState.Read(".run")?.Owner == ceph.Owner)
            throw new HarnessException("this Ceph was started with the cluster; end both with: dotnet run build.cs -- down");
        await ceph.Owner.TerminateAsync(TimeSpan.FromSeconds(60));
        Console.WriteLine("Ceph has ended");
        return 0;
    }

    /// <summary>The one that runs, or a new one that ends with this program.</summary>
    /// <param name="log">Told what is going on.</param>
    /// <returns>It, and whether it was started by this call.</returns>
    /// <exception cref="HarnessException">It cannot run on this machine.</exception>
    public static async Task<(CephSandbox Ceph, bool Started)> EnsureAsync(Action<string>? log)
    {
        var (directory, _) = await ToUseAsync(log);
        return directory is null
            ? (CephSandbox.Find(Directory)!, false)
            : (await CephSandbox.StartAsync(new CephSandboxOptions { Directory = directory }, log), true);
    }

    /// <summary>Where to start one, or the configuration of the one that runs.</summary>
    internal static async Task<(string? Directory, string? Conf)> ToUseAsync(Action<string>? log)
    {
        if (CephSandbox.Find(Directory) is { } running)
            return (null, running.ConfPath);
        if (CephSandbox.WhyNot is { } why)
            throw new HarnessException($"no Ceph on this machine: {why}");
        await CephSandbox.InstallAsync(log);
        return (Directory, null);
    }
}
