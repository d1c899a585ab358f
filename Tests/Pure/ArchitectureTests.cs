using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mooring.Harness;

namespace Mooring.Tests.Pure;

/// <summary>Holds the direction of dependency and the manners of the code, by project files and source text.</summary>
public partial class ArchitectureTests
{
    private const int FileLinesMax = 600;

    private static readonly string Root = SourceRoot.Path;

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Messages"] = [],
        ["Storage"] = ["Messages", "Storage"],
        ["Actors"] = ["Messages", "Storage", "Actors"],
        ["Hosts"] = ["Messages", "Storage", "Actors", "Hosts"],
        ["Tests"] = ["Messages", "Storage", "Actors", "Hosts", "Tests"],
        ["Benchmarks"] = ["Messages", "Storage", "Actors", "Hosts", "Tests"],
    };

    private static readonly List<Project> Projects = [.. Files("*.csproj").Select(Project.Read)];

    public static TheoryData<string> Areas => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Areas))]
    public void An_area_refers_only_to_what_it_may_know(string area)
    {
        var own = Projects.Where(p => p.Area == area).ToList();

        Assert.NotEmpty(own);
        AssertNone(own.SelectMany(p => p.Uses.Where(used => !Allowed[area].Contains(used)).Select(used => $"{p.Path} refers to {used}")));
    }

    [Fact]
    public void Every_project_is_in_an_area() => AssertNone(Projects.Where(p => !Allowed.ContainsKey(p.Area)).Select(p => p.Path));

    [Theory]
    [InlineData("Messages/Mooring.Messages.csproj")]
    [InlineData("Storage/Port/Mooring.Storage.Port.csproj")]
    [InlineData("Actors/Operations/Mooring.Operations.csproj")]
    public void What_everybody_shares_depends_on_no_package(string project) => AssertNone(Projects.Single(p => p.Path == project).Packages);

    [Fact]
    public void Actors_and_messages_take_time_chance_and_ids_from_outside() =>
        AssertNone(Lines("Actors", "Messages").Where(l => TimeOrChance().IsMatch(l.Code)).Select(l => l.ToString()));

    [Fact]
    public void Actors_and_messages_never_block() =>
        AssertNone(Lines("Actors", "Messages").Where(l => Blocking().IsMatch(l.Code)).Select(l => l.ToString()));

    [Fact]
    public void No_actor_asks() => AssertNone(Lines("Actors")
        .Where(l => !l.File.StartsWith("Actors/Hosting/", StringComparison.Ordinal) && Asking().IsMatch(l.Code))
        .Select(l => l.ToString()));

    [Fact]
    public void Only_what_stands_on_Akka_refers_to_its_packages() => AssertNone(Projects
        .Where(p => p.Area is "Messages" or "Storage" || p.Path is "Hosts/Cli/mooring.csproj" or "Hosts/Client/Mooring.Client.csproj")
        .SelectMany(p => p.Packages.Where(used => used.StartsWith("Akka", StringComparison.Ordinal)).Select(used => $"{p.Path} refers to {used}")));

    [Fact]
    public void A_file_can_be_read_in_one_go() => AssertNone(Files("*.cs")
        .Select(file => (File: file, Count: File.ReadLines(file).Count()))
        .Where(file => file.Count > FileLinesMax)
        .Select(file => $"{Relative(file.File)}: {file.Count} lines"));

    [Fact]
    public void Nothing_is_left_for_later() =>
        AssertNone(Allowed.Keys.SelectMany(area => Lines(area)).Where(l => Later().IsMatch(l.Text)).Select(l => l.ToString()));

    [GeneratedRegex(@"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b|\bStopwatch\b|\bEnvironment\.TickCount|\bTask\.Delay\b|\bThread\.Sleep\b|\bnew Random\b|\bRandom\.Shared\b|\bGuid\.NewGuid\b")]
    private static partial Regex TimeOrChance();

    [GeneratedRegex(@"(\)|\b[a-z_]\w*)\.Result\b|(?<!new \w+)\.Wait\(|\.WaitOne\(|\.GetAwaiter\(\)\.GetResult\(\)|\basync void\b|\bTask\.Wait(All|Any)\b")]
    private static partial Regex Blocking();

    [GeneratedRegex(@"\.Ask(<|\()")]
    private static partial Regex Asking();

    // Put together so that this file does not find itself.
    [GeneratedRegex(@"\b(TO" + @"DO|HA" + @"CK|FIX" + @"ME)\b")]
    private static partial Regex Later();

    private static void AssertNone(IEnumerable<string> found) => Assert.Equal("", string.Join('\n', found));

    private static IEnumerable<string> Files(string pattern) => Allowed.Keys
        .SelectMany(area => Directory.EnumerateFiles(Path.Combine(Root, area), pattern, SearchOption.AllDirectories))
        .Where(file => !Relative(file).Split('/').Any(part => part is "bin" or "obj"));

    private static IEnumerable<Line> Lines(params string[] areas) => areas
        .SelectMany(area => Files("*.cs").Where(file => Relative(file).StartsWith(area + "/", StringComparison.Ordinal)))
        .SelectMany(file => File.ReadLines(file).Select((text, i) => new Line(Relative(file), i + 1, text)));

    private static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private sealed record Line(string File, int Number, string Text)
    {
        /// <summary>Without its comment.</summary>
        public string Code => Text.TrimStart().StartsWith("//", StringComparison.Ordinal) ? "" : Text;

        public override string ToString() => $"{File}:{Number}: {Text.Trim()}";
    }

    private sealed record Project(string Path, string Area, IReadOnlyList<string> Uses, IReadOnlyList<string> Packages)
    {
        public static Project Read(string file)
        {
            var path = Relative(file);
            var items = XDocument.Load(file).Descendants().ToList();
            IEnumerable<string> Of(string item) => items.Where(i => i.Name.LocalName == item)
                .SelectMany(i => i.Attribute("Include")?.Value.Split(';') ?? []);
            var projects = Of("ProjectReference")
                .Select(p => Relative(System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(file)!, p.Replace('\\', '/')))).Split('/')[0]);
            return new Project(
                path,
                path.Split('/')[0],
                [.. projects],
                [.. Of("PackageReference")]);
        }
    }
}
