using System.Text.Json;
using Mooring.Client;

namespace Mooring.Cli;

/// <summary>
/// Where Mooring is: the option, else MOORING_ENDPOINT, else the cluster in .run/ of this folder or one above. The nodes' own addresses: MOORING_NODES, or those of
/// that cluster. The token: MOORING_TOKEN, or what the file MOORING_TOKEN_FILE holds; not for a
/// cluster that is merely found in a folder, which anybody may have put there. The CA of nodes that are reached by TLS: the file MOORING_CA.
/// </summary>
internal static class EndpointFinder
{
    public static MooringClientOptions Find(string? option) => At(option) with { CaFile = CaFile() };

    /// <summary>What is shown to, and believed of, a node that the user has named.</summary>
    public static MooringClientOptions Named(string node) => new() { Endpoint = node, Token = Token(), CaFile = CaFile() };

    private static string? CaFile() => Environment.GetEnvironmentVariable("MOORING_CA") is { Length: > 0 } file ? file : null;

    // In a file, it does not stand among the processes' environment.
    private static string? Token() => Environment.GetEnvironmentVariable("MOORING_TOKEN") is { Length: > 0 } token ? token
        : Environment.GetEnvironmentVariable("MOORING_TOKEN_FILE") is { Length: > 0 } file ? File.ReadAllText(file).Trim()
        : null;

    private static MooringClientOptions At(string? option)
    {
        var named = Environment.GetEnvironmentVariable("MOORING_NODES")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (option is { Length: > 0 } || (option = Environment.GetEnvironmentVariable("MOORING_ENDPOINT")) is { Length: > 0 })
            return new MooringClientOptions { Endpoint = option, Nodes = named, Token = Token() };
        if (Cluster() is { } cluster)
        {
            using (cluster.State)
            {
                if (cluster.State.RootElement.TryGetProperty("endpoint", out var endpoint) && endpoint.GetString() is { } found)
                    return new MooringClientOptions { Endpoint = found, Nodes = named is [] ? [.. NodesOf(cluster.State)] : named };
            }
        }
        throw new UsageException("no cluster is known: give --endpoint HOST:PORT, set MOORING_ENDPOINT, or start one with 'dotnet run build.cs -- up'");
    }

    private static IEnumerable<string> NodesOf(JsonDocument cluster) => cluster.RootElement.TryGetProperty("nodes", out var nodes)
        ? nodes.EnumerateArray().Select(node => $"{node.GetProperty("address").GetString()}:{node.GetProperty("http_port").GetInt32()}")
        : [];

    /// <summary>The nearest cluster that <c>build.cs -- up</c> has started: the folder .run and what it says.</summary>
    public static (string Folder, JsonDocument State)? Cluster()
    {
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, ".run", "cluster.json");
            if (!File.Exists(file))
                continue;
            try
            {
                return (Path.Combine(folder.FullName, ".run"), JsonDocument.Parse(File.ReadAllText(file)));
            }
            catch (JsonException e)
            {
                throw new UsageException($"{file} is not valid JSON: {e.Message}");
            }
        }
        return null;
    }
}
