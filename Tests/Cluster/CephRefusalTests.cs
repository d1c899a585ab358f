using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>A Ceph whose third OSD keeps a pool of its own, <c>apart</c>, and nothing else: it can stop while all other pools go on.</summary>
public sealed class DividedCeph : IAsyncLifetime
{
    private readonly RunningCeph _ceph = new();

    public CephSandbox Sandbox => _ceph.Sandbox;

    public async Task InitializeAsync()
    {
        await _ceph.InitializeAsync();
        if (CephSandbox.WhyNot is not null)
            return;
        await CephAsync("config", "set", "global", "mon_allow_pool_size_one", "true");
        await CephAsync("osd", "crush", "add-bucket", "apart", "root");
        await CephAsync("osd", "crush", "set", "osd.2", "1.0", "root=apart");
        await CephAsync("osd", "crush", "rule", "create-replicated", "apart", "apart", "osd");
        await CephAsync("osd", "pool", "create", "apart", "8", "8", "replicated", "apart");
        await CephAsync("osd", "pool", "set", "apart", "size", "1", "--yes-i-really-mean-it");
        foreach (var pool in (await CephAsync("osd", "pool", "ls")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(pool => pool != "apart"))
            await CephAsync("osd", "pool", "set", pool, "size", "2");
        await RunAsync("rbd", "pool", "init", "apart");
        await TestCluster.UntilAsync("every pool is where it belongs", async () =>
            !(await CephAsync("pg", "stat")).Contains("remapped", StringComparison.Ordinal));
    }

    public Task DisposeAsync() => _ceph.DisposeAsync();

    public Task<string> CephAsync(params string[] command) => RunAsync("ceph", command);

    public Task<string> RunAsync(string program, params string[] arguments) => Sandbox.RunAsync(program, arguments);

    public async Task<int> BlocklistedAsync() => (await CephAsync("osd", "blocklist", "ls")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}

/// <summary>What Ceph refuses, and what it does not answer, concerns the operation that asked for it and nobody else.</summary>
[Collection(StartsCeph.Collection)]
public class CephRefusalTests(DividedCeph ceph) : IClassFixture<DividedCeph>
{
    private const long MiB = 1 << 20;
    private const int QuotaExceeded = 122;
    private const int HungCount = 60, FailingImages = 10, FailuresOfAKind = 100;

    // A bound for a machine that is busy with other things; what it usually takes is measured by the benchmarks.
    private static readonly TimeSpan OthersMax = TimeSpan.FromSeconds(20);

    // Each kind that somebody's lock on its volume, or what is or is not there, stands in the way of.
    private static readonly Func<VolumeId, int, VolumeCommand>[] Failing =
    [
        (locked, i) => new CreateVolume(locked, (i + 1) * MiB),
        (locked, _) => new DeleteVolume(locked),
        (locked, _) => new ResizeVolume(locked, 2 * MiB, true),
        (locked, i) => new RenameVolume(locked with { Image = $"{locked.Image}-renamed-{i}" }, locked),
        (locked, i) => new SetMetadata(locked, $"key-{i}", "value"),
        (locked, i) => new CopyVolume(locked, locked with { Image = $"there-is-none-{i}" }),
    ];

    [CephFact]
    public async Task In_a_full_pool_what_needs_space_fails_and_what_frees_it_works()
    {
        await using var cluster = await TestCluster.StartAsync(ceph.Sandbox.ConfPath);
        await ceph.CephAsync("osd", "pool", "create", "full", "8", "8");
        // A pool whose placement groups are being split counts as empty for a moment.
        await ceph.CephAsync("osd", "pool", "set", "full", "pg_autoscale_mode", "off");
        await ceph.RunAsync("rbd", "pool", "init", "full");
        var made = await cluster.Client.RunAsync(new CreateVolume(In("full", "made"), 8 * MiB), Change.New());
        await cluster.Store.FillAsync(In("full", made.Result!.Name), 8 * MiB);
        await ceph.CephAsync("osd", "pool", "set-quota", "full", "max_bytes", $"{MiB}");
        var (tries, fenced) = (0, await ceph.BlocklistedAsync());
        await TestCluster.UntilAsync("a create finds no space", async () =>
            (await FailureAsync(cluster, new CreateVolume(In("full", $"try-{++tries}"), MiB))) is { Errno: QuotaExceeded, Type: "urn:mooring:error:no-space" });

        Assert.Equal(QuotaExceeded, (await FailureAsync(cluster, new ResizeVolume(In("full", "made"), 16 * MiB, false)))?.Errno);
        Assert.Equal(QuotaExceeded, (await FailureAsync(cluster, new CopyVolume(In("full", "copy"), In("full", "made"))))?.Errno);
        Assert.Null(await FailureAsync(cluster, new DeleteVolume(In("full", "made"))));

        Assert.Equal(fenced, await ceph.BlocklistedAsync());
        await TestCluster.UntilAsync("a create finds space again", async () => await FailureAsync(cluster, new CreateVolume(In("full", $"try-{++tries}"), MiB)) is null);
    }

    [CephFact]
    public async Task What_the_nodes_key_does_not_open_is_refused_and_not_checked()
    {
        await ceph.Sandbox.AddUserAsync("one-pool", "profile rbd pool=rbd");
        await using var cluster = await TestCluster.StartAsync(ceph.Sandbox.ConfPath, "ceph.user=one-pool");
        Assert.Null(await FailureAsync(cluster, new CreateVolume(In("rbd", "allowed"), MiB)));
        Assert.Equal("urn:mooring:error:permission-denied", (await FailureAsync(cluster, new CreateVolume(In("apart", "not-allowed"), MiB)))?.Type);
        Assert.Empty((await cluster.Client.CheckAsync(null, false)).Items);
    }

    [CephFact]
    public async Task What_Ceph_does_not_answer_keeps_nobody_else_waiting_and_ends_when_it_does()
    {
        await using var cluster = await TestCluster.StartAsync(ceph.Sandbox.ConfPath, "ceph.op-timeout=5s");
        // Connections and samples are there.
        await cluster.Client.RunAsync(new CreateVolume(In("apart", "first"), MiB), Change.New());
        var before = await cluster.Client.GetVipAsync();
        var osd = ceph.Sandbox.Daemons["osd.2"];
        var hung = new List<string>();
        await osd.StopAsync();
        try
        {
            for (var i = 0; i < HungCount; i++)
                hung.Add((await cluster.Client.RunAsync(new CreateVolume(In("apart", $"hung-{i}"), MiB), Change.New() with { NoWait = true })).Id);
            await OthersGoOnAsync(cluster, "beside-hung", async () => (await Task.WhenAll(hung.Select(id => cluster.Client.GetOperationAsync(id)))).Any(o => o is
            {
                Setback.Error.Type: "urn:mooring:error:timed-out", Ended: false,
            }));
        }
        finally
        {
            osd.Continue();
        }

        foreach (var id in hung)
        {
            var operation = await cluster.Client.WaitAsync(id, null);
            Assert.Equal(("succeeded", operation.Result?.Id), (operation.State, (await cluster.Store.Store.FindAsync(In("apart", operation.Result!.Name), CancellationToken.None))?.Value));
        }
        Assert.Equal((before.Owner, before.Epoch), ((await cluster.Client.GetVipAsync()).Owner, (await cluster.Client.GetVipAsync()).Epoch));
    }

    [CephFact]
    public async Task A_hundred_failures_of_each_kind_at_once_disturb_nobody()
    {
        await using var cluster = await TestCluster.StartAsync(ceph.Sandbox.ConfPath);
        var locked = Enumerable.Range(0, FailingImages).Select(i => TestCluster.Volume($"locked-{i}")).ToList();
        foreach (var volume in locked)
        {
            await cluster.Client.RunAsync(new CreateVolume(volume, 4 * MiB), Change.New());
            await ceph.RunAsync("rbd", "lock", "add", volume.ToString(), "somebody");
        }
        var before = await cluster.Client.GetVipAsync();
        var failures = Task.WhenAll(Enumerable.Range(0, FailuresOfAKind).SelectMany(i => Failing.Select(kind => FailureAsync(cluster, kind(locked[i % FailingImages], i)))));
        await OthersGoOnAsync(cluster, "beside-failures", () => Task.FromResult(failures.IsCompleted));

        Assert.Equal(Failing.Length * FailuresOfAKind, (await failures).Length);
        Assert.All(await failures, Assert.NotNull);
        Assert.Equal((before.Owner, before.Epoch), ((await cluster.Client.GetVipAsync()).Owner, (await cluster.Client.GetVipAsync()).Epoch));
    }

    private static VolumeId In(string pool, string name) => new(pool, "", name);

    // Makes and deletes volumes in another pool until something has come true, 20 at least.
    private static async Task OthersGoOnAsync(TestCluster cluster, string name, Func<Task<bool>> until)
    {
        var (slowest, number, clock) = (TimeSpan.Zero, 0, Stopwatch.StartNew());
        while (number < 20 || !await until())
        {
            Assert.True(clock.Elapsed < TestCluster.Limit, $"not within {TestCluster.Limit}: what {name} waits for");
            var began = clock.Elapsed;
            var volume = TestCluster.Volume($"{name}-{number++}");
            await cluster.Client.RunAsync(new CreateVolume(volume, MiB), Change.New());
            await cluster.Client.RunAsync(new DeleteVolume(volume), Change.New());
            slowest = clock.Elapsed - began > slowest ? clock.Elapsed - began : slowest;
        }
        Assert.True(slowest < OthersMax, $"the slowest of {number} took {slowest}");
    }

    private static async Task<ProblemShape?> FailureAsync(TestCluster cluster, VolumeCommand command)
    {
        try
        {
            await cluster.Client.RunAsync(command, Change.New());
            return null;
        }
        catch (MooringException e)
        {
            return e.Problem;
        }
    }
}
