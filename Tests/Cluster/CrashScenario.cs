using Mooring.Client;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>What is made ready for an operation, and what must be so after it, whoever died meanwhile.</summary>
/// <param name="PrepareAsync">Makes the operation's volumes; its own, which is free, is kept by the node that will die.</param>
/// <param name="CheckAsync">Looks at its effect.</param>
/// <param name="Points">The points that only this kind passes.</param>
internal sealed partial record CrashScenario(
    Func<TestCluster, VolumeId, Task<VolumeCommand>> PrepareAsync, Func<TestCluster, VolumeCommand, OperationShape, Task> CheckAsync, params string[] Points)
{
    private const long Size = 4 << 20;
    private const int DeathsAtOnce = 6;

    /// <summary>The bytes that the operation takes, for one that takes some.</summary>
    public Func<TestCluster, VolumeCommand, Task<byte[]>>? MakeContentAsync { get; init; }

    // All of them for all kinds on both stores take an hour: MOORING_TEST_ALL_POINTS. Otherwise what does not differ from kind to kind, the journal's and
    // the owner's, is passed by two of them on one store, and the two points around the effect by one store each.
    private static readonly bool AllPoints = Environment.GetEnvironmentVariable("MOORING_TEST_ALL_POINTS") is { Length: > 0 };
    private static readonly string[] PointsBeside = ["accepted", "before-intent", "before-reply", "after-reply"];
    private static readonly string[] PointsAround = ["after-intent", "after-effect"];
    private static readonly string[] KindsBeside = ["volume.create", "volume.copy"];

    private static readonly Dictionary<string, CrashScenario> All = new(OfPools().Concat(OfKeeping()).Concat(OfGroups()).Concat(OfContent()).Concat(OfMigrations()).Concat(OfMirroring()))
    {
        ["volume.create"] = new(
            (_, volume) => Task.FromResult<VolumeCommand>(new CreateVolume(volume, 7 << 20)),
            async (cluster, command, result) =>
            {
                Assert.Equal(7 << 20, result.Result!.SizeBytes);
                Assert.Equal(result.Result.Id, await IdAsync(cluster, command.Volume));
            }),
        ["volume.delete"] = new(
            async (cluster, volume) => new DeleteVolume(await cluster.FilledAsync(volume.Image, cluster.LongBytes / 4)),
            async (cluster, command, _) => Assert.Null(await IdAsync(cluster, command.Volume)),
            "in-the-middle"),
        ["volume.resize"] = new(
            async (cluster, volume) => new ResizeVolume(await MadeAsync(cluster, volume), Size * 2, false),
            async (cluster, command, _) => Assert.Equal(Size * 2, (await cluster.Client.GetVolumeAsync(command.Volume)).SizeBytes)),
        ["volume.copy"] = new(
            async (cluster, volume) => new CopyVolume(volume, await cluster.FilledAsync($"{volume.Image}-source", cluster.LongBytes)),
            async (cluster, command, result) =>
            {
                Assert.Equal(1, await cluster.EffectsAsync(result));
                Assert.True(await cluster.Store.SameBytesAsync(command.SourceVolume!.Value, command.Volume), "the copy has other bytes than its source");
                // The source is released: it can be deleted again.
                await cluster.Client.RunAsync(new DeleteVolume(command.SourceVolume.Value), Change.New());
            },
            "in-the-middle", "before-commit"),
        ["volume.rename"] = new(
            async (cluster, volume) => new RenameVolume(volume, await MadeAsync(cluster, volume with { Image = $"{volume.Image}-before" })),
            async (cluster, command, result) =>
            {
                Assert.Null(await IdAsync(cluster, command.SourceVolume!.Value));
                Assert.Equal(result.Result!.Id, await IdAsync(cluster, command.Volume));
                Assert.Equal(Size, result.Result.SizeBytes);
                // Both names are free for what comes next.
                await MadeAsync(cluster, command.SourceVolume.Value);
                await cluster.Client.RunAsync(new DeleteVolume(command.Volume), Change.New());
            }),
        ["volume.metadata.set"] = new(
            async (cluster, volume) => new SetMetadata(await MadeAsync(cluster, volume), "owner", "somebody"),
            async (cluster, command, _) => Assert.Equal("somebody", (await cluster.Client.GetVolumeAsync(command.Volume)).Metadata["owner"])),
        ["volume.metadata.remove"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new SetMetadata(await MadeAsync(cluster, volume), "owner", "somebody"), Change.New());
                return new RemoveMetadata(volume, "owner");
            },
            async (cluster, command, _) => Assert.Empty((await cluster.Client.GetVolumeAsync(command.Volume)).Metadata)),
        ["volume.snapshot.create"] = new(
            async (cluster, volume) => new CreateSnapshot(await WithSnapshotsAsync(cluster, volume, "before"), "s"),
            async (cluster, command, result) =>
            {
                Assert.Equal(["before", "s"], await SnapshotsAsync(cluster, command.Volume));
                Assert.Equal(2, result.Result!.Snapshots!.Count);
            }),
        ["volume.snapshot.rename"] = new(
            async (cluster, volume) => new RenameSnapshot(await WithSnapshotsAsync(cluster, volume, "s"), "s", "t"),
            async (cluster, command, _) => Assert.Equal(["t"], await SnapshotsAsync(cluster, command.Volume))),
        ["volume.snapshot.remove"] = new(
            async (cluster, volume) => new RemoveSnapshot(await WithSnapshotsAsync(cluster, volume, "s", "t"), "s"),
            async (cluster, command, _) => Assert.Equal(["t"], await SnapshotsAsync(cluster, command.Volume))),
        ["volume.snapshot.protect"] = new(
            async (cluster, volume) => new ProtectSnapshot(await WithSnapshotsAsync(cluster, volume, "s"), "s"),
            async (cluster, command, _) => Assert.Equal(["s!"], await SnapshotsAsync(cluster, command.Volume))),
        ["volume.snapshot.unprotect"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new ProtectSnapshot(await WithSnapshotsAsync(cluster, volume, "s"), "s"), Change.New());
                return new UnprotectSnapshot(volume, "s");
            },
            async (cluster, command, _) => Assert.Equal(["s"], await SnapshotsAsync(cluster, command.Volume))),
        ["volume.snapshot.rollback"] = new(
            async (cluster, volume) =>
            {
                await SnapshottedAsync(cluster, volume);
                await cluster.Client.RunAsync(new CopyVolume(volume with { Image = $"{volume.Image}-then" }, volume), Change.New());
                // Every object of it differs from then.
                for (var offset = 0L; offset < cluster.LongBytes / 4; offset += Size)
                    await cluster.Store.Store.WriteAsync(volume, offset, new byte[1 << 20], CancellationToken.None);
                return new RollBackVolume(volume, "s");
            },
            async (cluster, command, _) =>
            {
                var then = command.Volume with { Image = $"{command.Volume.Image}-then" };
                Assert.True(await cluster.Store.SameBytesAsync(then, command.Volume), "the volume has other bytes than then");
                await cluster.Client.RunAsync(new DeleteVolume(then), Change.New());
            },
            "in-the-middle"),
        ["volume.clone"] = new(
            async (cluster, volume) => new CloneVolume(volume, await SnapshottedAsync(cluster, volume with { Image = $"{volume.Image}-parent" }), "s"),
            async (cluster, command, result) =>
            {
                Assert.Equal(1, await cluster.EffectsAsync(result));
                var children = await cluster.Store.Store.GetChildrenAsync(command.SourceVolume!.Value, CancellationToken.None);
                // What an attempt has left is cleaned up beside this.
                Assert.Equal([command.Volume], children.Where(c => !c.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)));
                Assert.True(await cluster.Store.SameBytesAsync(command.SourceVolume.Value, command.Volume), "the clone has other bytes than its parent");
                // The parent is released: it can be changed again.
                await cluster.Client.RunAsync(new RenameSnapshot(command.SourceVolume.Value, "s", "t"), Change.New());
            },
            "before-commit"),
        ["volume.flatten"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new CloneVolume(volume, await SnapshottedAsync(cluster, volume with { Image = $"{volume.Image}-parent" }), "s"), Change.New());
                return new FlattenVolume(volume);
            },
            async (cluster, command, _) =>
            {
                var parent = command.Volume with { Image = $"{command.Volume.Image}-parent" };
                Assert.Null((await cluster.Client.GetVolumeAsync(command.Volume)).Parent);
                Assert.True(await cluster.Store.SameBytesAsync(parent, command.Volume), "it has other bytes than its parent had");
                await cluster.Client.RunAsync(new RemoveSnapshot(parent, "s"), Change.New());
                await cluster.Client.RunAsync(new DeleteVolume(parent), Change.New());
            },
            "in-the-middle"),
        ["volume.deep-copy"] = new(
            async (cluster, volume) =>
            {
                var source = await SnapshottedAsync(cluster, volume with { Image = $"{volume.Image}-source" });
                await cluster.Store.Store.WriteAsync(source, 0, new byte[1 << 20], CancellationToken.None);
                return new DeepCopyVolume(volume, source);
            },
            async (cluster, command, result) =>
            {
                await cluster.NoStrayImageAsync();
                Assert.Equal(1, await cluster.EffectsAsync(result));
                Assert.Equal(["s"], await SnapshotsAsync(cluster, command.Volume));
                Assert.True(await cluster.Store.SameBytesAsync(command.SourceVolume!.Value, command.Volume), "the copy has other bytes than its source");
                foreach (var volume in new[] { command.Volume, command.SourceVolume.Value })
                    await cluster.Client.RunAsync(new RollBackVolume(volume, "s"), Change.New());
                Assert.True(await cluster.Store.SameBytesAsync(command.SourceVolume.Value, command.Volume), "the copy's snapshot has other bytes than its source's");
            },
            "in-the-middle", "before-commit"),
        ["volume.sparsify"] = new(
            async (cluster, volume) =>
            {
                await SnapshottedAsync(cluster, volume);
                await cluster.Client.RunAsync(new CopyVolume(volume with { Image = $"{volume.Image}-before" }, volume), Change.New());
                return new SparsifyVolume(volume);
            },
            async (cluster, command, _) => Assert.True(
                await cluster.Store.SameBytesAsync(command.Volume with { Image = $"{command.Volume.Image}-before" }, command.Volume), "it has other bytes than before"),
            "in-the-middle"),
        ["volume.object-map.rebuild"] = new(
            async (cluster, volume) => new RebuildObjectMap(await cluster.FilledAsync(volume.Image, cluster.LongBytes / 4)),
            async (cluster, command, _) => Assert.Equal(cluster.LongBytes / 4, (await cluster.Client.GetVolumeAsync(command.Volume)).SizeBytes),
            "in-the-middle"),
        ["volume.snapshot.limit.set"] = new(
            async (cluster, volume) => new SetSnapshotLimit(await MadeAsync(cluster, volume), 3),
            async (cluster, command, _) => Assert.Equal(3, (await cluster.Client.GetVolumeAsync(command.Volume)).Snapshots!.Limit)),
        ["volume.snapshot.limit.clear"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new SetSnapshotLimit(await MadeAsync(cluster, volume), 3), Change.New());
                return new ClearSnapshotLimit(volume);
            },
            async (cluster, command, _) => Assert.Null((await cluster.Client.GetVolumeAsync(command.Volume)).Snapshots!.Limit)),
    };

    /// <summary>Where the owner is to die in the middle of operations: so many of them at once that a node has workers for all.</summary>
    /// <param name="onCeph">Which store: without, only the kinds that the embedded one has.</param>
    /// <returns>Points and the kind, such as <c>after-effect:volume.copy</c>. The first points of all kinds, then the second of those that have some.</returns>
    public static TheoryData<string[]> Deaths(bool onCeph)
    {
        var points = OperationCatalog.All.Where(o => onCeph || !ScenarioOf(o.Kind).NeedsCeph).SelectMany(o => PointsOf(o.Kind, onCeph).Index())
            .OrderBy(p => p.Index).Select(p => p.Item).ToLookup(IsPassedByTheOwner);
        return [.. points[true].Chunk(1), .. points[false].Chunk(DeathsAtOnce)];
    }

    private static IEnumerable<string> PointsOf(string kind, bool onCeph)
    {
        string[] around = AllPoints ? PointsAround : [onCeph ? "after-effect" : "after-intent"];
        return (AllPoints || (!onCeph && KindsBeside.Contains(kind)) ? PointsBeside : []).Concat(around).Concat(ScenarioOf(kind).Points).Select(point => $"{point}:{kind}");
    }

    private static CrashScenario ScenarioOf(string kind) => All.TryGetValue(kind, out var scenario) ? scenario : throw new InvalidOperationException($"there is no crash scenario for {kind}");

    // One actor for all operations: while it waits for others to come to their points, it can do nothing else.
    private static bool IsPassedByTheOwner(string point) => point.Split(':')[0] is "accepted" or "after-reply";

    /// <summary>
    /// The owner dies (SIGKILL by its own hand) when operations that it also carries out have each come to a named point. Whatever the points: the effects
    /// exactly once, the results delivered to the clients that wait, the same answer to the same request id, and nothing left lying around.
    /// </summary>
    /// <param name="cluster">Three nodes.</param>
    /// <param name="points">The points, as of <see cref="Deaths"/>.</param>
    public static async Task RunAsync(TestCluster cluster, params IReadOnlyCollection<string> points)
    {
        var vip = await cluster.Client.GetVipAsync();
        var owner = vip.Owner!;
        var operations = await Task.WhenAll(points.Select(point => BeginAsync(cluster, owner, point)));
        cluster.CrashAt(points);
        var dead = new Lazy<Task<IReadOnlyList<string>>>(() => StartAgainAsync(cluster));
        await Task.WhenAll(operations.Select(async operation =>
        {
            try
            {
                var result = await AskTwiceAsync(cluster, operation.Command, operation.Content, () => dead.Value);
                await All[operation.Command.Kind].CheckAsync(cluster, operation.Command, result);
            }
            catch (Exception e) when (e is MooringUnreachableException or Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"{operation.Command.Kind}, {owner} dying at {string.Join(", ", points)}: {e.Message}\n{cluster.Logs()}", e);
            }
        }));
        // Not the owner, or not it alone, when a volume has moved to another node meanwhile: that counts as well. Of two that died the first may own it again.
        Assert.True(!(await dead.Value).Contains(owner) || (await cluster.Client.GetVipAsync()).Epoch > vip.Epoch, $"{owner} has died and is the owner still");
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
        await cluster.NoStrayImageAsync();
        // A Ceph in memory has not room for the work of all of them.
        await Task.WhenAll(points.Select(point => cluster.RemoveAllAsync(NameOf(point))));
    }

    /// <summary>The embedded store refuses what it does not have.</summary>
    /// <param name="cluster">Three nodes.</param>
    /// <param name="kind">The kind of operation.</param>
    /// <returns>Whether it does not have it.</returns>
    public static async Task<bool> IsRefusedAsync(TestCluster cluster, string kind)
    {
        if (cluster.CephConf is null && All[kind].NeedsCeph)
            await RefusedAsync(cluster, All[kind], TestCluster.Volume(kind.Replace('.', '-')));
        return cluster.CephConf is null && All[kind].NeedsCeph;
    }

    private static string NameOf(string point) => string.Join('-', point.Replace('.', '-').Split(':').Reverse());

    private static async Task<(VolumeCommand Command, byte[]? Content)> BeginAsync(TestCluster cluster, string owner, string point) =>
        await BeginAsync(cluster, point.Split(':')[1], await cluster.FreeNameOnAsync(owner, NameOf(point)));

    private static async Task<(VolumeCommand Command, byte[]? Content)> BeginAsync(TestCluster cluster, string kind, VolumeId volume)
    {
        var command = await All[kind].PrepareAsync(cluster, volume);
        return (command, All[kind].MakeContentAsync is { } make ? await make(cluster, command) : null);
    }

    // As a service manager would.
    private static async Task<IReadOnlyList<string>> StartAgainAsync(TestCluster cluster)
    {
        var dead = await cluster.DiedAsync();
        foreach (var node in dead)
            cluster.Nodes.Launch(node, new Dictionary<string, string>());
        return dead;
    }

    /// <summary>
    /// An operation is cancelled whose node, the owner, dies in the middle of it. It has not taken effect, says so to whoever asks, and leaves nothing.
    /// </summary>
    public static async Task CancelAsync(TestCluster cluster)
    {
        const string Kind = "volume.copy";
        var owner = await cluster.OwnerAsync();
        var command = await All[Kind].PrepareAsync(cluster, await cluster.FreeNameOnAsync(owner, "cancelled"));
        cluster.CrashAt($"in-the-middle:{Kind}");
        var change = Change.New() with { NoWait = true };
        var copy = await cluster.Client.RunAsync(command, change);
        var dead = Assert.Single(await cluster.DiedAsync());
        var asked = await cluster.Client.CancelAsync(copy.Id);
        var ended = await cluster.Client.WaitAsync(copy.Id, null);

        Assert.True(asked.CancelAsked);
        Assert.True(ended.State == "cancelled", $"{ended.State}: {ended.Error?.Detail}\n{cluster.Logs()}");
        Assert.Equal(ErrorKind.Cancelled, (await Assert.ThrowsAsync<MooringException>(() => cluster.Client.RunAsync(command, change))).Kind);
        Assert.Equal((ended.State, ended.FinishedAt), await cluster.Client.CancelAsync(copy.Id) is var late ? (late.State, late.FinishedAt) : default);
        cluster.Nodes.Launch(dead, new Dictionary<string, string>());
        await cluster.Nodes.WaitReadyAsync(TestCluster.Limit);
        await cluster.NoStrayImageAsync();
        Assert.Null(await IdAsync(cluster, command.Volume));
        // The source is released.
        await cluster.Client.RunAsync(new DeleteVolume(command.SourceVolume!.Value), Change.New());
    }

    /// <summary>An operation once, whatever happens to the nodes meanwhile: its effect exactly once, and the same answer to the same request id.</summary>
    /// <param name="cluster">Three nodes.</param>
    /// <param name="kind">The kind of operation.</param>
    /// <param name="volume">The operation's volume, which there is not; it and all whose names begin with its name are gone afterwards.</param>
    public static async Task RunOnceAsync(TestCluster cluster, string kind, VolumeId volume)
    {
        if (await IsRefusedAsync(cluster, kind))
            return;
        var (command, content) = await BeginAsync(cluster, kind, volume);
        await All[kind].CheckAsync(cluster, command, await AskTwiceAsync(cluster, command, content, () => Task.CompletedTask));
        await cluster.RemoveAllAsync(volume.Image);
    }

    /// <summary>A copy that somebody cancels at some time: it has no effect, or the whole one, as its result says.</summary>
    /// <param name="cluster">Three nodes.</param>
    /// <param name="volume">As for <see cref="RunOnceAsync"/>.</param>
    /// <param name="delay">When it is cancelled.</param>
    /// <returns>Whether it was.</returns>
    public static async Task<bool> CancelOnceAsync(TestCluster cluster, VolumeId volume, TimeSpan delay)
    {
        var scenario = All["volume.copy"];
        var command = await scenario.PrepareAsync(cluster, volume);
        var copy = await cluster.Client.RunAsync(command, Change.New() with { NoWait = true });
        await Task.Delay(delay);
        await cluster.Client.CancelAsync(copy.Id);
        var ended = await cluster.Client.WaitAsync(copy.Id, null);
        if (ended.State == "cancelled")
        {
            Assert.Equal(0, await cluster.EffectsAsync(ended));
            Assert.Null(await IdAsync(cluster, command.Volume));
        }
        else
        {
            Assert.True(ended.State == "succeeded", $"{command} {ended.State}: {ended.Error?.Detail}");
            await scenario.CheckAsync(cluster, command, ended);
        }
        await cluster.RemoveAllAsync(volume.Image);
        return ended.State == "cancelled";
    }

    private static async Task<OperationShape> AskTwiceAsync(TestCluster cluster, VolumeCommand command, byte[]? content, Func<Task> meanwhile)
    {
        var change = Change.New();
        var asked = cluster.Client.RunAsync(command, content is null ? change : change with { Content = () => new MemoryStream(content) });
        await meanwhile();
        var result = await asked;
        Assert.True(result.State == "succeeded", $"{command} {result.State}: {result.Error?.Detail}");

        var again = await cluster.Client.RunAsync(command, change);
        Assert.Equal((result.Id, result.State, result.FinishedAt, result.Attempts), (again.Id, again.State, again.FinishedAt, again.Attempts));
        return result;
    }

    private static async Task<VolumeId> MadeAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.Client.RunAsync(new CreateVolume(volume, Size), Change.New());
        return volume;
    }

    private static async Task<VolumeId> SnapshottedAsync(TestCluster cluster, VolumeId volume)
    {
        await cluster.FilledAsync(volume.Image, cluster.LongBytes / 4);
        await cluster.Client.RunAsync(new CreateSnapshot(volume, "s"), Change.New());
        return volume;
    }

    private static async Task<VolumeId> WithSnapshotsAsync(TestCluster cluster, VolumeId volume, params string[] names)
    {
        await MadeAsync(cluster, volume);
        foreach (var name in names)
            await cluster.Client.RunAsync(new CreateSnapshot(volume, name), Change.New());
        return volume;
    }

    // "!" behind a name: it is protected.
    private static async Task<IEnumerable<string>> SnapshotsAsync(TestCluster cluster, VolumeId volume) =>
        (await cluster.Store.Store.GetSnapshotsAsync(volume, CancellationToken.None)).Items.Select(s => s.IsProtected ? s.Name + "!" : s.Name);

    private static async Task<string?> IdAsync(TestCluster cluster, VolumeId volume) =>
        (await cluster.Store.Store.FindAsync(volume, CancellationToken.None))?.Value;
}
