using Mooring.Harness;

// What build.cs runs once it is built, in the repository's root.
var arguments = args.ToList();
bool Flag(string name) => arguments.Remove(name);
string? Value(string name)
{
    var at = arguments.IndexOf(name);
    if (at < 0)
        return null;
    if (at + 1 >= arguments.Count)
        throw new HarnessException($"{name} needs a value");
    var value = arguments[at + 1];
    arguments.RemoveRange(at, 2);
    return value;
}

try
{
    var (ceph, json, hosts, plain, nodes, node) = (Flag("--ceph"), Flag("--json"), Flag("--hosts"), Flag("--plain"), Value("--nodes"), Value("--node"));
    return arguments switch
    {
        ["demo"] => await DemoCommand.RunAsync("failover", ceph, hosts, json),
        ["demo", var name] => await DemoCommand.RunAsync(name, ceph, hosts, json),
        ["up"] => await ClusterCommand.UpAsync(nodes, node, ceph, hosts, plain),
        ["down"] => await ClusterCommand.DownAsync(),
        ["status"] => await ClusterCommand.StatusAsync(),
        ["ceph", "up"] => await CephCommand.UpAsync(),
        ["ceph", "down"] => await CephCommand.DownAsync(),
        ["supervise", var options] => await Supervisor.RunAsync(options),
        _ => throw new HarnessException($"not understood: {string.Join(' ', args)}; see: dotnet run build.cs -- help"),
    };
}
catch (HarnessException e)
{
    Console.Error.WriteLine($"build: {e.Message}");
    return 1;
}
