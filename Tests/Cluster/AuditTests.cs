using System.Net;
using System.Text.Json;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Nodes that keep an audit log.</summary>
public class AuditTests
{
    private static readonly VolumeId Volume = TestCluster.Volume("audited");

    [Fact]
    public async Task Every_change_that_was_asked_for_is_in_the_audit_log_with_its_answer()
    {
        await using var cluster = await TestCluster.StartAsync(1, null, "http.tokens=on", "audit.enabled=on");
        using var admin = TokenTests.With(cluster, await TokenTests.FirstAsync(cluster));
        var made = await admin.CreateTokenAsync(new TokenBody("team", "operator", ["rbd"]));
        using var team = TokenTests.With(cluster, made.Token!);
        var change = Change.New();
        await team.RunAsync(new CreateVolume(Volume, 1 << 20), change);
        await team.GetVolumeAsync(Volume);
        Assert.Equal(ErrorKind.AlreadyExists, (await Assert.ThrowsAsync<MooringException>(() => team.RunAsync(new CreateVolume(Volume, 1 << 20), Change.New()))).Kind);
        Assert.Equal(ErrorKind.PermissionDenied, (await Assert.ThrowsAsync<MooringException>(() => team.ListAuditAsync())).Kind);
        Assert.Equal(ErrorKind.PermissionDenied, (await Assert.ThrowsAsync<MooringException>(() => team.RevokeTokenAsync("admin"))).Kind);
        using (var stranger = new HttpClient { BaseAddress = new Uri($"http://{cluster.Nodes.Endpoint}") })
        using (var refused = await stranger.DeleteAsync($"v1/volumes/rbd/{Volume.Image}"))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        // Answers are entered beside the answering.
        var log = await UntilAsync(admin, entries => entries.Count == 8);
        Assert.Equal(
            [
                ("admin", "POST", "/v1/tokens", 201), ("team", "POST", "/v1/volumes", 200), ("team", "POST", "/v1/volumes", 409), ("team", "DELETE", "/v1/tokens/admin", 403),
            ],
            log.Where(e => e.Stage == "completed").Select(e => (e.Who, e.Method, e.Target, e.Status!.Value)));
        foreach (var pair in log.GroupBy(e => e.Id))
            Assert.Equal(["received", "completed"], pair.Select(e => e.Stage));
        var create = log.Where(e => e.RequestId == change.RequestId).ToList();
        Assert.All(create, entry => Assert.Equal(("node-1", "127.0.0.1"), (entry.Node, entry.From)));
        Assert.Contains(Volume.Image, create[0].Body, StringComparison.Ordinal);
        Assert.Contains("exists", log.Single(e => e.Status == 409).Result, StringComparison.Ordinal);
        // Never a secret.
        Assert.DoesNotContain(made.Token!.Split('.')[1], JsonSerializer.Serialize(log, JsonSerializerOptions.Web), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_owner_was_asked_for_before_it_died_is_there_and_so_is_the_next_ones_answer()
    {
        await using var cluster = await TestCluster.StartAsync(3, null, "audit.enabled=on");
        cluster.CrashAt("accepted:volume.create");
        var change = Change.New();
        await cluster.Client.RunAsync(new CreateVolume(Volume, 1 << 20), change);

        var log = await UntilAsync(cluster.Client, entries => entries.Any(e => e.RequestId == change.RequestId && e.Stage == "completed"));
        var ofRequest = log.Where(e => e.RequestId == change.RequestId).ToList();
        Assert.Equal(200, ofRequest[^1].Status);
        Assert.Equal("received", Assert.Single(ofRequest, e => e.Id == ofRequest[0].Id).Stage);
        Assert.NotEqual(ofRequest[0].Node, ofRequest[^1].Node);
    }

    [Fact]
    public async Task Without_an_audit_log_that_is_said()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        Assert.Equal(ErrorKind.Unsupported, (await Assert.ThrowsAsync<MooringException>(() => cluster.Client.ListAuditAsync())).Kind);
    }

    // The oldest first.
    private static async Task<List<AuditEntryShape>> UntilAsync(MooringClient client, Func<List<AuditEntryShape>, bool> condition)
    {
        using var limit = new CancellationTokenSource(TestCluster.Limit);
        while (true)
        {
            var entries = (await client.ListAuditAsync(null, 1000, limit.Token)).Items.Reverse().ToList();
            if (condition(entries))
                return entries;
        }
    }
}
