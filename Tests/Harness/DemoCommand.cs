namespace Mooring.Harness;

/// <summary><c>build.cs -- demo</c>.</summary>
internal static class DemoCommand
{
    /// <summary>Shows.</summary>
    /// <param name="name">Which demo: <c>failover</c> or <c>files</c>.</param>
    /// <param name="onCeph">Whether to use a real Ceph.</param>
    /// <param name="onHosts">Whether each node is on a host of its own: a network namespace.</param>
    /// <param name="json">Whether to print the summary only.</param>
    /// <returns>0 when it did what it promises.</returns>
    public static async Task<int> RunAsync(string name, bool onCeph, bool onHosts, bool json)
    {
        if (name is not ("failover" or "files"))
            throw new HarnessException($"there is no demo '{name}'");
        if (onHosts && (name == "files" || onCeph ? "--hosts goes with the demo of a failover on the embedded store" : HostNetwork.WhyNot) is { } why)
            throw new HarnessException(why);
        using var interruption = Interruption.Handle();
        var story = new Story(!json);
        CephSandbox? ceph = null;
        var started = false;
        if (onCeph)
        {
            story.Tell("starting a throw-away Ceph: one monitor, one manager, three OSDs in memory");
            (ceph, started) = await CephCommand.EnsureAsync(null);
        }
        try
        {
            return await (name == "files"
                ? new FilesDemo(story, ceph?.ConfPath).RunAsync(json)
                : new FailoverDemo(story, ceph?.ConfPath, onHosts).RunAsync(json)) ? 0 : 1;
        }
        finally
        {
            if (started)
                await ceph!.StopAsync();
        }
    }
}
