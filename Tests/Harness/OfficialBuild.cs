namespace Mooring.Harness;

/// <summary>
/// Compiles the product against Akka.NET's public signatures with the repository's own switch, where the packages themselves cannot be had.
/// </summary>
public static class OfficialBuild
{
    private const string Listings = "../shared/akka-api";
    private const string Unlisted = "Tests/Harness/Unlisted.txt";
    private const string Folder = "artifacts/official";

    /// <summary>Whether there is something to compile against.</summary>
    public static bool Possible => Directory.Exists(Listings);

    /// <summary>Makes the reference assembly, then builds the solution with it.</summary>
    /// <returns>Whether they compile, and one line or the compiler's errors.</returns>
    public static async Task<(bool Compiles, string Said)> RunAsync()
    {
        var root = Path.GetFullPath(Folder);
        var (made, reference) = await ReferenceAsync(root);
        if (!made)
            return (false, $"the reference assembly does not compile:\n{reference}");
        // Folders of its own: what the bundled engine's build has left stays as it is.
        var (status, said) = await DotNet.CaptureAsync(
            "build", "Cluster.sln", "-p:AkkaEngine=official", $"-p:AkkaOfficialPath={reference}", "-p:Fast=true",
            "--artifacts-path", Path.Combine(root, "build"), "--nologo", "-v", "quiet", "-clp:ErrorsOnly;NoSummary");
        return status == 0 ? (true, "the product compiles against them") : (false, $"the product does not compile against them:\n{Errors(said)}");
    }

    private static string Errors(string said)
    {
        var errors = said.Split('\n').Where(l => l.Contains("error", StringComparison.Ordinal) && l.Contains(": ", StringComparison.Ordinal))
            .Distinct().ToList();
        return errors.Count > 0 ? string.Join('\n', errors) : said;
    }

    // One assembly for all packages: the switch gives every project every assembly of the folder anyway.
    private static async Task<(bool Made, string Folder)> ReferenceAsync(string root)
    {
        var (source, output) = (Path.Combine(root, "reference"), Path.Combine(root, "lib"));
        var listings = Directory.GetFiles(Listings, "*.txt").Where(f => !f.EndsWith(".defaults.txt", StringComparison.Ordinal));
        var sources = new ReferenceSources();
        foreach (var listing in listings.Order(StringComparer.Ordinal).Append(Unlisted))
            sources.Add(await File.ReadAllLinesAsync(listing));
        var text = sources.Write();
        var madeOf = Path.Combine(output, "Akka.cs");
        if (File.Exists(madeOf) && await File.ReadAllTextAsync(madeOf) == text)
            return (true, output);
        Directory.CreateDirectory(source);
        await File.WriteAllTextAsync(Path.Combine(source, "Akka.cs"), text);
        await File.WriteAllLinesAsync(Path.Combine(source, "omitted.txt"), sources.Omitted);
        await File.WriteAllTextAsync(Path.Combine(source, "Akka.csproj"), Project);
        var (status, said) = await DotNet.CaptureAsync(
            "build", Path.Combine(source, "Akka.csproj"), "-o", output, "--nologo", "-v", "quiet", "-clp:ErrorsOnly;NoSummary");
        if (status != 0)
            return (false, Errors(said));
        Console.WriteLine($"{sources.Types} types of Akka.NET; {sources.Omitted.Count} members or bases left out: {Folder}/reference/omitted.txt");
        await File.WriteAllTextAsync(madeOf, text);
        return (true, output);
    }

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <Nullable>disable</Nullable>
            <ImplicitUsings>disable</ImplicitUsings>
            <WarningLevel>0</WarningLevel>
            <NoWarn>$(NoWarn);CS0108;CS0114;CS0660;CS0661</NoWarn>
            <RunAnalyzers>false</RunAnalyzers>
            <GenerateDocumentationFile>false</GenerateDocumentationFile>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="xunit.extensibility.core" />
          </ItemGroup>
        </Project>
        """;
}
