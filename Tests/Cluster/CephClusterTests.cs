using System.Collections.Concurrent;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>A throw-away Ceph that the tests of a class share.</summary>
public sealed class RunningCeph : IAsyncLifetime
{
    private readonly string _directory = WorkDirectory.Create("mooring-ceph-");
    private CephSandbox? _sandbox;

    public CephSandbox Sandbox => _sandbox ?? throw new InvalidOperationException("Ceph is not running: " + CephSandbox.WhyNot);

    /// <summary>Nodes on it.</summary>
    public ReusedCluster Reused { get; } = new();

    /// <summary>For a cluster of its own: two on one Ceph would contend for one lease and one journal.</summary>
    /// <returns>How to reach Ceph, once nobody else does.</returns>
    public async Task<string> AloneAsync()
    {
        await Reused.DisposeAsync();
        return Sandbox.ConfPath;
    }

    public async Task InitializeAsync()
    {
        // The tests are skipped with this reason.
        if (CephSandbox.WhyNot is null)
        {
            _sandbox = await CephSandbox.StartAsync(new CephSandboxOptions
            {
                Directory = Path.Combine(_directory, "ceph"), CollectingTime = TimeSpan.FromMilliseconds(50),
            });
        }
    }

    public async Task DisposeAsync()
    {
        await Reused.DisposeAsync();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>A test that is skipped, with the reason, where Ceph cannot run.</summary>
public sealed class CephFactAttribute : FactAttribute
{
    public CephFactAttribute() => Skip = CephSandbox.WhyNot;
}

/// <summary>As <see cref="CephFactAttribute"/>, for several cases.</summary>
public sealed class CephTheoryAttribute : TheoryAttribute
{
    public CephTheoryAttribute() => Skip = CephSandbox.WhyNot;
}

/// <summary>Tests that start a Ceph, whose daemons look for free ports: one after another.</summary>
public static class StartsCeph
{
    public const string Collection = "starts a Ceph";
}

/// <summary>Nodes die, and Ceph itself is away for a while, on a real Ceph with its fencing, its leases and its journal.</summary>
[Collection(StartsCeph.Collection)]
public class CephClusterTests(RunningCeph ceph) : IClassFixture<RunningCeph>
{
    private const long CopyBytes = 128L << 20;
    private const int Callers = 4;
    private const string StoreIsSilent = "the block store does not answer";

    public static TheoryData<string[]> Points => CrashScenario.Deaths(onCeph: true);

    [CephTheory]
    [MemberData(nameof(Points))]
    public Task Operations_take_effect_once_at_whichever_points_the_owner_dies(string[] points) => ceph.Reused.UseAsync(ceph.Sandbox.ConfPath, cluster =>
    {
        cluster.LongBytes = CopyBytes / 2;
        return CrashScenario.RunAsync(cluster, points);
    });

    [CephFact]
    public Task A_copy_is_cancelled_through_the_death_of_its_owner() => ceph.Reused.UseAsync(ceph.Sandbox.ConfPath, CrashScenario.CancelAsync);

    [CephFact]
    public Task Content_is_exchanged_with_the_rbd_command() =>
        ceph.Reused.UseAsync(ceph.Sandbox.ConfPath, cluster => new RbdExchange(cluster, ceph.Sandbox.ConfPath).RunAsync());

    [CephFact]
    public async Task Operations_of_all_kinds_take_effect_once_whatever_happens()
    {
        await using var cluster = await TestCluster.StartAsync(await ceph.AloneAsync());
        // As users have it.
        await ceph.Sandbox.RunAsync("ceph", "tell", "mon.a", "config", "set", "paxos_propose_interval", "1");

        await new Chaos(cluster, ceph.Sandbox).RunAsync();
    }

    [CephFact]
    public async Task A_file_goes_on_being_written_when_its_writer_is_killed()
    {
        await using var cluster = await FileFailoverTests.StartAsync(cephConf: await ceph.AloneAsync());
        var area = (await cluster.Client.GetFileSystemAsync("fs")).Areas[0];

        var (after, checksum) = await FileFailoverTests.WriteThroughAsync(cluster, area, () => cluster.Nodes.KillAsync(area.Writer!));

        Assert.NotEqual(area.Writer, after.Writer);
        Assert.Equal(FileFailoverTests.Crc(FileFailoverTests.LargeBytes), checksum);
    }

    [CephFact]
    public async Task A_writer_that_was_stopped_and_shut_out_does_not_write_when_it_goes_on()
    {
        await using var cluster = await FileFailoverTests.StartAsync(cephConf: await ceph.AloneAsync());
        await FileFailoverTests.StopWriterAsync(cluster);
    }

    [CephTheory]
    [InlineData(StoreIsSilent)]
    // So long that the nodes have given themselves up.
    [InlineData("begins anew")]
    public async Task What_was_under_way_when_Ceph_went_away_ends_when_it_is_back(string untilNodesSay)
    {
        await using var cluster = await FileFailoverTests.StartAsync(cephConf: await ceph.AloneAsync());
        var name = $"away-{untilNodesSay.Split(' ')[0]}";
        var source = await cluster.FilledAsync($"{name}-source", CopyBytes);
        await using var history = await FileHistory.StartAsync(cluster.Nodes.Endpoint, "fs", cluster.Nodes.NodeNames);
        var made = new ConcurrentBag<OperationShape>();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                made.Add(await cluster.Client.RunAsync(new CreateVolume(TestCluster.Volume($"{name}-{caller}-{i}"), 1 << 20), Change.New()));
        })).ToArray();
        var copy = await cluster.Client.RunAsync(new CopyVolume(TestCluster.Volume($"{name}-copy"), source), Change.New() with { NoWait = true });
        await TestCluster.UntilAsync("volumes and files are made", () => Task.FromResult(made.Count > 10 && history.Written > 10));

        await using (await ceph.Sandbox.PauseOsdsAsync())
        {
            await TestCluster.UntilAsync($"every node says that {untilNodesSay}", async () => (await LogsAsync(cluster)).All(log => log.Contains(untilNodesSay, StringComparison.Ordinal)));
            if (untilNodesSay == StoreIsSilent)
                await SomebodySaysWhyAsync(cluster);
        }
        var (volumesBefore, filesBefore) = (made.Count, history.Written);

        await TestCluster.UntilAsync("volumes and files are made again", () => Task.FromResult(made.Count > volumesBefore + 10 && history.Written > filesBefore + 10));
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        foreach (var operation in made)
        {
            Assert.Equal("succeeded", operation.State);
            Assert.Equal(operation.Result!.Id, (await cluster.Store.Store.FindAsync(TestCluster.Volume(operation.Result.Name), CancellationToken.None))?.Value);
        }
        var copied = await cluster.Client.WaitAsync(copy.Id, null);
        Assert.Equal("succeeded", copied.State);
        Assert.Equal(1, await cluster.EffectsAsync(copied));
        Assert.True(await cluster.Store.SameBytesAsync(source, TestCluster.Volume($"{name}-copy")), "the copy has other bytes than its source");
        await history.StopAsync();
        Assert.Equal((0, 0), await history.JudgeAsync());
        await cluster.NoStrayImageAsync();
    }

    // Nobody may own the virtual IP now: the nodes themselves are asked.
    private static async Task SomebodySaysWhyAsync(TestCluster cluster)
    {
        var told = new List<string>();
        using var client = new MooringClient(new MooringClientOptions
        {
            Endpoint = cluster.Nodes.Endpoint,
            Nodes = [.. cluster.Nodes.NodeNames.Select(cluster.Nodes.EndpointOf)],
            Timeout = TimeSpan.FromSeconds(6),
            WaitSlice = TimeSpan.FromSeconds(1),
            AnswerMargin = TimeSpan.FromSeconds(1),
            Unanswered = told.Add,
            UnansweredAfter = TimeSpan.FromSeconds(1),
        });
        await TestCluster.UntilAsync("the nodes are listed with what is wrong", async () =>
            (await client.ListNodesAsync()).Any(n => n.Health?.Problem?.Contains(StoreIsSilent, StringComparison.Ordinal) == true));
        var failure = await Assert.ThrowsAsync<MooringUnreachableException>(
            () => client.RunAsync(new CreateVolume(TestCluster.Volume("unanswered"), 1 << 20), new Change("unanswered")));
        Assert.True(failure.Message.Contains(StoreIsSilent, StringComparison.Ordinal), failure.Message);
        Assert.Contains(StoreIsSilent, Assert.Single(told), StringComparison.Ordinal);
    }

    private static Task<string[]> LogsAsync(TestCluster cluster) => Task.WhenAll(cluster.Nodes.NodeNames.Select(n => File.ReadAllTextAsync(cluster.Nodes.LogFile(n))));
}
