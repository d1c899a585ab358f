using System.CommandLine;
using Akka.Configuration;
using Mooring.StorageNode;
using Mooring.StorageNode.Configuration;

var config = new Option<string?>("--config") { Description = "A HOCON file that is laid over the default akka.hocon." };
var name = new Option<string?>("--name") { Description = "This node's name (mooring.node.name)." };
var address = new Option<string?>("--address") { Description = "This node's address (mooring.node.address)." };
var port = new Option<int?>("--port") { Description = "The cluster port (akka.remote.dot-netty.tcp.port)." };
var httpPort = new Option<int?>("--http-port") { Description = "The HTTP port of the nodes and the virtual IP (mooring.http.port)." };
var seed = new Option<string?>("--seed") { Description = "Nodes of the cluster to join or to found, HOST:PORT[,HOST:PORT…] (mooring.node.seeds)." };
var vip = new Option<string?>("--vip") { Description = "The virtual IP (mooring.vip.address)." };
var data = new Option<string?>("--data") { Description = "The directory of the embedded store (mooring.embedded.data-dir)." };
var backend = new Option<string?>("--backend") { Description = "embedded or ceph (mooring.backend)." };
var cephConf = new Option<string?>("--ceph-conf") { Description = "Ceph's configuration file (mooring.ceph.config-file)." };
var set = new Option<string[]>("--set") { Description = "Any key: key=value.", DefaultValueFactory = _ => [] };

var command = new RootCommand("mooringd: a storage node of Mooring.") { config, name, address, port, httpPort, seed, vip, data, backend, cephConf, set };
command.SetAction(async (parsed, _) =>
{
    var settings = new List<string>(parsed.GetValue(set)!);
    void Add(string key, object? value)
    {
        if (value is not null)
            settings.Add($"{key}={value}");
    }
    Add("node.name", parsed.GetValue(name));
    Add("node.address", parsed.GetValue(address));
    Add("akka.remote.dot-netty.tcp.port", parsed.GetValue(port));
    Add("http.port", parsed.GetValue(httpPort));
    Add("vip.address", parsed.GetValue(vip));
    Add("embedded.data-dir", parsed.GetValue(data));
    Add("backend", parsed.GetValue(backend));
    Add("ceph.config-file", parsed.GetValue(cephConf));
    if (parsed.GetValue(seed) is { } seeds)
        Add("node.seeds", $"[{string.Join(',', seeds.Split(',').Select(s => $"\"{s.Trim()}\""))}]");

    NodeConfiguration configuration;
    try
    {
        configuration = NodeConfiguration.Load(parsed.GetValue(config), settings, Environment.GetEnvironmentVariables());
    }
    catch (ConfigurationException e)
    {
        Console.Error.WriteLine($"mooringd: {e.Message}");
        return 2;
    }
    try
    {
        return await NodeHost.RunAsync(configuration, ProcessCrashPoints.FromEnvironment());
    }
    catch (NodeStartException e)
    {
        Console.Error.WriteLine($"mooringd: {e.Message}");
        return 1;
    }
});
return await command.Parse(args).InvokeAsync();
