using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>A node that cannot start says why in one line, and never hangs.</summary>
public sealed class BadStartTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private readonly string _directory = WorkDirectory.Create("mooring-test-");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("vip.adress=127.0.0.1", "mooring.vip.adress is not a known key")]
    [InlineData("backend=tape", "expected embedded or ceph")]
    [InlineData("journal=tape", "expected store or sql")]
    [InlineData("workers.count=many", "mooring.workers.count = many")]
    [InlineData("vip.lease.duration=100ms", "mooring.vip.lease")]
    [InlineData("operations.open-max=0", "mooring.operations.open-max = 0")]
    [InlineData("vip.lease.duration=soon", "expected a duration")]
    [InlineData("nonsense", "is not key=value")]
    public async Task A_wrong_setting_stops_the_start(string setting, string expected)
    {
        var (exit, errors) = await StartAsync(2, "--set", setting);

        Assert.Equal(2, exit);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_configuration_file_stops_the_start()
    {
        var (exit, errors) = await StartAsync(2, "--config", Path.Combine(_directory, "missing.hocon"));

        Assert.Equal(2, exit);
        Assert.Contains("cannot be read", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_http_port_stops_the_start()
    {
        using var taken = Listen("127.0.69.21", 18470);
        var (exit, errors) = await StartAsync(1);

        Assert.Equal(1, exit);
        Assert.Contains("cannot listen on 127.0.69.21:18470", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_cluster_port_stops_the_start()
    {
        using var taken = Listen("127.0.69.21", 14053);
        var (exit, errors) = await StartAsync(1);

        Assert.Equal(1, exit);
        Assert.Contains("14053", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store", "store.db", "the block store cannot be used")]
    [InlineData("sql", "journal.db", "the journal (mooring.sql-journal) cannot be written")]
    public async Task A_journal_that_cannot_be_written_stops_the_start(string journal, string file, string expected)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "data", file));
        var (exit, errors) = await StartAsync(1, "--set", $"journal={journal}");

        Assert.Equal(1, exit);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_is_none_stops_the_start()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "data"), "a file");
        var (exit, errors) = await StartAsync(1);

        Assert.Equal(1, exit);
        Assert.Contains("data", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Ceph_that_is_not_there_is_tried_for_within_a_bound()
    {
        if (!CephSandbox.IsInstalled)
            return;
        var conf = Path.Combine(_directory, "ceph.conf");
        await File.WriteAllTextAsync(conf, "[global]\nmon host = v1:127.0.69.99:1\nauth client required = none\nauth cluster required = none\nauth service required = none\n");
        var clock = Stopwatch.StartNew();
        var (exit, errors) = await StartAsync(75, "--backend", "ceph", "--ceph-conf", conf, "--set", "ceph.start-timeout=3s", "--set", "ceph.connect-timeout=1s");

        // It may be there later: the service manager starts the node again.
        Assert.Equal(75, exit);
        Assert.Contains("was not reached within 3 s", errors, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 2, 30);
    }

    [Fact]
    public async Task A_virtual_IP_that_somebody_else_has_is_not_taken_and_the_node_says_so()
    {
        using var taken = Listen("127.0.69.120", 18470);
        using var node = Launch(["--vip", "127.0.69.120"]);
        try
        {
            var said = await ReadUntilAsync(node.StandardOutput, "is taken by another program");
            Assert.Contains("virtual IP 127.0.69.120:18470 cannot be put on this node", said, StringComparison.Ordinal);
        }
        finally
        {
            node.Kill();
            await node.WaitForExitAsync();
        }
    }

    private async Task<(int Exit, string Errors)> StartAsync(int expectedExit, params string[] arguments)
    {
        using var node = Launch(arguments);
        var errors = node.StandardError.ReadToEndAsync();
        var output = node.StandardOutput.ReadToEndAsync();
        try
        {
            await node.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            node.Kill();
            throw new TimeoutException($"mooringd did not end with {expectedExit} within {Limit.TotalSeconds} s; it said: {await errors}{await output}");
        }
        var said = await errors;
        Assert.Single(said.Trim().Split('\n'));
        Assert.StartsWith("mooringd: ", said, StringComparison.Ordinal);
        return (node.ExitCode, said);
    }

    private Process Launch(string[] arguments)
    {
        string[] standard =
        [
            "--name", "node-1", "--address", "127.0.69.21", "--port", "14053", "--http-port", "18470", "--seed", "127.0.69.21:14053", "--data", Path.Combine(_directory, "data"),
        ];
        return Children.Start(new ProcessStartInfo(Programs.Mooringd, [.. standard, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });
    }

    private static async Task<string> ReadUntilAsync(StreamReader reader, string wanted)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains(wanted, StringComparison.Ordinal))
                return line;
        }
        throw new InvalidOperationException($"the node ended without saying '{wanted}'");
    }

    private static TcpListener Listen(string address, int port)
    {
        var listener = new TcpListener(IPAddress.Parse(address), port);
        listener.Start();
        return listener;
    }
}
