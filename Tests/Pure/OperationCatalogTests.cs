using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

/// <summary>One description per operation, and everything else derived from it.</summary>
public class OperationCatalogTests
{
    private static readonly JsonSerializerOptions Journal = new() { Converters = { new VolumeCommandConverter() } };

    private static readonly VolumeId Volume = VolumeId.Parse("rbd/ns/a%2F?&b");

    private static readonly Dictionary<string, string> Address = new() { ["pool"] = Volume.Pool, ["image"] = Volume.Image };

    private static readonly Dictionary<string, string> NoQuery = [];

    // One command of each kind, with a value for everything that it can say.
    private static readonly Dictionary<string, VolumeCommand> Samples = new VolumeCommand[]
    {
        new CreateVolume(Volume, 10)
        {
            ObjectSizeBytes = 1 << 20, Features = "layering,exclusive-lock", StripeUnitBytes = 1 << 16, StripeCount = 4, DataPool = "data",
        },
        new CopyVolume(Volume, VolumeId.Parse("ssd/b")),
        new ImportVolume(Volume, 10)
        {
            ObjectSizeBytes = 1 << 20, Features = "layering,exclusive-lock", StripeUnitBytes = 1 << 16, StripeCount = 4, DataPool = "data",
        },
        new ImportDiff(Volume),
        new DeleteVolume(Volume),
        new ResizeVolume(Volume, 20, true, true),
        new RenameVolume(Volume with { Image = "other" }, Volume),
        new SetMetadata(Volume, "a/b?%20", "c\nd ü"),
        new RemoveMetadata(Volume, "a/b?%20"),
        new CreateSnapshot(Volume, "a%2F?&b ü"),
        new RenameSnapshot(Volume, "a%2F?&b ü", "c"),
        new RemoveSnapshot(Volume, "a%2F?&b ü"),
        new ProtectSnapshot(Volume, "a%2F?&b ü"),
        new UnprotectSnapshot(Volume, "a%2F?&b ü"),
        new RollBackVolume(Volume, "a%2F?&b ü"),
        new SetSnapshotLimit(Volume, 7),
        new CloneVolume(VolumeId.Parse("ssd/b"), Volume, "a%2F?&b ü"),
        new FlattenVolume(Volume),
        new DeepCopyVolume(VolumeId.Parse("ssd/b"), Volume),
        new SparsifyVolume(Volume),
        new RebuildObjectMap(Volume),
        new ClearSnapshotLimit(Volume),
        new MoveToTrash(Volume, 7 * 24 * 3600),
        new RestoreFromTrash(Volume, Volume with { Image = "10ab" }),
        new RemoveFromTrash(Volume with { Image = "10ab" }, true),
        new PurgeTrash(Volume with { Image = "" }),
        new SetQuota(Volume with { Image = "" }, 5, 1 << 30),
        new RemoveQuota(Volume with { Image = "" }),
        new CreateNamespace(new VolumeId("rbd", "", "ns ü")),
        new RemoveNamespace(new VolumeId("rbd", "", "ns ü")),
        new AddLock(Volume, "my lock"),
        new BreakLock(Volume, "client.4123", "my lock", true),
        new EnableFeatures(Volume, "exclusive-lock,object-map"),
        new DisableFeatures(Volume, "deep-flatten"),
        new SetConfiguration(Volume, "rbd_qos_iops_limit", "100"),
        new RemoveConfiguration(Volume, "rbd_qos_iops_limit"),
        new CreateGroup(Volume),
        new RemoveGroup(Volume),
        new RenameGroup(Volume with { Image = "other" }, Volume),
        new AddToGroup(Volume, Volume with { Image = "b" }),
        new RemoveFromGroup(Volume, Volume with { Image = "b" }),
        new CreateGroupSnapshot(Volume, "a%2F?&b ü"),
        new RenameGroupSnapshot(Volume, "a%2F?&b ü", "c"),
        new RemoveGroupSnapshot(Volume, "a%2F?&b ü"),
        new RollBackGroup(Volume, "a%2F?&b ü"),
        new PrepareMigration(VolumeId.Parse("ssd/b"), Volume)
        {
            ObjectSizeBytes = 1 << 20, Features = "layering,exclusive-lock", StripeUnitBytes = 1 << 16, StripeCount = 4, DataPool = "data",
        },
        new ExecuteMigration(Volume),
        new CommitMigration(Volume),
        new AbortMigration(Volume),
        new EnableMirroring(Volume, "snapshot"),
        new DisableMirroring(Volume, true),
        new PromoteVolume(Volume, true),
        new DemoteVolume(Volume),
        new ResyncVolume(Volume),
        new CreateMirrorSnapshot(Volume),
        new EnablePoolMirroring(Volume with { Image = "" }, "image"),
        new DisablePoolMirroring(Volume with { Image = "" }),
    }.ToDictionary(command => command.Kind);

    /// <summary>A sample of each command.</summary>
    internal static IEnumerable<VolumeCommand> Commands => Samples.Values;

    public static TheoryData<string> Kinds => [.. OperationCatalog.All.Select(o => o.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_command_is_the_same_after_it_was_in_a_journal(string kind) =>
        Assert.Equal(Samples[kind], JsonSerializer.Deserialize<VolumeCommand>(JsonSerializer.Serialize(Samples[kind], Journal), Journal));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_command_is_the_same_after_it_went_over_HTTP(string kind)
    {
        var operation = OperationCatalog.Find(kind)!;
        var (path, body) = (HttpForm.PathOf(Samples[kind]), HttpForm.BodyOf(Samples[kind]));

        Assert.Equal(Samples[kind], HttpForm.Read(operation, InPath(operation, path), InQuery(path), body is null ? null : Parse(body)));
    }

    [Theory]
    [InlineData("volume.create", "namespace")]
    [InlineData("volume.create", "pool")]
    [InlineData("volume.delete", "pool")]
    [InlineData("volume.delete", "force")]
    [InlineData("volume.resize", "size_bytes")]
    public void What_is_not_known_in_a_query_is_refused(string kind, string name)
    {
        var body = HttpForm.BodyOf(Samples[kind]) is { } json ? Parse(json) : (JsonElement?)null;

        Assert.Throws<FormatException>(() => HttpForm.Read(OperationCatalog.Find(kind)!, Address, new Dictionary<string, string> { [name] = "other" }, body));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_not_known_is_refused_over_HTTP(string kind)
    {
        var operation = OperationCatalog.Find(kind)!;
        if (HttpForm.BodyOf(Samples[kind]) is not { } body)
            return;
        var more = JsonNode.Parse(body)!.AsObject();
        more["colour"] = 1;

        var refused = Assert.Throws<FormatException>(() =>
            HttpForm.Read(operation, InPath(operation, HttpForm.PathOf(Samples[kind])), NoQuery, Parse(Encoding.UTF8.GetBytes(more.ToJsonString()))));

        Assert.Contains("colour", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("volume.create", "{\"name\":\"a\"}", "size_bytes is missing")]
    [InlineData("volume.create", "{\"name\":\"a\",\"size_bytes\":\"10\"}", "the body is not what is expected at $.size_bytes")]
    [InlineData("volume.create", "{\"name\":7,\"size_bytes\":10}", "the body is not what is expected at $.name")]
    [InlineData("volume.create", "[]", "the body is not a JSON object")]
    [InlineData("volume.copy", "{}", "target is missing")]
    [InlineData("volume.copy", "{\"target\":\"rbd/x\"}", "the body is not what is expected at $.target")]
    [InlineData("volume.resize", "{\"size_bytes\":1,\"allow_shrink\":1}", "the body is not what is expected at $.allow_shrink")]
    public void What_is_wrong_with_a_body_is_said(string kind, string body, string problem) => Assert.Equal(
        problem, Assert.Throws<FormatException>(() => HttpForm.Read(OperationCatalog.Find(kind)!, Address, NoQuery, Parse(Encoding.UTF8.GetBytes(body)))).Message);

    [Theory]
    [InlineData("{\"name\":\"b\"}", "volume.rename")]
    [InlineData("{\"size_bytes\":1}", "volume.resize")]
    [InlineData("{\"size_bytes\":1,\"allow_shrink\":true}", "volume.resize")]
    [InlineData("{\"size_bytes\":1,\"name\":\"b\"}", "volume.resize")]
    public void The_body_tells_operations_on_one_path_apart(string body, string kind)
    {
        var patches = OperationCatalog.All.Where(o => o.Route is { Method: "PATCH", Pattern: "/v1/volumes/{pool}/{image}" }).ToList();

        Assert.Equal(kind, HttpForm.Choose(patches, Parse(Encoding.UTF8.GetBytes(body))).Kind);
    }

    [Fact]
    public void A_target_lies_where_its_source_does_unless_it_says_otherwise() => Assert.Equal(
        new CopyVolume(Volume with { Image = "b" }, Volume),
        HttpForm.Read(OperationCatalog.Find("volume.copy")!, Address, new Dictionary<string, string> { ["namespace"] = Volume.Namespace }, Parse("{\"target\":{\"name\":\"b\"}}"u8.ToArray())));

    [Theory]
    [InlineData("rbd/a@s 1", "rbd/a", "s 1")]
    [InlineData("p/n/a@s", "p/n/a", "s")]
    [InlineData("a@s", "rbd/a", "s")]
    public void A_snapshot_is_named_behind_its_volume(string word, string volume, string snapshot)
    {
        var operation = OperationCatalog.Find("volume.snapshot.create")!;
        var given = new Given();

        Assert.True(operation.Parameters.Single(p => !p.IsSuffix).TryGive(word, given, out var problem), problem);
        Assert.Equal(new CreateSnapshot(VolumeId.Parse(volume), snapshot), operation.Make(given));
    }

    [Theory]
    [InlineData("rbd/a")]
    [InlineData("@s")]
    [InlineData("rbd/a/b/c@s")]
    public void What_names_no_snapshot_is_refused(string word) =>
        Assert.False(OperationCatalog.Find("volume.snapshot.create")!.Parameters[0].TryGive(word, new Given(), out _));

    [Fact]
    public void No_other_file_knows_a_kind_of_operation()
    {
        var names = string.Join('|', OperationCatalog.All.SelectMany(o => new[] { o.CommandType.Name, Regex.Escape($"\"{o.Kind}\"") }));
        var own = Path.Combine(SourceRoot.Path, "Actors", "Operations");
        var files = new[] { "Messages", "Actors", "Hosts" }
            .SelectMany(area => Directory.EnumerateFiles(Path.Combine(SourceRoot.Path, area), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.StartsWith(own, StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal));

        var mentions = files.SelectMany(file => File.ReadLines(file)
            .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Regex.IsMatch(line, $@"(?<![\w.])({names})(?!\w)"))
            .Select(line => $"{Path.GetRelativePath(SourceRoot.Path, file)}: {line.Trim()}"));

        Assert.Equal([], mentions);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("%2F..")]
    [InlineData("a%2Fb?&#ü\n")]
    public void A_name_travels_in_an_address(string name)
    {
        var path = new Uri($"http://x/v1/volumes/rbd/{HttpForm.Escape(name)}/copy").AbsolutePath.Split('/');

        Assert.Equal(6, path.Length);
        Assert.Equal(name, HttpForm.Unescape(path[4]));
    }

    [Theory]
    [InlineData("%ff")]
    [InlineData("a%c3")]
    [InlineData("%2")]
    [InlineData("%zz")]
    [InlineData("ü")]
    [InlineData(".")]
    [InlineData("%2e%2E")]
    public void What_stands_for_no_name_is_refused(string part) => Assert.Throws<FormatException>(() => HttpForm.Unescape(part));

    [Fact]
    public void A_read_is_the_same_after_it_went_over_HTTP()
    {
        foreach (var read in ReadCatalog.All)
        {
            var arguments = read.Parameters.ToDictionary(p => p.Name, p => p.Name == read.Route.VolumeName ? "p/n s/.." : "p/n s");
            var question = new GetRows(read.Kind, arguments, "after &", 7);
            var address = new Uri("http://x/" + ReadForm.PathOf(question));
            var path = read.Route.Pattern.Split('/').Zip(address.AbsolutePath.Split('/'), (name, part) => (Name: name, Part: part))
                .Where(p => p.Name.StartsWith('{'))
                .ToDictionary(p => p.Name.Trim('{', '}'), p => HttpForm.Unescape(p.Part));

            var parsed = ReadForm.Parse(read, path, InQuery(address.PathAndQuery[1..]));

            Assert.Equal((question.Kind, question.After, question.Limit), (parsed.Kind, parsed.After, parsed.Limit));
            Assert.Equal(arguments, parsed.Arguments);
            Assert.Throws<FormatException>(() => ReadForm.Parse(read, path, new Dictionary<string, string> { ["colour"] = "red" }));
        }
    }

    [Fact]
    public void A_create_from_before_it_had_a_layout_is_still_read() => Assert.Equal(
        new CreateVolume(Volume, 10), JsonSerializer.Deserialize<VolumeCommand>($"{{\"kind\":\"volume.create\",\"sizeBytes\":10,\"volume\":\"{Volume}\"}}", Journal));

    [Theory]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"object_size_bytes\":5000}")]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"object_size_bytes\":2048}")]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"stripe_count\":2}")]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"object_size_bytes\":8192,\"stripe_unit_bytes\":5000,\"stripe_count\":2}")]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"features\":[\"layering\",\"colour\"]}")]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"features\":[\"fast-diff\",\"exclusive-lock\"]}")]
    [InlineData("{\"name\":\"a\",\"size_bytes\":10,\"data_pool\":\"a/b\"}")]
    public void A_layout_that_cannot_be_is_refused_before_anything_happens(string body)
    {
        var operation = OperationCatalog.Find("volume.create")!;
        Assert.Equal(ErrorKind.InvalidArgument, operation.Invalid(HttpForm.Read(operation, Address, NoQuery, Parse(Encoding.UTF8.GetBytes(body))))?.Kind);
    }

    [Theory]
    [InlineData("7d", 604800)]
    [InlineData("12h", 43200)]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("", null)]
    [InlineData("d", null)]
    [InlineData("-1s", null)]
    [InlineData("1.5h", null)]
    public void A_time_is_read_as_people_write_it(string text, int? seconds)
    {
        var delay = (Parameter<long>)OperationCatalog.Find("trash.move")!.Parameters[1];
        var given = new Given();

        Assert.Equal(seconds is not null, delay.TryGive(text, given, out _));
        Assert.Equal(seconds ?? 0, given.Get(delay));
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_the_descriptions_say()
    {
        var file = Path.Combine(SourceRoot.Path, "docs", "operations.md");
        var said = File.Exists(file) ? File.ReadAllText(file) : "";
        var meant = OperationTable.Text();
        if (said != meant && Environment.GetEnvironmentVariable("MOORING_APPROVE") is not null)
            File.WriteAllText(file, meant);

        Assert.True(said == meant, "docs/operations.md is out of date: run this test with MOORING_APPROVE=1 and look at the change");
    }

    // What ASP.NET's routing makes of a path and query.
    private static Dictionary<string, string> InPath(Operation operation, string path) => operation.Route.Pattern.Split('/')
        .Zip(new Uri($"http://x/{path}").AbsolutePath.Split('/'), (name, part) => (Name: name, Part: part))
        .Where(pair => pair.Name.StartsWith('{'))
        .ToDictionary(pair => pair.Name.Trim('{', '}'), pair => Uri.UnescapeDataString(pair.Part));

    private static Dictionary<string, string> InQuery(string path) => new Uri($"http://x/{path}").Query.TrimStart('?')
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(member => member.Split('='))
        .ToDictionary(member => member[0], member => Uri.UnescapeDataString(member[1]));

    private static JsonElement Parse(byte[] body) => JsonDocument.Parse(body).RootElement;
}
