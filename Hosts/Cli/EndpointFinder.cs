using System.Text.Json;
using Mooring.Client;

namespace Mooring.Cli;

/// <summary>
/// Where Mooring is: the option, else MOORING_ENDPOINT, else the cluster in .run/ of this folder or one above. The nodes' own addresses: MOORING_NODES, or those of
/// that cluster. The token: MOORING_TOKEN, or what the file MOORING_TOKEN_FILE holds; for a cluster that is merely found in a folder, which anybody may have put
/// there, the one that it says itself. The CA of nodes that are reached by TLS: the file MOORING_CA, or that of that cluster.
/// </summary>
internal static class EndpointFinder
{
    public static MooringClientOptions Find(string? option)
    {
        var named = Environment.GetEnvironmentVariable("MOORING_NODES")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (option is { Length: > 0 } || (option = Environment.GetEnvironmentVariable("MOORING_ENDPOINT")) is { Length: > 0 })
            return Named(option) with { Nodes = named };
        if (Cluster() is not { } cluster)
            throw new UsageException("no cluster is known: give --endpoint HOST:PORT, set MOORING_ENDPOINT, or start one with 'dotnet run build.cs -- up'");
        return new MooringClientOptions { Endpoint = cluster.Endpoint, Nodes = named is [] ? cluster.Nodes : named, Token = cluster.Token, CaFile = CaFile() ?? cluster.CaFile };
    }

    /// <summary>What is shown to, and believed of, a node that the user has named, <c>HOST</c> or <c>HOST:PORT</c>.</summary>
    public static MooringClientOptions Named(string node)
    {
        var options = new MooringClientOptions { Endpoint = node, Token = Token(), CaFile = CaFile() };
        return (options.Token is null || options.CaFile is null) && Cluster() is { } cluster && cluster.Nodes.Append(cluster.Endpoint).Any(known => known == node || HostOf(known) == node)
            ? options with { Token = options.Token ?? cluster.Token, CaFile = options.CaFile ?? cluster.CaFile }
            : options;
    }

    private static string? CaFile() => Environment.GetEnvironmentVariable("MOORING_CA") is { Length: > 0 } file ? file : null;

    // In a file, it does not stand among the processes' environment.
    private static string? Token() => Environment.GetEnvironmentVariable("MOORING_TOKEN") is { Length: > 0 } token ? token
        : Environment.GetEnvironmentVariable("MOORING_TOKEN_FILE") is { Length: > 0 } file ? File.ReadAllText(file).Trim()
        : null;

    private static string HostOf(string endpoint) => endpoint[..endpoint.LastIndexOf(':')];

    /// <summary>The nearest cluster that <c>build.cs -- up</c> has started.</summary>
    public static FoundCluster? Cluster()
    {
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, ".run", "cluster.json");
            if (!File.Exists(file))
                continue;
            try
            {
                using var state = JsonDocument.Parse(File.ReadAllText(file));
                return Of(Path.Combine(folder.FullName, ".run"), state.RootElement);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new UsageException($"{file} is not what 'up' writes: {e.Message}");
            }
            catch (UnauthorizedAccessException)
            {
                throw new UsageException($"the cluster in {Path.GetDirectoryName(file)} is somebody else's: give --endpoint HOST:PORT");
            }
        }
        return null;
    }

    private static FoundCluster Of(string folder, JsonElement state) => new(
        folder,
        Text(state, "endpoint") ?? throw new FormatException("it has no endpoint"),
        [.. state.TryGetProperty("nodes", out var nodes) ? nodes.EnumerateArray().Select(node => $"{Text(node, "address")}:{node.GetProperty("http_port").GetInt32()}") : []],
        Text(state, "ceph_conf"),
        Text(state, "ca_file"),
        Text(state, "token"));

    private static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>A cluster that <c>build.cs -- up</c> has started.</summary>
/// <param name="Folder">The folder .run.</param>
/// <param name="Endpoint">Where its owner answers.</param>
/// <param name="Nodes">Where each node does.</param>
/// <param name="CephConf">The configuration of its Ceph; null on an embedded store.</param>
/// <param name="CaFile">The CA of its nodes; null where they do not speak TLS.</param>
/// <param name="Token">What they ask for; null where they ask for nothing.</param>
internal sealed record FoundCluster(string Folder, string Endpoint, IReadOnlyList<string> Nodes, string? CephConf, string? CaFile, string? Token);
