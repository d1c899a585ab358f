using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Nodes that ask for tokens, and are reached by TLS.</summary>
public class TokenTests
{
    private const int DataPort = 8471;

    private static readonly VolumeId Volume = TestCluster.Volume("guarded");

    [Fact]
    public async Task Who_asks_has_to_show_a_token_and_may_do_what_that_allows()
    {
        await using var cluster = await TestCluster.StartAsync(1, null, "http.tokens=on");
        using var admin = With(cluster, await FirstAsync(cluster));

        // Nobody, and somebody whom nobody knows.
        await RefusedAsync(ErrorKind.Unauthenticated, () => cluster.Client.ListNodesAsync());
        using (var stranger = With(cluster, $"stranger.{new string('A', 43)}"))
            await RefusedAsync(ErrorKind.Unauthenticated, () => stranger.ListNodesAsync());
        using var http = new HttpClient { BaseAddress = new Uri($"http://{cluster.Nodes.Endpoint}") };
        using (var nobody = await http.DeleteAsync($"v1/volumes/rbd/{Volume.Image}"))
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (nobody.StatusCode, nobody.Headers.WwwAuthenticate.ToString()));
            Assert.Equal("urn:mooring:error:unauthenticated", (await nobody.Content.ReadFromJsonAsync(HttpJson.Default.ProblemShape))!.Type);
        }
        Assert.Equal("live\n", await http.GetStringAsync("health/live"));

        // Roles.
        using var viewer = await MakeAsync(cluster, admin, "viewer", "viewer");
        using var actor = await MakeAsync(cluster, admin, "operator", "operator");
        await RefusedAsync(ErrorKind.PermissionDenied, () => viewer.RunAsync(new CreateVolume(Volume, 1 << 20), Change.New()));
        await RefusedAsync(ErrorKind.PermissionDenied, () => actor.ListTokensAsync());
        await actor.RunAsync(new CreateVolume(Volume, 1 << 20), Change.New());
        Assert.Equal(1 << 20, (await viewer.GetVolumeAsync(Volume)).SizeBytes);

        // Scopes.
        await actor.RunAsync(new CreateNamespace(TestCluster.Volume("team")), Change.New());
        using var team = await MakeAsync(cluster, admin, "team", "operator", "rbd/team");
        var own = await team.RunAsync(new CreateVolume(new VolumeId("rbd", "team", "own"), 1 << 20), Change.New());
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.RunAsync(new DeleteVolume(Volume), Change.New()));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.RunAsync(new CopyVolume(new VolumeId("rbd", "team", "stolen"), Volume), Change.New()));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.GetVolumeAsync(Volume));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.ListVolumesAsync("rbd", "", null, 10));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.ReadContentAsync(Volume, null, (_, _) => Task.CompletedTask));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.ReadAsync(new GetRows("pool.list", new Dictionary<string, string>(), null, 10)));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.CheckAsync(null, repair: true));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.ListOperationsAsync(null, Volume.ToString(), null, 10));
        await RefusedAsync(ErrorKind.PermissionDenied, () => team.RunAsync(new SetQuota(new VolumeId("rbd", "team", ""), 1000, 0), Change.New()));
        await RefusedAsync(ErrorKind.InvalidArgument, () => admin.CreateTokenAsync(new TokenBody("more", "admin", ["rbd/team"])));
        var all = await admin.ListOperationsAsync(null, null, null, 100);
        var foreign = all.Items.First(o => o.Target == Volume.ToString());
        await RefusedAsync(ErrorKind.NotFound, () => team.GetOperationAsync(foreign.Id));
        await RefusedAsync(ErrorKind.NotFound, () => team.CancelAsync(foreign.Id));
        var taken = await Assert.ThrowsAsync<MooringException>(() => team.RunAsync(
            new CreateVolume(new VolumeId("rbd", "team", "other"), 1 << 20), Change.New() with { RequestId = foreign.RequestId }));
        Assert.Equal(ErrorKind.RequestConflict, taken.Kind);
        Assert.DoesNotContain(Volume.Image, taken.Message, StringComparison.Ordinal);
        Assert.Equal([own.Id], (await team.ListOperationsAsync(null, null, null, 100)).Items.Select(o => o.Id));
        Assert.Equal(own.Id, (await team.GetOperationAsync(own.Id)).Id);

        // An end.
        Assert.Equal(["admin", "operator", "team", "viewer"], (await admin.ListTokensAsync()).Select(t => t.Name));
        await RefusedAsync(ErrorKind.AlreadyExists, () => admin.CreateTokenAsync(new TokenBody("team", "viewer")));
        await admin.RevokeTokenAsync("team");
        await RefusedAsync(ErrorKind.Unauthenticated, () => team.GetOperationAsync(own.Id));
        await RefusedAsync(ErrorKind.NotFound, () => admin.RevokeTokenAsync("team"));
    }

    [Fact]
    public async Task Where_many_wrong_tokens_came_from_only_those_are_believed_that_are_known()
    {
        await using var cluster = await TestCluster.StartAsync(1, null, "http.tokens=on");
        using var admin = With(cluster, await FirstAsync(cluster));
        await admin.ListNodesAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{cluster.Nodes.Endpoint}") };
        http.DefaultRequestHeaders.Add("Authorization", $"Bearer admin.{new string('A', 43)}");
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 30; i++)
            statuses.Add((await http.GetAsync("v1/nodes")).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, statuses[0]);
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        await admin.ListNodesAsync();
    }

    [Fact]
    public async Task A_token_is_shown_again_wherever_a_request_is_sent_on_and_to_the_next_owner()
    {
        await using var cluster = await TestCluster.StartAsync(3, null, "http.tokens=on");
        var token = await FirstAsync(cluster);
        using var admin = With(cluster, token);
        foreach (var node in cluster.Nodes.NodeNames)
        {
            using var there = With(cluster, token, node);
            await there.RunAsync(new CreateVolume(TestCluster.Volume($"via-{node}"), 1 << 20), Change.New());
        }
        var content = new byte[5 << 20];
        Random.Shared.NextBytes(content);
        // Whoever has the address, a third of these go on to the node of the attempt.
        for (var i = 0; i < 4; i++)
            await admin.RunAsync(new ImportVolume(TestCluster.Volume($"imported-{i}"), content.Length), Change.New() with { Content = () => new MemoryStream(content) });
        await admin.RunAsync(new CreateVolume(Volume, 64 << 20), Change.New());
        await cluster.Store.FillAsync(Volume, 64 << 20);
        var copy = await admin.RunAsync(new CopyVolume(TestCluster.Volume("copied"), Volume), Change.New() with { NoWait = true });

        await cluster.Nodes.KillAsync((await admin.GetVipAsync()).Owner!);

        Assert.Equal("succeeded", (await admin.WaitAsync(copy.Id, null)).State);
    }

    [Fact]
    public async Task Nodes_are_reached_by_TLS_and_a_certificate_is_renewed_while_they_run()
    {
        await using var cluster = await TestCluster.StartWithTlsAsync(3, "http.tokens=on");
        var token = await FirstAsync(cluster);
        using var admin = With(cluster, token);
        foreach (var node in cluster.Nodes.NodeNames)
        {
            using var there = With(cluster, token, node);
            await there.RunAsync(new CreateVolume(TestCluster.Volume($"via-{node}"), 1 << 20), Change.New());
        }
        // Who does not have the CA believes nobody, and who speaks without TLS is not answered.
        var other = Directory.CreateTempSubdirectory("mooring-ca-");
        using (var made = Process.Start(Programs.Mooring, ["cluster", "init", other.FullName, "--json", "--node", "node-1=127.0.0.1"]))
            await made.WaitForExitAsync().WaitAsync(TestCluster.Limit);
        using (var stranger = new MooringClient(new MooringClientOptions { Endpoint = cluster.Nodes.Endpoint, CaFile = Path.Combine(other.FullName, "ca.pem"), Token = token }))
        {
            Assert.Contains("not believed", (await Assert.ThrowsAsync<MooringUnreachableException>(() => stranger.ListNodesAsync())).Message, StringComparison.Ordinal);
            using var files = stranger.OpenFileSystem("fs");
            Assert.Contains("not believed", (await Assert.ThrowsAsync<MooringUnreachableException>(() => files.Files.StatAsync("/"))).Message, StringComparison.Ordinal);
        }
        other.Delete(recursive: true);
        using (var plain = new HttpClient())
            await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync($"http://{cluster.Nodes.Endpoint}/health/live"));

        var first = cluster.Nodes.EndpointOf("node-1").Split(':')[0];
        var (before, betweenNodes) = (await CertificateAsync(cluster.Nodes.Endpoint), await CertificateAsync(first, TestCluster.ClusterPort));
        await cluster.Nodes.IssueAsync();
        await TestCluster.UntilAsync("the new certificate is shown", async () => await CertificateAsync(cluster.Nodes.Endpoint) != before);
        await TestCluster.UntilAsync("and between nodes", async () => await CertificateAsync(first, TestCluster.ClusterPort) != betweenNodes);
        Assert.Equal(3, (await admin.ListNodesAsync()).Count);
    }

    [Fact]
    public async Task A_console_needs_an_admin_s_token_speaks_TLS_and_leaves_what_it_did_in_the_audit_log()
    {
        await using var cluster = await TestCluster.StartWithTlsAsync(1, "http.tokens=on", "audit.enabled=on");
        var token = await FirstAsync(cluster);
        using var admin = With(cluster, token);
        var viewer = (await admin.CreateTokenAsync(new TokenBody("viewer", "viewer"))).Token!;
        var node = cluster.Nodes.EndpointOf("node-1").Split(':')[0];
        string[] command = ["--node", node, "--command", $"volume create {Volume.Image} 1M"];

        foreach (var (shown, why) in new[] { (null, "a token is needed"), ($"admin.{new string('A', 43)}", "the token is not known"), (viewer, "'viewer' has the role viewer") })
        {
            var refused = await ConsoleTests.RunAsAsync(cluster, shown, null, command);
            Assert.Equal((false, ""), (refused.Exit == 0, refused.Output));
            Assert.Contains($"the node refuses: {(why.StartsWith('\'') ? "a console needs an admin's token; " : "")}{why}", refused.Errors, StringComparison.Ordinal);
        }
        Assert.Empty(await cluster.Store.ImagesAsync("rbd"));
        Assert.Equal(0, (await ConsoleTests.RunAsAsync(cluster, token, null, command)).Exit);
        Assert.Equal(1, (await ConsoleTests.RunAsAsync(cluster, token, null, command)).Exit);

        List<AuditEntryShape> log = [];
        await TestCluster.UntilAsync("what the console did is in the log", async () =>
            (log = [.. (await admin.ListAuditAsync(null, 1000)).Items.Where(e => e.Method == "CONSOLE").Reverse()]).Count == 4);
        Assert.Equal(["received", "completed", "received", "completed"], log.Select(e => e.Stage));
        Assert.All(log, e => Assert.Equal(("admin", "node-1"), (e.Who, e.Node)));
        Assert.All(log, e => Assert.StartsWith($"volume create {Volume.Image} 1M --request-id ", e.Target, StringComparison.Ordinal));
        Assert.Null(log[1].Result);
        Assert.Contains("exists", log[3].Result, StringComparison.Ordinal);

        // A console that is open when its token is revoked does nothing more.
        using var open = ConsoleTests.Start(cluster, ["--node", node], (await admin.CreateTokenAsync(new TokenBody("second", "admin"))).Token!);
        await open.StandardInput.WriteLineAsync("vip show");
        await open.StandardOutput.ReadLineAsync().WaitAsync(TestCluster.Limit);
        await admin.RevokeTokenAsync("second");
        await open.StandardInput.WriteLineAsync("vip show");
        Assert.Contains("revoked", await open.StandardError.ReadLineAsync().WaitAsync(TestCluster.Limit), StringComparison.Ordinal);
        open.StandardInput.Close();

        using var plain = new TcpClient(node, ConsoleTests.Port);
        await plain.GetStream().WriteAsync("\0\0\0\u0010{\"type\":\"hello\"}"u8.ToArray());
        Assert.Equal(0, await plain.GetStream().ReadAtLeastAsync(new byte[64], 64, throwOnEndOfStream: false).AsTask().WaitAsync(TestCluster.Limit));
    }

    [Fact]
    public async Task Between_nodes_and_about_files_TLS_is_spoken_and_with_nodes_of_the_CA_alone()
    {
        await using var cluster = await TestCluster.StartWithTlsAsync(3);
        var client = cluster.Client;
        await client.CreateFileSystemAsync(new CreateFileSystemBody("docs", null, 64L << 20, null, null, 2), "docs-1");
        using var files = client.OpenFileSystem("docs");
        var content = new byte[50_000];
        Random.Shared.NextBytes(content);
        await files.Files.PutAsync("/a", content);
        foreach (var node in cluster.Nodes.NodeNames)
        {
            using var http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true });
            Assert.Equal(content, await http.GetByteArrayAsync($"https://{cluster.Nodes.EndpointOf(node)}/v1/files/docs/a"));
        }

        var address = cluster.Nodes.EndpointOf("node-1").Split(':')[0];
        Assert.Equal(await CertificateAsync(cluster.Nodes.EndpointOf("node-1")), await CertificateAsync(address, DataPort));
        var other = Directory.CreateTempSubdirectory("mooring-ca-").FullName;
        using (var made = Process.Start(Programs.Mooring, ["cluster", "init", other, "--json", "--node", $"node-1={address}"]))
            await made.WaitForExitAsync().WaitAsync(TestCluster.Limit);
        foreach (var shown in (X509Certificate2?[])[null, X509Certificate2.CreateFromPemFile($"{other}/node-1.pem", $"{other}/node-1.key")])
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(address, TestCluster.ClusterPort);
            await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
            // Whether the client hears of it in its handshake or after that is TLS's own affair.
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await tls.AuthenticateAsClientAsync(address, shown is null ? null : [shown], checkCertificateRevocation: false);
                await tls.ReadExactlyAsync(new byte[1].AsMemory()).AsTask().WaitAsync(TestCluster.Limit);
            }).ContinueWith(refused => Assert.True(refused.Result is IOException or System.Security.Authentication.AuthenticationException, refused.Result.ToString()));
        }
        Directory.Delete(other, recursive: true);
    }

    [Fact]
    public async Task Volumes_that_were_kept_without_TLS_are_changed_with_it_and_the_other_way_round()
    {
        await using var cluster = await TestCluster.StartAsync(3, null);
        await cluster.Client.RunAsync(new CreateVolume(Volume, 1 << 20), Change.New());
        foreach (var size in (long[])[2 << 20, 3 << 20])
        {
            await cluster.SwitchTlsAsync();
            await cluster.Client.RunAsync(new ResizeVolume(Volume, size, AllowShrink: false), Change.New());
            Assert.Equal(size, (await cluster.Client.GetVolumeAsync(Volume)).SizeBytes);
        }
    }

    private static Task<string> CertificateAsync(string endpoint)
    {
        var parts = endpoint.Split(':');
        return CertificateAsync(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task<string> CertificateAsync(string address, int port)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address, port);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(address);
        return tls.RemoteCertificate!.GetSerialNumberString();
    }

    // By whoever may open the store.
    internal static async Task<string> FirstAsync(TestCluster cluster)
    {
        var (kept, text) = ClientToken.Make("admin", ClientRole.Admin, [], DateTimeOffset.UtcNow, null);
        Assert.True(await ClientTokens.AddAsync(cluster.Store.Store, kept, CancellationToken.None));
        return text;
    }

    private static async Task<MooringClient> MakeAsync(TestCluster cluster, MooringClient admin, string name, string role, params string[] scopes) =>
        With(cluster, (await admin.CreateTokenAsync(new TokenBody(name, role, scopes))).Token!);

    internal static MooringClient With(TestCluster cluster, string token, string? node = null) => new(new MooringClientOptions
    {
        Endpoint = node is null ? cluster.Nodes.Endpoint : cluster.Nodes.EndpointOf(node), Timeout = TestCluster.Limit, Token = token, CaFile = cluster.CaFile,
    });

    private static async Task RefusedAsync(ErrorKind kind, Func<Task> ask) => Assert.Equal(kind, (await Assert.ThrowsAsync<MooringException>(ask)).Kind);
}
