using System.Text.Json;

namespace Mooring.Cli;

/// <summary>Where Mooring is: the option, else MOORING_ENDPOINT, else the cluster in .run/ of this folder or one above.</summary>
internal static class EndpointFinder
{
    public static string Find(string? option)
    {
        if (!string.IsNullOrEmpty(option))
            return option;
        if (Environment.GetEnvironmentVariable("MOORING_ENDPOINT") is { Length: > 0 } variable)
            return variable;
        if (Cluster() is { } cluster)
        {
            using (cluster.State)
            {
                if (cluster.State.RootElement.TryGetProperty("endpoint", out var endpoint) && endpoint.GetString() is { } found)
                    return found;
            }
        }
        throw new UsageException("no cluster is known: give --endpoint HOST:PORT, set MOORING_ENDPOINT, or start one with 'dotnet run build.cs -- up'");
    }

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
