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
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, ".run", "cluster.json");
            if (!File.Exists(file))
                continue;
            try
            {
                using var cluster = JsonDocument.Parse(File.ReadAllText(file));
                if (cluster.RootElement.TryGetProperty("endpoint", out var endpoint) && endpoint.GetString() is { } found)
                    return found;
            }
            catch (JsonException e)
            {
                throw new UsageException($"{file} is not valid JSON: {e.Message}");
            }
        }
        throw new UsageException("no cluster is known: give --endpoint HOST:PORT, set MOORING_ENDPOINT, or start one with 'dotnet run build.cs -- up'");
    }
}
