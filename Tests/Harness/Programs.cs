namespace Mooring.Harness;

/// <summary>The built programs, of the configuration that this library was built in.</summary>
public static class Programs
{
    private static string Configuration => typeof(Programs).Assembly.Location.Contains("/Release/", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug";

    /// <summary>The client.</summary>
    public static string Mooring => Path.Combine(SourceRoot.Path, "Hosts/Cli/bin", Configuration, "net10.0/mooring");

    /// <summary>The storage node.</summary>
    public static string Mooringd => Path.Combine(SourceRoot.Path, "Hosts/StorageNode/bin", Configuration, "net10.0/mooringd");
}
