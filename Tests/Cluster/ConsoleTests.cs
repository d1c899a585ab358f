using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary><c>mooring console</c> against real nodes.</summary>
public class ConsoleTests(HealthyCluster healthy) : IClassFixture<HealthyCluster>
{
    internal const int Port = 9110;

    private readonly TestCluster _cluster = healthy.Cluster;

    [Fact]
    public async Task Every_node_serves_consoles_on_its_own_address()
    {
        foreach (var node in _cluster.Nodes.NodeNames)
        {
            var host = HostOf(node);
            var (exit, output, errors) = await RunAsync(null, "--node", host, "--command", "cluster show");

            Assert.Equal((0, ""), (exit, errors));
            Assert.EndsWith("Count: 3 nodes\n", output, StringComparison.Ordinal);
            Assert.Contains($"name        {node}\n", (await RunAsync(null, "--node", $"{host}:{Port}", "--command", "node show")).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_volume_goes_through_its_life_in_a_script_of_commands()
    {
        const string Script = """
            # comments and empty lines are passed over

            volume create a/b/c/d 1M
            """;
        Assert.Equal(2, (await RunAsync(Script)).Exit);

        var (exit, output, errors) = await RunAsync("""
            volume create cons 8M
            volume resize cons --size 16M
            volume copy cons cons-copy
            volume show rbd/cons-copy
            volume delete cons
            operation list --volume cons-copy
            vip show
            cluster-sharding region-stats -t volume
            """);

        Assert.Equal((0, ""), (exit, errors));
        Assert.Contains("volume.resize of rbd/cons succeeded", output, StringComparison.Ordinal);
        Assert.Contains("size         16 MiB (16777216 bytes)", output, StringComparison.Ordinal);
        Assert.Contains("volume.delete of rbd/cons succeeded", output, StringComparison.Ordinal);
        Assert.Contains("volume | total | ", output, StringComparison.Ordinal);
        var names = (await _cluster.Store.ImagesAsync("rbd")).Select(i => i.Name).ToList();
        Assert.Contains("cons-copy", names);
        Assert.DoesNotContain("cons", names);
    }

    [Fact]
    public async Task A_script_ends_at_the_first_command_that_fails()
    {
        var (exit, output, errors) = await RunAsync("volume show none-such\ncluster leader\n");

        Assert.Equal((1, ""), (exit, output));
        Assert.Equal("mooring: not-found: volume rbd/none-such does not exist\n", errors);
    }

    [Theory]
    [InlineData(2, "volume create bad-size", "needs argument 'size'")]
    [InlineData(2, "volume create bad-size 0", "invalid-argument: size '0' is not above 0")]
    [InlineData(2, "volume create bad-size much", "invalid-argument: size 'much' is not a size")]
    [InlineData(2, "volume show a/b/c/d", "invalid-argument: 'a/b/c/d' is not a volume")]
    [InlineData(2, "volume list --limit 0", "invalid-argument: limit '0'")]
    [InlineData(2, "volume list --nonsense", "has no switch '--nonsense'")]
    [InlineData(2, "operation show nonsense", "invalid-argument")]
    [InlineData(2, "operation wait", "needs argument 'id'")]
    [InlineData(2, "operation watch nonsense", "invalid-argument")]
    [InlineData(2, "operation list --state nonsense", "invalid-argument: state 'nonsense'")]
    [InlineData(2, "nonsense", "there is no palette 'nonsense'")]
    [InlineData(2, "volume nonsense", "palette 'volume' has no command 'nonsense'")]
    [InlineData(2, "volume 'show", "a ' is not closed")]
    [InlineData(2, "volume create x 1M --request-id !", "invalid-argument: request id")]
    [InlineData(1, "volume delete none-such", "not-found")]
    [InlineData(1, "volume list --pool none-such", "not-found")]
    [InlineData(1, "node show none-such", "not-found: there is no node none-such")]
    public async Task What_is_wrong_changes_nothing_and_gets_one_line_and_a_status(int expectedExit, string command, string expected)
    {
        var (exit, output, errors) = await RunAsync(null, "--command", command);

        Assert.Equal((expectedExit, ""), (exit, output));
        Assert.Contains(expected, Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain((await _cluster.Store.ImagesAsync("rbd")).Select(i => i.Name), name => name is "bad-size" or "x");
    }

    [Fact]
    public async Task The_same_request_id_gets_the_same_result_and_is_refused_with_other_content()
    {
        var first = await RunAsync(null, "--command", "volume create once 1M --request-id console-once");
        var second = await RunAsync(null, "--command", "volume create once 1M --request-id console-once");
        var other = await RunAsync(null, "--command", "volume create once 2M --request-id console-once");

        Assert.Equal((0, 0), (first.Exit, second.Exit));
        Assert.Equal(first.Output.Split('\n')[^2], second.Output.Split('\n')[^2]);
        Assert.Equal(1, other.Exit);
        Assert.Contains("request-conflict", other.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operation_that_was_not_waited_for_is_followed_by_its_id()
    {
        var accepted = await RunAsync(null, "--command", "volume create pursued 8M --no-wait");
        var id = accepted.Output.Trim().Split(' ')[^1];
        var (exit, output, errors) = await RunAsync($"operation wait {id}\noperation watch {id}\n");

        Assert.StartsWith("volume.create of rbd/pursued accepted: ", accepted.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (exit, errors));
        Assert.Equal(2, output.Split("volume.create of rbd/pursued succeeded").Length - 1);
    }

    [Fact]
    public async Task Waiting_for_an_operation_that_failed_tells_why()
    {
        var accepted = await RunAsync(null, "--command", "volume delete none-such-either --no-wait");
        var id = accepted.Output.Trim().Split(' ')[^1];
        var (exit, output, errors) = await RunAsync(null, "--command", $"operation wait {id}");

        Assert.Equal((1, ""), (exit, output));
        Assert.StartsWith("mooring: not-found: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_object()
    {
        var (exit, output, _) = await RunAsync(null, "--json", "--command", "cluster leader");
        var failed = await RunAsync(null, "--json", "--command", "volume show none-such");

        Assert.Equal(0, exit);
        using var done = JsonDocument.Parse(output);
        Assert.Equal("ok", done.RootElement.GetProperty("status").GetString());
        Assert.StartsWith("akka.tcp://mooring@", done.RootElement.GetProperty("output").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, failed.Exit);
        using var error = JsonDocument.Parse(failed.Output);
        Assert.Equal("failed", error.RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_node_that_does_not_serve_consoles_is_not_reachable()
    {
        Assert.Equal(3, (await RunAsync(null, "--node", "127.0.69.99", "--command", "cluster show")).Exit);
        Assert.Equal(3, (await RunAsync(null, "--node", _cluster.Nodes.EndpointOf("node-1"), "--command", "cluster show")).Exit);
    }

    [Fact]
    public async Task Nonsense_on_the_console_port_does_a_node_no_harm()
    {
        var nonsense = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        for (var i = 0; i < 10; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(HostOf("node-1"), Port);
            await client.GetStream().WriteAsync(nonsense);
            using var limit = new CancellationTokenSource(TestCluster.Limit);
            var answer = await new StreamReader(client.GetStream()).ReadToEndAsync(limit.Token);
            Assert.Contains("65536 are allowed", answer, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await RunAsync(null, "--node", HostOf("node-1"), "--command", "cluster show")).Exit);
    }

    private string HostOf(string node) => HostOf(_cluster, node);

    private Task<(int Exit, string Output, string Errors)> RunAsync(string? script, params string[] arguments) => RunOnAsync(_cluster, script, arguments);

    internal static string HostOf(TestCluster cluster, string node) => cluster.Nodes.EndpointOf(node).Split(':')[0];

    internal static Task<(int Exit, string Output, string Errors)> RunOnAsync(TestCluster cluster, string? script, params string[] arguments) =>
        RunAsAsync(cluster, null, script, arguments);

    internal static async Task<(int Exit, string Output, string Errors)> RunAsAsync(TestCluster cluster, string? token, string? script, params string[] arguments)
    {
        using var console = Start(cluster, arguments, token);
        var output = console.StandardOutput.ReadToEndAsync();
        var errors = console.StandardError.ReadToEndAsync();
        await console.StandardInput.WriteAsync(script);
        console.StandardInput.Close();
        await console.WaitForExitAsync().WaitAsync(TestCluster.Limit);
        return (console.ExitCode, await output, await errors);
    }

    internal static Process Start(TestCluster cluster, string[] arguments, string? token = null)
    {
        var start = new ProcessStartInfo(Programs.Mooring, ["console", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["MOORING_ENDPOINT"] = cluster.Nodes.Endpoint;
        if (token is not null)
            start.Environment["MOORING_TOKEN"] = token;
        if (cluster.CaFile is not null)
            start.Environment["MOORING_CA"] = cluster.CaFile;
        return Process.Start(start)!;
    }
}
