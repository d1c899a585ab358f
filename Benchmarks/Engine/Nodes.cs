using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;

namespace Mooring.Benchmarks.Engine;

/// <summary>Configurations and addresses of the processes.</summary>
internal static class Nodes
{
    public const string SystemName = "bench";

    private const string Host = "127.0.0.1";
    private const string Serialization = """
        akka.actor.serializers.bench = "Mooring.Benchmarks.Engine.BenchSerializer, engine-bench"
        akka.actor.serialization-bindings."Mooring.Benchmarks.Engine.IBenchMessage, engine-bench" = bench
        """;

    /// <summary>A node without a cluster.</summary>
    public static Config Remote(int port = 0) => ConfigurationFactory.ParseString($$"""
        akka.loglevel = WARNING
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "{{Host}}", port = {{port}} }
        {{Serialization}}
        """);

    /// <summary>A node of a cluster with the repository's own settings.</summary>
    public static Config Cluster(int port, IEnumerable<int> seeds) => ConfigurationFactory.ParseString($$"""
        akka.loglevel = WARNING
        akka.remote.dot-netty.tcp { hostname = "{{Host}}", port = {{port}} }
        akka.cluster.seed-nodes = [{{string.Join(", ", seeds.Select(seed => $"\"{Address(seed)}\""))}}]
        akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        {{Serialization}}
        """).WithFallback(ConfigurationFactory.ParseString(File.ReadAllText(OwnHocon())));

    public static Address Address(int port) => new("akka.tcp", SystemName, Host, port);

    /// <summary>Ports that nobody listens on now.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    public static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The root of the repository: the folder above that has <c>akka.hocon</c>.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "akka.hocon")))
                return folder.FullName;
        }
        throw new FileNotFoundException("no akka.hocon above " + AppContext.BaseDirectory);
    }

    private static string OwnHocon() => Path.Combine(Root(), "akka.hocon");
}
