using System.Net;
using System.Text;
using System.Text.Json;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Cluster;

/// <summary>One cluster that nothing happens to.</summary>
public sealed class HealthyCluster : IAsyncLifetime
{
    public TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync();

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}

public class HealthyClusterTests(HealthyCluster healthy) : IClassFixture<HealthyCluster>
{
    private readonly TestCluster _cluster = healthy.Cluster;

    [Fact]
    public async Task A_volume_that_was_made_is_seen_on_every_node()
    {
        var made = await _cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("everywhere"), 3 << 20), Change.New());

        foreach (var node in _cluster.Nodes.NodeNames)
        {
            using var client = _cluster.NewClient(node);
            Assert.Contains("everywhere", (await client.ListVolumesAsync("rbd", "", null, 1000)).Items.Select(v => v.Name));
            Assert.Equal(made.Result!.Id, (await client.GetVolumeAsync(TestCluster.Volume("everywhere"))).Id);
        }
    }

    [Fact]
    public async Task A_change_at_any_node_is_sent_on_to_the_virtual_IP()
    {
        foreach (var node in _cluster.Nodes.NodeNames)
        {
            using var client = _cluster.NewClient(node);
            Assert.Equal("succeeded", (await client.RunAsync(new CreateVolume(TestCluster.Volume($"via-{node}"), 1 << 20), Change.New())).State);
        }
    }

    [Fact]
    public async Task A_volume_goes_through_its_whole_life()
    {
        var (volume, copy) = (await _cluster.FilledAsync("life", 8 << 20), TestCluster.Volume("life-copy"));
        await _cluster.Client.RunAsync(new ResizeVolume(volume, 16 << 20, false), Change.New());
        await _cluster.Client.RunAsync(new CopyVolume(copy, volume), Change.New());
        await _cluster.Client.RunAsync(new ResizeVolume(volume, 8 << 20, true), Change.New());

        Assert.Equal(16 << 20, (await _cluster.Client.GetVolumeAsync(copy)).SizeBytes);
        Assert.Equal(8 << 20, (await _cluster.Client.GetVolumeAsync(volume)).SizeBytes);
        await _cluster.Client.RunAsync(new DeleteVolume(volume), Change.New());
        await _cluster.Client.RunAsync(new DeleteVolume(copy), Change.New());
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.GetVolumeAsync(volume))).Kind);
    }

    [Fact]
    public async Task The_same_request_id_gets_the_same_answer_and_other_content_is_refused()
    {
        var change = Change.New();
        var first = await _cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("same"), 1 << 20), change);
        var again = await _cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("same"), 1 << 20), change);
        var other = await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume("same"), 2 << 20), change));

        Assert.Equal((first.Id, first.FinishedAt), (again.Id, again.FinishedAt));
        Assert.Equal(422, other.Problem.Status);
        Assert.Equal(1 << 20, (await _cluster.Client.GetVolumeAsync(TestCluster.Volume("same"))).SizeBytes);
    }

    // Whatever comes at one time: what was accepted before counts.
    [Fact]
    public async Task A_quota_is_never_exceeded()
    {
        const int CountMax = 5;
        var place = new VolumeId("rbd", "limited", "");
        await _cluster.Client.RunAsync(new CreateNamespace(TestCluster.Volume("limited")), Change.New());
        await _cluster.Client.RunAsync(new SetQuota(place, CountMax, CountMax << 20), Change.New());
        var made = await Task.WhenAll(Enumerable.Range(0, 4 * CountMax).Select(async i =>
        {
            try
            {
                return (await _cluster.Client.RunAsync(new CreateVolume(place with { Image = $"v{i}" }, 1 << 20), Change.New())).Target;
            }
            catch (MooringException e) when (e.Problem is { Type: "urn:mooring:error:no-space", Errno: 122 })
            {
                return null;
            }
        }));

        Assert.Equal(CountMax, made.Count(target => target is not null));
        var first = VolumeId.Parse(made.First(target => target is not null)!);
        await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.RunAsync(new ResizeVolume(first, 2 << 20, false), Change.New()));
        await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.RunAsync(new CopyVolume(place with { Image = "copy" }, first), Change.New()));
        await _cluster.Client.RunAsync(new DeleteVolume(first), Change.New());
        await _cluster.Client.RunAsync(new CreateVolume(first, 1 << 20), Change.New());
        var (exit, listed, _) = await MooringAsync("quota list");
        Assert.Equal(0, exit);
        Assert.Contains("limited", listed, StringComparison.Ordinal);
        await _cluster.Client.RunAsync(new RemoveQuota(place), Change.New());
        await _cluster.Client.RunAsync(new ResizeVolume(first, 2 << 20, false), Change.New());
    }

    [Fact]
    public async Task A_check_finds_what_a_dead_attempt_left_and_removes_it_when_told_to()
    {
        var stray = TestCluster.Volume($"{VolumeId.ReservedPrefix}{OperationId.For(new RequestId("nobody's"))}.1");
        await _cluster.Store.Store.CreateAsync(stray, 1 << 20, ImageLayout.Default, CancellationToken.None);

        var (found, output, _) = await MooringAsync("check");
        Assert.Equal(1, found);
        Assert.Contains(stray.Image, output, StringComparison.Ordinal);
        Assert.NotNull(await _cluster.Store.Store.FindAsync(stray, CancellationToken.None));
        Assert.Equal(0, (await MooringAsync("check --repair")).Exit);
        Assert.Null(await _cluster.Store.Store.FindAsync(stray, CancellationToken.None));
        Assert.Equal(0, (await MooringAsync("check")).Exit);
    }

    [Fact]
    public async Task A_volume_keeps_its_image_and_its_metadata_under_another_name_whatever_that_is()
    {
        var (before, after) = (TestCluster.Volume("before 100% ü?&#"), TestCluster.Volume("after + 😀"));
        var made = await _cluster.Client.RunAsync(new CreateVolume(before, 1 << 20), Change.New());
        await _cluster.Client.RunAsync(new SetMetadata(before, "a/b c?", "d\ne"), Change.New());

        await _cluster.Client.RunAsync(new RenameVolume(after, before), Change.New());

        var found = await _cluster.Client.GetVolumeAsync(after);
        Assert.Equal((made.Result!.Id, "d\ne"), (found.Id, found.Metadata["a/b c?"]));
        var gone = await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.GetVolumeAsync(before));
        Assert.Equal(404, gone.Problem.Status);
        await _cluster.Client.RunAsync(new RemoveMetadata(after, "a/b c?"), Change.New());
        Assert.Empty((await _cluster.Client.GetVolumeAsync(after)).Metadata);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("two\nlines\u001b[31m")]
    [InlineData("%2F..")]
    [InlineData("long")]
    public async Task Whatever_name_rbd_allows_can_be_managed(string name)
    {
        var volume = TestCluster.Volume(name == "long" ? new string('ü', VolumeId.ImageBytesMax / 2) : name);
        var made = await _cluster.Client.RunAsync(new CreateVolume(volume, 1 << 20), Change.New());
        await _cluster.Client.RunAsync(new SetMetadata(volume, "k", "v"), Change.New());

        Assert.Equal((made.Result!.Id, "v"), ((await _cluster.Client.GetVolumeAsync(volume)).Id, (await _cluster.Client.GetVolumeAsync(volume)).Metadata["k"]));
        Assert.Contains(volume.Image, await NamesAsync());
        Assert.Empty((await _cluster.Client.ReadAsync(new GetRows("watcher.list", new Dictionary<string, string> { ["volume"] = volume.ToString() }, null, 10))).Items);
        var (_, table, _) = await MooringAsync("volume list");
        Assert.DoesNotContain('\u001b', table);
        var again = await Assert.ThrowsAsync<MooringException>(() => _cluster.Client.RunAsync(new CreateVolume(volume, 1 << 20), Change.New()));
        Assert.Equal(409, again.Problem.Status);
        Assert.DoesNotContain('\n', again.Problem.Detail);

        await _cluster.Client.RunAsync(new DeleteVolume(volume), Change.New());
        Assert.DoesNotContain(volume.Image, await NamesAsync());
    }

    [Fact]
    public async Task A_volume_goes_to_the_trash_and_comes_back()
    {
        await EnsureAsync("trashed");
        var (exit, moved, errors) = await MooringAsync("trash move rbd/trashed --delay 7d --json");
        Assert.True(exit == 0, errors);
        Assert.Equal("trash.move", JsonDocument.Parse(moved).RootElement.GetProperty("kind").GetString());
        var (_, listed, _) = await MooringAsync("trash list rbd --json");
        var id = JsonDocument.Parse(listed).RootElement.GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == "trashed").GetProperty("id").GetString();
        var (_, table, _) = await MooringAsync("trash list");
        Assert.Contains(id!, table, StringComparison.Ordinal);
        Assert.Equal(4, (await MooringAsync($"trash remove rbd/{id}")).Exit);
        Assert.Equal(0, (await MooringAsync($"trash restore rbd/{id} rbd/restored")).Exit);
        Assert.Equal(id, (await _cluster.Client.GetVolumeAsync(TestCluster.Volume("restored"))).Id);
        Assert.Equal(0, (await MooringAsync("trash move rbd/restored")).Exit);
        Assert.Equal(0, (await MooringAsync("trash purge rbd")).Exit);
        var (_, left, _) = await MooringAsync("trash list rbd --json");
        Assert.Empty(JsonDocument.Parse(left).RootElement.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_locked_volume_is_not_changed_until_its_lock_is_broken()
    {
        await EnsureAsync("locked");
        Assert.Equal(0, (await MooringAsync("lock add rbd/locked maintenance")).Exit);
        var (exit, _, errors) = await MooringAsync("volume delete rbd/locked");
        Assert.Equal(1, exit);
        Assert.Contains("maintenance", errors, StringComparison.Ordinal);
        var (_, listed, _) = await MooringAsync("lock list rbd/locked --json");
        var holder = Assert.Single(JsonDocument.Parse(listed).RootElement.GetProperty("items").EnumerateArray()).GetProperty("holder").GetString();
        var (_, shown, _) = await MooringAsync("volume show rbd/locked");
        Assert.Contains(holder!, shown, StringComparison.Ordinal);

        Assert.Equal(0, (await MooringAsync($"lock break rbd/locked {holder} maintenance")).Exit);
        Assert.Equal(0, (await MooringAsync("volume delete rbd/locked")).Exit);
    }

    [Fact]
    public async Task A_namespace_is_made_used_and_removed()
    {
        Assert.Equal(0, (await MooringAsync("namespace create rbd/team-a")).Exit);
        Assert.Equal(1, (await MooringAsync("namespace create rbd/team-a")).Exit);
        Assert.Equal(0, (await MooringAsync("volume create rbd/team-a/disk --size 1M --object-size 1M --features layering")).Exit);
        Assert.Contains("team-a", (await MooringAsync("namespace list rbd")).Output, StringComparison.Ordinal);
        Assert.Contains("rbd", (await MooringAsync("pool list")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await MooringAsync("namespace remove rbd/team-a")).Exit);
        Assert.Equal(1 << 20, (await _cluster.Client.GetVolumeAsync(new VolumeId("rbd", "team-a", "disk"))).ObjectSizeBytes);
        Assert.Equal(0, (await MooringAsync("volume delete rbd/team-a/disk")).Exit);
        Assert.Equal(0, (await MooringAsync("namespace remove rbd/team-a")).Exit);
    }

    public static TheoryData<string, string, string?, int> BadRequests => new()
    {
        { "POST", "/v1/volumes", """{"pool":"nowhere","name":"x","size_bytes":10}""", 404 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x/y","size_bytes":10}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"","size_bytes":10}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":".mooring.x","size_bytes":10}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x","size_bytes":0}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x","size_bytes":-5}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x","size_bytes":9223372036854775807}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x","size_bytes":"ten"}""", 400 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x"}""", 400 },
        { "POST", "/v1/volumes", "{", 400 },
        { "POST", "/v1/volumes", "null", 400 },
        { "POST", "/v1/volumes/rbd/missing/copy", """{"target":{"name":"y"}}""", 404 },
        { "POST", "/v1/volumes/rbd/missing/copy", "{}", 400 },
        { "POST", "/v1/volumes/rbd/there/copy", """{"target":{"name":"there"}}""", 400 },
        { "POST", "/v1/volumes/rbd/there/copy", """{"target":{"name":"there-2"}}""", 409 },
        { "PATCH", "/v1/volumes/rbd/there", """{"size_bytes":1}""", 400 },
        { "PATCH", "/v1/volumes/rbd/missing", """{"size_bytes":10}""", 404 },
        { "PATCH", "/v1/volumes/rbd/there", """{"size_bytes":99999999,"allow_shrink":true,"colour":1}""", 400 },
        { "PATCH", "/v1/volumes/rbd/there", "{}", 400 },
        { "PATCH", "/v1/volumes/rbd/missing", """{"name":"x"}""", 404 },
        { "PATCH", "/v1/volumes/rbd/there", """{"name":"there-2"}""", 409 },
        { "PATCH", "/v1/volumes/rbd/there", """{"name":"there"}""", 400 },
        { "PATCH", "/v1/volumes/rbd/there", """{"name":"a@b"}""", 400 },
        { "DELETE", "/v1/volumes/rbd/%FF", null, 400 },
        { "GET", "/v1/volumes/rbd/a%C3", null, 400 },
        { "GET", "/v1/volumes/rbd/there?colour=red", null, 400 },
        { "GET", "/v1/volumes?colour=red", null, 400 },
        { "GET", "/v1/volumes?limit=1&limit=2", null, 400 },
        { "GET", "/v1/operations?colour=red", null, 400 },
        { "GET", "/v1/nodes?colour=red", null, 400 },
        { "GET", "/v1/trash?colour=red", null, 400 },
        { "GET", "/v1/trash?limit=0", null, 400 },
        { "GET", "/v1/trash?pool=nowhere", null, 404 },
        { "GET", "/v1/volumes/rbd/missing/locks", null, 404 },
        { "POST", "/v1/volumes/rbd/missing/trash", "{}", 404 },
        { "POST", "/v1/trash/rbd/abc/restore", """{"name":"x"}""", 404 },
        { "POST", "/v1/trash/rbd/abc/restore", """{"pool":"other","name":"x"}""", 400 },
        { "DELETE", "/v1/trash/rbd/abc", null, 404 },
        { "DELETE", "/v1/namespaces/rbd/nothing", null, 404 },
        { "DELETE", "/v1/namespaces/rbd/nothing?namespace=x", null, 400 },
        { "DELETE", "/v1/volumes/rbd/there/locks?holder=me&lock_id=x", null, 404 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x","size_bytes":1048576,"data_pool":"nowhere"}""", 404 },
        { "POST", "/v1/volumes", """{"pool":"rbd","name":"x","size_bytes":1048576,"stripe_count":2}""", 400 },
        { "PUT", "/v1/volumes/rbd/there/metadata", """{"key":"mooring.x","value":"v"}""", 400 },
        { "PUT", "/v1/volumes/rbd/missing/metadata", """{"key":"x","value":"v"}""", 404 },
        { "DELETE", "/v1/volumes/rbd/there/metadata", null, 400 },
        { "DELETE", "/v1/volumes/rbd/there/metadata?key=nothing", null, 404 },
        { "DELETE", "/v1/volumes/rbd/missing?pool=rbd", null, 400 },
        { "DELETE", "/v1/volumes/rbd/there/metadata?key=a&key=b", null, 400 },
        { "DELETE", "/v1/volumes/rbd/missing", null, 404 },
        { "POST", "/v1/volumes/rbd/missing/snapshots", """{"name":"s"}""", 404 },
        { "POST", "/v1/volumes/rbd/there/snapshots", null, 400 },
        { "POST", "/v1/volumes/rbd/there/snapshots", """{"name":"a@b"}""", 400 },
        { "PUT", "/v1/volumes/rbd/there/snapshots/nothing/protection", null, 404 },
        { "POST", "/v1/volumes/rbd/there/snapshots/nothing/rollback", """{"colour":1}""", 400 },
        { "POST", "/v1/volumes/rbd/there/snapshots/nothing/clone", """{"target":{"name":"y"}}""", 404 },
        { "POST", "/v1/volumes/rbd/there/flatten", null, 400 },
        { "GET", "/v1/volumes/rbd/missing/snapshots", null, 404 },
        { "GET", "/v1/volumes/rbd/missing", null, 404 },
        { "GET", "/v1/volumes?pool=nowhere", null, 404 },
        { "GET", "/v1/volumes?limit=0", null, 400 },
        { "GET", "/v1/volumes?limit=many", null, 400 },
        { "GET", "/v1/operations/nonsense", null, 400 },
        { "GET", "/v1/operations/op-000000000000000000000000", null, 404 },
        { "GET", "/v1/operations?state=odd", null, 400 },
        { "GET", "/nothing/here", null, 404 },
        { "DELETE", "/v1/volumes", null, 405 },
        { "PUT", "/v1/nodes", "{}", 405 },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Bad_input_gets_a_clear_problem_and_changes_nothing(string method, string path, string? body, int status)
    {
        await EnsureAsync("there");
        await EnsureAsync("there-2");
        var before = await NamesAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{_cluster.Nodes.Endpoint}{path}");
        request.Headers.TryAddWithoutValidation("Prefer", "wait=10");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await http.SendAsync(request);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("urn:mooring:error:", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.GetProperty("detail").GetString()!);
        Assert.Equal(before, await NamesAsync());
    }

    [Theory]
    [InlineData("HEAD", "/v1/volumes/rbd/there", 200)]
    [InlineData("HEAD", "/v1/nodes", 200)]
    [InlineData("HEAD", "/v1/volumes/rbd/missing", 404)]
    [InlineData("HEAD", "/nothing/here", 404)]
    [InlineData("HEAD", "/v1/volumes/rbd/there/content", 405)]
    [InlineData("POST", "/v1/vip", 405)]
    public async Task An_address_says_which_methods_it_has(string method, string path, int status)
    {
        await EnsureAsync("there");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{_cluster.Nodes.Endpoint}{path}");

        using var response = await http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Contains("GET"));
        Assert.Equal(method == "HEAD", (await response.Content.ReadAsByteArrayAsync()).Length == 0);
        Assert.Contains("json", response.Content.Headers.ContentType?.MediaType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var http = new HttpClient();
        using var content = new StringContent("{\"pool\":\"" + new string('x', 100_000) + "\"}", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri($"http://{_cluster.Nodes.Endpoint}/v1/volumes"), content);

        Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge, $"{response.StatusCode}");
    }

    public static TheoryData<string, int> BadCommands => new()
    {
        { "volume create rbd/x --size 0", 2 },
        { "volume create rbd/x --size ten", 2 },
        { "volume create rbd/x --size -1G", 2 },
        { "volume create rbd/x", 2 },
        { "volume create a/b/c/d --size 1M", 2 },
        { "volume create nowhere/x --size 1M", 1 },
        { "volume create rbd/x --size 1M --request-id bad/id", 2 },
        { "volume copy rbd/missing rbd/y", 1 },
        { "volume copy rbd/there rbd/there-2", 1 },
        { "volume resize rbd/there --size 1K", 1 },
        { "volume rename rbd/there rbd/there-2", 1 },
        { "volume rename rbd/there other/there", 2 },
        { "volume create rbd/a@b --size 1M", 2 },
        { "volume show rbd/../nodes", 1 },
        { "volume show rbd/..", 1 },
        { "volume create rbd/x --size 1M --features colour", 2 },
        { "trash move rbd/there --delay soon", 2 },
        { "trash restore rbd/abc rbd/x", 1 },
        { "lock break rbd/there somebody a-lock", 1 },
        { "namespace create a/b/c", 2 },
        { "volume metadata remove rbd/there nothing", 1 },
        { "volume snapshot create rbd/there", 2 },
        { "volume snapshot remove rbd/there@nothing", 1 },
        { "volume snapshot limit set rbd/there --limit many", 2 },
        { "volume flatten rbd/there", 1 },
        { "volume migration execute rbd/there", 1 },
        { "volume migration prepare rbd/there rbd/there", 2 },
        { "volume mirror enable rbd/there --mode odd", 2 },
        { "volume mirror status rbd/there", 1 },
        { "pool mirror enable rbd image", 1 },
        { "volume delete rbd/missing", 1 },
        { "volume show rbd/missing", 1 },
        { "volume list nowhere", 1 },
        { "operation show op-000000000000000000000000", 1 },
        { "operation show nonsense", 2 },
        { "operation cancel op-000000000000000000000000", 1 },
        { "operation cancel nonsense", 2 },
        { "frobnicate", 2 },
        { "volume list --endpoint localhost", 2 },
        { "volume list --endpoint there.is.no.such.host.invalid:8470", 3 },
        { "volume list --timeout never", 2 },
    };

    [Theory]
    [MemberData(nameof(BadCommands))]
    public async Task A_command_that_fails_says_why_in_one_line(string command, int status)
    {
        await EnsureAsync("there");
        await EnsureAsync("there-2");
        var (exit, output, errors) = await MooringAsync(command);

        Assert.Equal(status, exit);
        Assert.StartsWith("mooring: ", errors, StringComparison.Ordinal);
        Assert.True(errors.Trim().Split('\n').Length <= 2, errors);
        Assert.DoesNotContain("   at ", errors + output, StringComparison.Ordinal);

        var (_, problem, _) = await MooringAsync($"{command} --json");
        Assert.StartsWith("urn:mooring:error:", JsonDocument.Parse(problem).RootElement.GetProperty("type").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_reaches_nobody_gives_the_request_id_back()
    {
        var (exit, _, errors) = await MooringAsync("volume create rbd/x --size 1M --request-id my-request --endpoint 127.0.0.1:1 --timeout 1s");

        Assert.Equal(3, exit);
        Assert.Contains("my-request", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_print_what_scripts_need()
    {
        var (_, made, _) = await MooringAsync("volume create rbd/scripted --size 2M --json");
        var (_, shown, _) = await MooringAsync("volume show rbd/scripted --json");
        var (_, listed, _) = await MooringAsync("volume list --json");
        var id = JsonDocument.Parse(made).RootElement.GetProperty("id").GetString();
        var (_, waited, _) = await MooringAsync($"operation wait {id} --json");
        var (_, nodes, _) = await MooringAsync("node list --json");
        var (_, vip, _) = await MooringAsync("vip show --json");
        var (_, operations, _) = await MooringAsync("operation list --json");
        var (exit, table, _) = await MooringAsync("volume list");

        Assert.Equal(2 << 20, JsonDocument.Parse(shown).RootElement.GetProperty("size_bytes").GetInt64());
        Assert.Contains(JsonDocument.Parse(listed).RootElement.GetProperty("items").EnumerateArray(), v => v.GetProperty("name").GetString() == "scripted");
        Assert.Equal("succeeded", JsonDocument.Parse(waited).RootElement.GetProperty("state").GetString());
        Assert.Equal(3, JsonDocument.Parse(nodes).RootElement.GetProperty("items").GetArrayLength());
        Assert.StartsWith("node-", JsonDocument.Parse(vip).RootElement.GetProperty("owner").GetString(), StringComparison.Ordinal);
        Assert.NotEqual(0, JsonDocument.Parse(operations).RootElement.GetProperty("items").GetArrayLength());
        Assert.Contains("rbd/scripted", table, StringComparison.Ordinal);
        Assert.Equal(0, exit);
    }

    [Fact]
    public async Task Snapshots_and_clones_are_named_as_rbd_names_them()
    {
        await EnsureAsync("snapped");
        foreach (var command in new[] { "snapshot create rbd/snapped@monday", "snapshot protect snapped@monday", "clone snapped@monday rbd/snapped-clone" })
            await DoesAsync($"volume {command}");

        var (_, listed, _) = await MooringAsync("volume snapshot list snapped --json");
        var snapshot = JsonDocument.Parse(listed).RootElement.GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("monday", true, 4L << 20), (snapshot.GetProperty("name").GetString(), snapshot.GetProperty("protected").GetBoolean(), snapshot.GetProperty("size_bytes").GetInt64()));
        var (_, shown, _) = await MooringAsync("volume show snapped");
        Assert.Contains("1, 1 of them protected", shown, StringComparison.Ordinal);
        Assert.Contains("rbd/snapped-clone", shown, StringComparison.Ordinal);
        var (refused, _, why) = await MooringAsync("volume delete snapped");
        Assert.Equal(1, refused);
        Assert.Contains("'monday' (protected), and is cloned by rbd/snapped-clone", why, StringComparison.Ordinal);

        foreach (var command in new[] { "flatten snapped-clone", "snapshot unprotect snapped@monday", "snapshot remove snapped@monday", "delete snapped", "delete snapped-clone" })
            await DoesAsync($"volume {command}");
    }

    [Fact]
    public async Task Health_and_metrics_answer_on_every_node()
    {
        using var http = new HttpClient();
        foreach (var node in _cluster.Nodes.NodeNames)
        {
            Assert.Equal("live\n", await http.GetStringAsync(new Uri($"http://{_cluster.Nodes.EndpointOf(node)}/health/live")));
            Assert.Equal("ready\n", await http.GetStringAsync(new Uri($"http://{_cluster.Nodes.EndpointOf(node)}/health/ready")));
            Assert.Contains("mooring_node_vip_owner", await http.GetStringAsync(new Uri($"http://{_cluster.Nodes.EndpointOf(node)}/metrics")), StringComparison.Ordinal);
        }
    }

    private async Task EnsureAsync(string name)
    {
        if (await _cluster.Store.Store.FindAsync(TestCluster.Volume(name), CancellationToken.None) is null)
            await _cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume(name), 4 << 20), Change.New());
    }

    private async Task<IEnumerable<string>> NamesAsync() => (await _cluster.Store.ImagesAsync("rbd")).Select(i => i.Name);

    private async Task DoesAsync(string command)
    {
        var (exit, _, errors) = await MooringAsync(command);
        Assert.True(exit == 0, $"{command}: {errors}");
    }

    private Task<(int Exit, string Output, string Errors)> MooringAsync(string command) => MooringCommand.RunAsync(_cluster, command.Split(' '));
}
