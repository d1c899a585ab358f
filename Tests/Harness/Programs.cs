namespace Mooring.Harness;

/// <summary>The built programs, of the configuration that this library was built in. Release builds are compiled ahead of time.</summary>
public static class Programs
{
    private static readonly string _configuration =
        typeof(Programs).Assembly.Location.Contains("/Release/", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug";

    /// <summary>The client.</summary>
    public static string Mooring => PathOf("Hosts/Cli", Published("mooring"));

    /// <summary>The storage node.</summary>
    public static string Mooringd => PathOf("Hosts/StorageNode", Published("mooringd"));

    /// <summary>This library as a program.</summary>
    public static string Harness => PathOf("Tests/Harness", "Mooring.Harness");

    /// <summary>What the node's unit for systemd sets.</summary>
    public static IEnumerable<KeyValuePair<string, string>> MooringdEnvironment => File.ReadLines(Path.Combine(SourceRoot.Path, "deploy/mooringd.service"))
        .Where(line => line.StartsWith("Environment=", StringComparison.Ordinal))
        .SelectMany(line => line["Environment=".Length..].Split(' '))
        .Select(setting => setting.Split('=', 2))
        .Select(setting => KeyValuePair.Create(setting[0], setting[1]));

    private static string Published(string program) => _configuration == "Release" ? $"publish/{program}" : program;

    private static string PathOf(string folder, string program) => Path.Combine(SourceRoot.Path, folder, "bin", _configuration, "net10.0", program);
}
