using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mooring.Harness;

namespace Mooring.Tests.Cluster;

/// <summary>Nodes that begin anew are started again, dead ones stay dead, and nothing outlives the program that started it.</summary>
[Collection(StartsCeph.Collection)]
public sealed class SupervisionTests : IDisposable
{
    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    private readonly string _directory = WorkDirectory.Create("mooring-test-");

    private string Options => Path.Combine(_directory, "supervisor.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_program_is_started_again_as_often_as_it_asks_for_it()
    {
        var lives = Path.Combine(_directory, "lives");
        var program = Keep($"echo life >> {lives}; [ $(wc -l < {lives}) -gt 3 ] && exit 3; exit {KeptProgram.BeginsAnew}");

        program.Launch(Nothing);
        await TestCluster.UntilAsync("it stays ended", () => Task.FromResult(program.Ended is not null));

        Assert.Equal(3, program.Restarts);
        Assert.Equal("ended with exit status 3", program.Ended);
        Assert.Equal(4, File.ReadLines(lives).Count());
    }

    [Fact]
    public async Task The_pauses_between_its_lives_grow()
    {
        var clock = Stopwatch.StartNew();
        var program = Keep($"exit {KeptProgram.BeginsAnew}");

        program.Launch(Nothing);
        await TestCluster.UntilAsync("it was started again four times", () => Task.FromResult(program.Restarts >= 4));
        await program.KillAsync();

        Assert.True(clock.Elapsed > TimeSpan.FromMilliseconds(100 + 200 + 400 + 800), $"four pauses took {clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task A_program_that_was_killed_stays_dead_until_it_is_launched()
    {
        var program = Keep("exec sleep 1000");
        program.Launch(Nothing);
        var first = program.Process!;

        await first.KillAsync();
        await TestCluster.UntilAsync("it stays ended", () => Task.FromResult(program.Ended is not null));
        Assert.Equal("was killed by signal 9", program.Ended);

        program.Launch(Nothing);
        Assert.NotEqual(first, program.Process);
        Assert.Null(program.Ended);
        await program.KillAsync();
        Assert.Equal(0, program.Restarts);
    }

    [Fact]
    public async Task A_cluster_that_stays_says_who_died_starts_it_again_and_ends_with_its_supervisor()
    {
        var supervisor = await SupervisorLink.StartAsync(Options, new SupervisorOptions(_directory, 1, null, null, 6, 18470, 14053));
        try
        {
            var first = Node();
            await first.Process!.KillAsync();
            await TestCluster.UntilAsync("the cluster says that it was killed", () => Task.FromResult(Node().Ended == "was killed by signal 9"));
            Assert.Equal("there is no node node-9", await SupervisorLink.AskAsync(Options, "start node-9"));

            Assert.Equal("ok", await SupervisorLink.AskAsync(Options, "start node-1"));
            Assert.Equal("node-1 runs already", await SupervisorLink.AskAsync(Options, "start node-1"));
            var second = Node();
            Assert.NotEqual(first.Pid, second.Pid);
            Assert.Equal(second.Pid, second.Process!.Pid);
            Assert.True(second.Process.IsAlive);

            await supervisor.KillAsync();
            await TestCluster.UntilAsync("the node is gone", () => Task.FromResult(!second.Process.IsAlive), TimeSpan.FromSeconds(5));
        }
        finally
        {
            await supervisor.KillAsync();
        }
    }

    [Fact]
    public async Task A_cluster_does_not_start_where_another_would_answer_in_its_place()
    {
        using var other = new TcpListener(IPAddress.Parse("127.0.6.11"), 18470);
        other.Start();

        var refusal = await Assert.ThrowsAsync<HarnessException>(
            () => NodeCluster.StartAsync(new NodeClusterOptions { Directory = _directory, Subnet = 6, HttpPort = 18470, ClusterPort = 14053 }));

        Assert.Contains("cannot listen on 127.0.6.11:18470", refusal.Message, StringComparison.Ordinal);
    }

    [CephFact]
    public async Task A_Ceph_ends_with_the_program_that_started_it_and_another_starts_in_its_place()
    {
        var ceph = Path.Combine(_directory, "ceph");
        var supervisor = await SupervisorLink.StartAsync(Options, new SupervisorOptions(_directory, 0, ceph, null));
        var daemons = CephSandbox.Find(ceph)!.Daemons.Values.ToList();
        Assert.Equal(5, daemons.Count(d => d.IsAlive));

        await supervisor.KillAsync();
        await TestCluster.UntilAsync("no daemon runs", () => Task.FromResult(!daemons.Any(d => d.IsAlive)), TimeSpan.FromSeconds(5));
        Assert.Null(CephSandbox.Find(ceph));

        supervisor = await SupervisorLink.StartAsync(Options, new SupervisorOptions(_directory, 0, ceph, null));
        daemons = [.. CephSandbox.Find(ceph)!.Daemons.Values];
        await supervisor.TerminateAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(daemons, d => d.IsAlive);
    }

    [Fact]
    public async Task What_a_killed_program_has_left_is_removed_by_the_next()
    {
        using var dead = Children.Start(new ProcessStartInfo("sleep", ["1000"]));
        var owner = ProcessIdentity.Of(dead.Id)!;
        var left = Directory.CreateDirectory(Path.Combine(_directory, "work-left")).FullName;
        await File.WriteAllTextAsync(Path.Combine(left, ".owner"), $"{owner.Pid} {owner.StartTicks}");

        var first = WorkDirectory.Create(_directory, "work-");
        Assert.True(Directory.Exists(left), "its program still runs");
        await owner.KillAsync();
        var second = WorkDirectory.Create(_directory, "work-");

        Assert.False(Directory.Exists(left), "its program is gone");
        Assert.True(Directory.Exists(first) && Directory.Exists(second), "this program runs");
    }

    private NodeState Node() => NodeClusterState.Read(_directory)!.Nodes[0];

    private static KeptProgram Keep(string script) => new(_ => Children.Start(new ProcessStartInfo("sh", ["-c", script])), () => { });
}
