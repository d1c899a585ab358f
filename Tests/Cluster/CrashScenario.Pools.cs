using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Cluster;

/// <content>Locks, the trash and namespaces. What is no volume is kept by whichever node its address falls to: others are tried until that is the owner.</content>
internal sealed partial record CrashScenario
{
    private const int TriesMax = 60;
    private const string LockId = "a mark";

    private static Dictionary<string, CrashScenario> OfPools() => new()
    {
        ["lock.add"] = new(
            async (cluster, volume) => new AddLock(await MadeAsync(cluster, volume), LockId),
            async (cluster, command, _) =>
            {
                var there = Assert.Single(await LocksAsync(cluster, command.Volume));
                Assert.Equal(LockId, there.Id);
                await cluster.Client.RunAsync(new BreakLock(command.Volume, there.Holder, there.Id), Change.New());
                await cluster.Client.RunAsync(new DeleteVolume(command.Volume), Change.New());
            }),
        ["lock.break"] = new(
            async (cluster, volume) =>
            {
                await cluster.Client.RunAsync(new AddLock(await MadeAsync(cluster, volume), LockId), Change.New());
                return new BreakLock(volume, Assert.Single(await LocksAsync(cluster, volume)).Holder, LockId);
            },
            async (cluster, command, _) =>
            {
                Assert.Empty(await LocksAsync(cluster, command.Volume));
                await cluster.Client.RunAsync(new DeleteVolume(command.Volume), Change.New());
            }),
        ["trash.move"] = new(
            async (cluster, volume) => new MoveToTrash(await MadeAsync(cluster, volume)),
            async (cluster, command, _) =>
            {
                Assert.Null(await IdAsync(cluster, command.Volume));
                Assert.Single(await TrashAsync(cluster, command.Volume), trashed => trashed.Name == command.Volume.Image && !trashed.Moving);
                await MadeAsync(cluster, command.Volume);
            }),
        ["trash.restore"] = new(
            async (cluster, volume) => new RestoreFromTrash(volume, await TrashedAsync(cluster, volume, 0)),
            async (cluster, command, result) =>
            {
                Assert.Equal(((RestoreFromTrash)command).Entry.Image, await IdAsync(cluster, command.Volume));
                Assert.Equal(result.Result!.Id, await IdAsync(cluster, command.Volume));
                Assert.DoesNotContain(await TrashAsync(cluster, command.Volume), trashed => trashed.Id.Value == result.Result.Id);
                // Both the name and the place in the trash are free for what comes next.
                await cluster.Client.RunAsync(new RemoveFromTrash(await TrashAgainAsync(cluster, command.Volume)), Change.New());
            }),
        ["trash.remove"] = new(
            async (cluster, volume) => new RemoveFromTrash(
                await OnOwnerAsync(
                    cluster,
                    i => TrashedAsync(cluster, volume with { Image = $"{volume.Image}-{i}" }, 3600),
                    // Its time is not over.
                    entry => new RemoveFromTrash(entry)),
                Force: true),
            async (cluster, command, _) =>
            {
                var entry = ((RemoveFromTrash)command).Entry;
                Assert.DoesNotContain(await TrashAsync(cluster, entry), trashed => trashed.Id.Value == entry.Image);
            }),
        ["trash.purge"] = new(
            async (cluster, volume) =>
            {
                var place = await OnOwnerAsync(
                    cluster,
                    i => EmptyPlaceAsync(cluster, volume, i),
                    place => new PurgeTrash(place));
                foreach (var (name, delay) in new[] { ("a", 0), ("b", 0), ("later", 3600) })
                    await TrashedAsync(cluster, place with { Image = name }, delay);
                return new PurgeTrash(place);
            },
            async (cluster, command, _) => Assert.Equal("later", Assert.Single(await TrashAsync(cluster, command.Volume)).Name),
            "in-the-middle"),
        ["quota.set"] = new(
            async (cluster, volume) => new SetQuota(await OnOwnerAsync(cluster, i => EmptyPlaceAsync(cluster, volume, i), place => new RemoveQuota(place)), 1, 0),
            async (cluster, command, _) =>
            {
                var place = ((SetQuota)command).Place;
                await MadeAsync(cluster, place with { Image = "one" });
                var refused = await Assert.ThrowsAsync<MooringException>(() => MadeAsync(cluster, place with { Image = "two" }));
                Assert.Equal(ErrorKind.NoSpace, refused.Kind);
            }),
        ["quota.remove"] = new(
            async (cluster, volume) =>
            {
                var place = await OnOwnerAsync(cluster, i => EmptyPlaceAsync(cluster, volume, i), place => new RemoveQuota(place));
                await cluster.Client.RunAsync(new SetQuota(place, 0, 1), Change.New());
                return new RemoveQuota(place);
            },
            async (cluster, command, _) => await MadeAsync(cluster, ((RemoveQuota)command).Place with { Image = "one" })),
        ["namespace.create"] = new(
            async (cluster, volume) => new CreateNamespace(await OnOwnerAsync(cluster, i => Task.FromResult(Named(volume, i)), named => new RemoveNamespace(named))),
            async (cluster, command, _) => await MadeAsync(cluster, command.Volume with { Image = "in-it" })),
        ["namespace.remove"] = new(
            async (cluster, volume) =>
            {
                var named = await OnOwnerAsync(cluster, i => Task.FromResult(Named(volume, i)), named => new RemoveNamespace(named));
                await cluster.Client.RunAsync(new CreateNamespace(named), Change.New());
                return new RemoveNamespace(named);
            },
            async (cluster, command, _) =>
            {
                Assert.False(await cluster.Store.Store.HasNamespaceAsync(command.Volume.Pool, command.Volume.Namespace, CancellationToken.None));
                await cluster.Client.RunAsync(new CreateNamespace(((RemoveNamespace)command).Namespace), Change.New());
            }),
    };

    // A namespace.
    private static async Task<VolumeId> EmptyPlaceAsync(TestCluster cluster, VolumeId volume, int i)
    {
        await cluster.Client.RunAsync(new CreateNamespace(Named(volume, i)), Change.New());
        return new VolumeId(volume.Pool, Named(volume, i).Image, "");
    }

    private static VolumeId Named(VolumeId volume, int i) => volume with { Image = $"{volume.Image}-{i}" };

    // Tries addresses until the owner carries out the operations on one: those of a probe, which changes nothing.
    private static async Task<VolumeId> OnOwnerAsync(TestCluster cluster, Func<int, Task<VolumeId>> make, Func<VolumeId, VolumeCommand> probe)
    {
        var owner = await cluster.OwnerAsync();
        for (var i = 0; i < TriesMax; i++)
        {
            var made = await make(i);
            if (cluster.AnyNodeWillDo || await ExecutorAsync(cluster, probe(made)) == owner)
                return made;
        }
        throw new InvalidOperationException($"nothing of {TriesMax} is kept by {owner}");
    }

    private static async Task<string?> ExecutorAsync(TestCluster cluster, VolumeCommand probe)
    {
        try
        {
            return (await cluster.Client.RunAsync(probe, Change.New())).ExecutedBy;
        }
        catch (MooringException e)
        {
            return (await cluster.Client.GetOperationAsync(e.Problem.OperationId!)).ExecutedBy;
        }
    }

    private static async Task<VolumeId> TrashedAsync(TestCluster cluster, VolumeId volume, long delaySeconds)
    {
        var id = (await cluster.Client.RunAsync(new CreateVolume(volume, Size), Change.New())).Result!.Id;
        await cluster.Client.RunAsync(new MoveToTrash(volume, delaySeconds), Change.New());
        return volume with { Image = id };
    }

    private static async Task<VolumeId> TrashAgainAsync(TestCluster cluster, VolumeId volume)
    {
        var id = (await IdAsync(cluster, volume))!;
        await cluster.Client.RunAsync(new MoveToTrash(volume), Change.New());
        return volume with { Image = id };
    }

    private static Task<IReadOnlyList<TrashedImage>> TrashAsync(TestCluster cluster, VolumeId place) =>
        cluster.Store.Store.ListTrashAsync(place.Pool, place.Namespace, null, 1000, CancellationToken.None);

    private static async Task<IReadOnlyList<ImageLock>> LocksAsync(TestCluster cluster, VolumeId volume) =>
        (await cluster.Store.Store.GetTiesAsync(volume, CancellationToken.None)).Locks;
}
