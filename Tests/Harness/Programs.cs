namespace Mooring.Harness;

/// <summary>The built programs; where nothing else is said, of the configuration that this library was built in.</summary>
public static class Programs
{
    /// <summary>The client's project.</summary>
    public const string ClientProject = "Hosts/Cli/mooring.csproj";

    /// <summary>The storage node's project.</summary>
    public const string NodeProject = "Hosts/StorageNode/mooringd.csproj";

    private static string Configuration => typeof(Programs).Assembly.Location.Contains("/Release/", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug";

    /// <summary>The client.</summary>
    public static string Mooring => PathOf(ClientProject, Configuration);

    /// <summary>The storage node.</summary>
    public static string Mooringd => PathOf(NodeProject, Configuration);

    /// <summary>Where a project's program lies when it is built.</summary>
    /// <param name="project">The project, from the repository's root.</param>
    /// <param name="configuration">Debug or Release.</param>
    /// <returns>The program's path.</returns>
    public static string PathOf(string project, string configuration) => Path.Combine(
        SourceRoot.Path, Path.GetDirectoryName(project)!, "bin", configuration, "net10.0", Path.GetFileNameWithoutExtension(project));
}
