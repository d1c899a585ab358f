using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Three real nodes for one test or one class of tests, a client, and a look at the store past Mooring.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    public const int ClusterPort = 14053;

    private const string Pool = "rbd";

    // 127.0.N.x, of those that run at one time.
    private static readonly HashSet<int> _subnets = [];

    private readonly int _subnet;

    private readonly NodeClusterOptions _options;

    private readonly HostNetwork? _hosts;

    private TestCluster(int subnet, NodeClusterOptions options, NodeCluster nodes, StoreAccess store, HostNetwork? hosts)
    {
        _hosts = hosts;
        _subnet = subnet;
        _options = options;
        Nodes = nodes;
        Store = store;
        Client = NewClient();
    }

    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(120);

    public NodeCluster Nodes { get; private set; }

    public StoreAccess Store { get; }

    /// <summary>The hosts that the nodes are on, when they have hosts of their own.</summary>
    public HostNetwork Hosts => _hosts ?? throw new InvalidOperationException("the nodes are on loopback addresses");

    public MooringClient Client { get; private set; }

    /// <summary>The CA of its nodes; null where they do not speak TLS.</summary>
    public string? CaFile => Nodes.CaFile;

    /// <summary>Ends all nodes, and starts them on the same data with TLS that had none, or the other way round.</summary>
    public async Task SwitchTlsAsync()
    {
        var tls = CaFile is null;
        Client.Dispose();
        await Nodes.DisposeAsync();
        Nodes = await NodeCluster.StartAsync(_options with { Tls = tls });
        Client = NewClient();
    }

    /// <summary>How to reach its Ceph; null on an embedded store.</summary>
    public string? CephConf { get; private init; }

    /// <summary>So much has a volume whose copying takes its time.</summary>
    public long LongBytes { get; set; } = 128L << 20;

    /// <summary>Whether it does not matter which node carries out a scenario's operation.</summary>
    public bool AnyNodeWillDo { get; set; }

    private string CrashPoints => CrashPointsIn(Nodes.Directory);

    public static Task<TestCluster> StartAsync(string? cephConf = null, params string[] settings) => StartAsync(3, cephConf, settings);

    public static Task<TestCluster> StartAsync(int nodeCount, string? cephConf = null, params string[] settings) => StartAsync(nodeCount, null, cephConf, settings);

    /// <summary>Three nodes of another version.</summary>
    public static Task<TestCluster> StartVersionAsync(string program) => StartAsync(3, null, null, [], program: program);

    /// <summary>Three nodes, each on a host of its own, and further hosts beside them.</summary>
    public static Task<TestCluster> StartOnHostsAsync(params string[] further) => StartAsync(3, further, null, []);

    /// <summary>The same, on hosts to which something was done before the nodes start.</summary>
    public static Task<TestCluster> StartOnHostsAsync(Func<HostNetwork, Task> prepare, params string[] settings) => StartAsync(3, [], null, settings, prepare: prepare);

    /// <summary>The same, with times of day that can be set (<see cref="NodeClocks"/>) where that is possible.</summary>
    public static Task<TestCluster> StartOnHostsWithClocksAsync(params string[] further) => StartAsync(3, further, null, [], clocks: NodeClocks.WhyNot is null);

    /// <summary>Nodes that are reached by TLS, and reach each other so.</summary>
    public static Task<TestCluster> StartWithTlsAsync(int nodeCount, params string[] settings) => StartAsync(nodeCount, null, null, settings, tls: true);

    private static async Task<TestCluster> StartAsync(
        int nodeCount, string[]? furtherHosts, string? cephConf, string[] settings,
        bool tls = false, bool clocks = false, string? program = null, Func<HostNetwork, Task>? prepare = null)
    {
        var directory = WorkDirectory.Create("mooring-test-");
        var subnet = TakeSubnet();
        NodeCluster? nodes = null;
        HostNetwork? hosts = null;
        try
        {
            if (furtherHosts is not null)
                hosts = await HostNetwork.StartAsync(subnet, [.. Enumerable.Range(1, nodeCount).Select(i => $"node-{i}"), .. furtherHosts]);
            if (hosts is not null && prepare is not null)
                await prepare(hosts);
            var options = new NodeClusterOptions
            {
                Directory = directory,
                Tls = tls,
                Nodes = nodeCount,
                Subnet = subnet,
                Hosts = hosts,
                Program = clocks ? await NodeClocks.MakeAsync(directory) : program,
                HttpPort = 18470,
                ClusterPort = ClusterPort,
                CephConf = cephConf,
                Environment = new Dictionary<string, string> { ["MOORING_CRASH_POINTS"] = Directory.CreateDirectory(CrashPointsIn(directory)).FullName },
                Settings = settings,
            };
            nodes = await NodeCluster.StartAsync(options);
            return new TestCluster(subnet, options, nodes, await StoreAccess.OpenAsync(nodes.DataDirectory, cephConf), hosts) { CephConf = cephConf };
        }
        catch
        {
            if (nodes is not null)
                await nodes.DisposeAsync();
            if (hosts is not null)
                await hosts.DisposeAsync();
            GiveBack(subnet);
            throw;
        }
    }

    public static VolumeId Volume(string name) => new(Pool, "", name);

    public MooringClient NewClient(string? node = null) => new(new MooringClientOptions
    {
        Endpoint = node is null ? Nodes.Endpoint : Nodes.EndpointOf(node), Timeout = Limit, CaFile = CaFile,
    });

    public async Task<string> OwnerAsync() => (await Client.GetVipAsync()).Owner!;

    /// <summary>From now on the first node that passes the crash points, such as <c>after-intent:volume.copy</c>, and no others, dies.</summary>
    public void CrashAt(params IReadOnlyCollection<string> points)
    {
        foreach (var before in Directory.EnumerateFiles(CrashPoints).Concat(Directory.EnumerateFiles(Nodes.Directory, PassedBy + "*")))
            File.Delete(before);
        foreach (var point in points)
            File.Create(Path.Combine(CrashPoints, point)).Dispose();
    }

    /// <summary>
    /// Waits until all crash points have been passed, and the processes that did are dead. A node that waits there for the others may have begun anew meanwhile.
    /// </summary>
    /// <returns>The nodes that stay dead.</returns>
    public async Task<IReadOnlyList<string>> DiedAsync()
    {
        var (dead, left) = (new List<string>(), new List<string?>());
        try
        {
            await UntilAsync(
                "all crash points were passed, and who did is dead",
                () =>
                {
                    dead = [.. Nodes.NodeNames.Where(Nodes.HasEnded)];
                    var alive = Nodes.NodeNames.Select(Nodes.ProcessOf).Where(p => p.IsAlive).Select(p => $"{PassedBy}{p.Pid}").ToList();
                    var passed = Directory.EnumerateFiles(Nodes.Directory, PassedBy + "*").Select(Path.GetFileName).ToList();
                    left = [.. Directory.EnumerateFiles(CrashPoints).Select(Path.GetFileName)];
                    return Task.FromResult(left.Count == 0 && passed.Count > 0 && !passed.Intersect(alive).Any() && dead.Count + alive.Count == Nodes.NodeNames.Count);
                });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {string.Join(", ", dead)} dead, not passed {string.Join(", ", left)}\n{Logs()}", e);
        }
        return dead;
    }

    /// <summary>The name of a volume that there is not, and that the node would carry out the operations of.</summary>
    public async Task<VolumeId> FreeNameOnAsync(string node, string prefix)
    {
        for (var i = 0; i < 100; i++)
        {
            var volume = Volume($"{prefix}-{i}");
            var made = await Client.RunAsync(new CreateVolume(volume, 1 << 20), Change.New());
            await Client.RunAsync(new DeleteVolume(volume), Change.New());
            if (made.ExecutedBy == node)
                return volume;
        }
        throw new InvalidOperationException($"no volume of 100 is kept by {node}");
    }

    /// <summary>A volume with bytes in it.</summary>
    public async Task<VolumeId> FilledAsync(string name, long sizeBytes)
    {
        var volume = Volume(name);
        await Client.RunAsync(new CreateVolume(volume, sizeBytes), Change.New());
        await Store.FillAsync(volume, sizeBytes);
        return volume;
    }

    /// <summary>Waits for something that must come true.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? limit = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!await holds())
        {
            if (clock.Elapsed > (limit ?? Limit))
                throw new TimeoutException($"not within {(limit ?? Limit).TotalSeconds:0} s: {what}");
            await Task.Delay(50);
        }
    }

    /// <summary>Waits until a node's log has a line.</summary>
    public Task SaysAsync(string node, string line, int times = 1) => UntilAsync(
        $"{node} says {times} times: {line}", async () => (await File.ReadAllTextAsync(Nodes.LogFile(node))).Split(line).Length > times);

    /// <summary>Nothing of Mooring's own work is left in the pool but the images of file systems, and nothing that is half removed.</summary>
    public Task NoStrayImageAsync() => UntilAsync("no image of an attempt is left in the pool", async () =>
        !(await Store.ImagesAsync(Pool)).Any(i =>
            i.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal) && !i.Name.StartsWith(VolumeId.ReservedPrefix + "fs.", StringComparison.Ordinal))
        && !(await Store.Store.ListTrashAsync(Pool, "", null, 1000, CancellationToken.None)).Any(i => i.Removing));

    /// <summary>Deletes the volumes whose names begin so, with their snapshots; clones come before what they were made of.</summary>
    public async Task RemoveAllAsync(string prefix)
    {
        var left = new Queue<VolumeId>(await NamedAsync(prefix));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (left.TryDequeue(out var volume))
        {
            // Those that attempts have left are cleaned up beside this.
            if ((await Store.Store.GetChildrenAsync(volume, CancellationToken.None)).Count > 0)
            {
                Assert.True(clock.Elapsed < Limit, $"{volume} is a parent still");
                left.Enqueue(volume);
                await Task.Delay(50);
                continue;
            }
            foreach (var there in (await Store.Store.GetTiesAsync(volume, CancellationToken.None)).Locks.Where(l => !l.Automatic))
                await Store.Store.BreakLockAsync(volume, there.Holder, there.Id, CancellationToken.None);
            foreach (var snapshot in (await Store.Store.GetSnapshotsAsync(volume, CancellationToken.None)).Items)
            {
                if (snapshot.IsProtected)
                    await Client.RunAsync(new UnprotectSnapshot(volume, snapshot.Name), Change.New());
                await Client.RunAsync(new RemoveSnapshot(volume, snapshot.Name), Change.New());
            }
            await Client.RunAsync(new DeleteVolume(volume), Change.New());
        }
    }

    private async Task<List<VolumeId>> NamedAsync(string prefix)
    {
        var (found, after) = (new List<VolumeId>(), (string?)null);
        do
        {
            var page = await Client.ListVolumesAsync(Pool, "", after, 1000);
            found.AddRange(page.Items.Where(v => v.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(v => Volume(v.Name)));
            after = page.NextCursor;
        }
        while (after is not null);
        return found;
    }

    /// <summary>How many images, those of attempts under way not counted, carry the operation that made them.</summary>
    public async Task<int> EffectsAsync(OperationShape operation) => (await Store.ImagesAsync(Pool)).Count(i => i.MadeBy == operation.Id && !i.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal));

    public string Logs() => string.Join("\n\n", Nodes.NodeNames.Select(n => $"{n}:\n{Nodes.LogEnd(n, 40)}"));

    // The processes that have passed crash points: they are dead or about to be.
    private const string PassedBy = "crash-at.";

    private static string CrashPointsIn(string directory) => Path.Combine(directory, "crash-at");

    private static int TakeSubnet()
    {
        lock (_subnets)
        {
            var subnet = Enumerable.Range(70, 100).First(n => !_subnets.Contains(n));
            _subnets.Add(subnet);
            return subnet;
        }
    }

    private static void GiveBack(int subnet)
    {
        lock (_subnets)
            _subnets.Remove(subnet);
    }

    // For whoever looks for the cause of a test that fails now and then.
    private void KeepLogs()
    {
        if (Environment.GetEnvironmentVariable("MOORING_TEST_LOGS") is not { Length: > 0 } kept)
            return;
        var target = Directory.CreateDirectory(Path.Combine(kept, Path.GetFileName(Nodes.Directory)));
        foreach (var log in Directory.EnumerateFiles(Nodes.Directory, "*.log"))
            File.Copy(log, Path.Combine(target.FullName, Path.GetFileName(log)), overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        // The nodes first: a cluster that stays would answer in place of the next.
        await Nodes.DisposeAsync();
        if (_hosts is not null)
            await _hosts.DisposeAsync();
        GiveBack(_subnet);
        await Store.DisposeAsync();
        KeepLogs();
        Directory.Delete(Nodes.Directory, recursive: true);
    }
}
