using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <content>Groups. Each scenario ends with its group removed, so that its volumes can be.</content>
internal sealed partial record CrashScenario
{
    private static Dictionary<string, CrashScenario> OfGroups() => new()
    {
        ["group.create"] = new(
            async (cluster, volume) => new CreateGroup(await GroupNameAsync(cluster, volume)),
            async (cluster, command, _) =>
            {
                var group = ((CreateGroup)command).Group;
                await cluster.Client.RunAsync(new AddToGroup(group, await MadeAsync(cluster, group with { Image = $"{group.Image}-in-it" })), Change.New());
                await cluster.Client.RunAsync(new RemoveGroup(group), Change.New());
            }),
        ["group.remove"] = new(
            async (cluster, volume) => new RemoveGroup(await GroupedAsync(cluster, volume)),
            async (cluster, command, _) =>
            {
                var group = ((RemoveGroup)command).Group;
                Assert.Null(await cluster.Store.Store.FindGroupAsync(group, CancellationToken.None));
                // Its volumes are in no group.
                await cluster.Client.RunAsync(new DeleteVolume(InGroup(group, 0)), Change.New());
            }),
        ["group.rename"] = new(
            async (cluster, volume) =>
            {
                var target = await GroupNameAsync(cluster, volume);
                var source = target with { Image = $"{target.Image}-before" };
                await cluster.Client.RunAsync(new CreateGroup(source), Change.New());
                return new RenameGroup(target, source);
            },
            async (cluster, command, _) =>
            {
                var (target, source) = (RenameGroup)command;
                Assert.NotNull(await cluster.Store.Store.FindGroupAsync(target, CancellationToken.None));
                Assert.Null(await cluster.Store.Store.FindGroupAsync(source, CancellationToken.None));
                // Both names are free for what comes next.
                await cluster.Client.RunAsync(new RemoveGroup(target), Change.New());
                await cluster.Client.RunAsync(new CreateGroup(source), Change.New());
                await cluster.Client.RunAsync(new RemoveGroup(source), Change.New());
            }),
        ["group.image.add"] = new(
            async (cluster, volume) =>
            {
                var group = await GroupNameAsync(cluster, volume);
                await cluster.Client.RunAsync(new CreateGroup(group), Change.New());
                return new AddToGroup(group, await MadeAsync(cluster, InGroup(group, 0)));
            },
            async (cluster, command, _) =>
            {
                var group = ((AddToGroup)command).Group;
                Assert.Equal((InGroup(group, 0), true), Assert.Single(await MembersAsync(cluster, group)));
                await cluster.Client.RunAsync(new RemoveGroup(group), Change.New());
            }),
        ["group.image.remove"] = new(
            async (cluster, volume) =>
            {
                var group = await GroupedAsync(cluster, volume);
                return new RemoveFromGroup(group, InGroup(group, 0));
            },
            async (cluster, command, _) =>
            {
                var group = ((RemoveFromGroup)command).Group;
                Assert.Equal((InGroup(group, 1), true), Assert.Single(await MembersAsync(cluster, group)));
                await cluster.Client.RunAsync(new DeleteVolume(InGroup(group, 0)), Change.New());
                await cluster.Client.RunAsync(new RemoveGroup(group), Change.New());
            }),
        ["group.snapshot.create"] = new(
            async (cluster, volume) => new CreateGroupSnapshot(await GroupedAsync(cluster, volume), "s"),
            async (cluster, command, _) =>
            {
                var group = ((CreateGroupSnapshot)command).Group;
                Assert.Equal(("s", true), Assert.Single(await GroupSnapshotsAsync(cluster, group)));
                await cluster.Client.RunAsync(new RollBackGroup(group, "s"), Change.New());
                await UngroupedAsync(cluster, group, "s");
            }),
        ["group.snapshot.rename"] = new(
            async (cluster, volume) => new RenameGroupSnapshot(await GroupSnapshottedAsync(cluster, volume), "s", "t"),
            async (cluster, command, _) =>
            {
                var group = ((RenameGroupSnapshot)command).Group;
                Assert.Equal(("t", true), Assert.Single(await GroupSnapshotsAsync(cluster, group)));
                await UngroupedAsync(cluster, group, "t");
            }),
        ["group.snapshot.remove"] = new(
            async (cluster, volume) => new RemoveGroupSnapshot(await GroupSnapshottedAsync(cluster, volume), "s"),
            async (cluster, command, _) =>
            {
                var group = ((RemoveGroupSnapshot)command).Group;
                Assert.Empty(await GroupSnapshotsAsync(cluster, group));
                await UngroupedAsync(cluster, group);
            }),
        ["group.snapshot.rollback"] = new(
            async (cluster, volume) =>
            {
                var group = await GroupSnapshottedAsync(cluster, volume);
                foreach (var member in new[] { InGroup(group, 0), InGroup(group, 1) })
                    await cluster.Store.Store.WriteAsync(member, 0, Bytes(7), CancellationToken.None);
                return new RollBackGroup(group, "s");
            },
            async (cluster, command, _) =>
            {
                var group = ((RollBackGroup)command).Group;
                foreach (var member in new[] { InGroup(group, 0), InGroup(group, 1) })
                {
                    var bytes = new byte[Bytes(1).Length];
                    await cluster.Store.Store.ReadAsync(member, 0, bytes, CancellationToken.None);
                    Assert.Equal(Bytes(1), bytes);
                }
                await UngroupedAsync(cluster, group, "s");
            },
            "in-the-middle"),
    };

    private static VolumeId InGroup(VolumeId group, int i) => group with { Image = $"{group.Image}-member-{i}" };

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 4096)];

    private static Task<VolumeId> GroupNameAsync(TestCluster cluster, VolumeId volume) =>
        OnOwnerAsync(cluster, i => Task.FromResult(Named(volume, i)), named => new RemoveGroup(named));

    // A group whose address the owner keeps, with two volumes that have some bytes.
    private static async Task<VolumeId> GroupedAsync(TestCluster cluster, VolumeId volume)
    {
        var group = await GroupNameAsync(cluster, volume);
        await cluster.Client.RunAsync(new CreateGroup(group), Change.New());
        foreach (var member in new[] { InGroup(group, 0), InGroup(group, 1) })
        {
            await MadeAsync(cluster, member);
            await cluster.Store.Store.WriteAsync(member, 0, Bytes(1), CancellationToken.None);
            await cluster.Client.RunAsync(new AddToGroup(group, member), Change.New());
        }
        return group;
    }

    private static async Task<VolumeId> GroupSnapshottedAsync(TestCluster cluster, VolumeId volume)
    {
        var group = await GroupedAsync(cluster, volume);
        await cluster.Client.RunAsync(new CreateGroupSnapshot(group, "s"), Change.New());
        return group;
    }

    private static async Task UngroupedAsync(TestCluster cluster, VolumeId group, params string[] snapshots)
    {
        foreach (var snapshot in snapshots)
            await cluster.Client.RunAsync(new RemoveGroupSnapshot(group, snapshot), Change.New());
        await cluster.Client.RunAsync(new RemoveGroup(group), Change.New());
    }

    private static async Task<IEnumerable<(VolumeId, bool)>> MembersAsync(TestCluster cluster, VolumeId group) =>
        (await cluster.Store.Store.GetGroupImagesAsync(group, CancellationToken.None)).Select(image => (image.Volume!.Value, image.IsComplete));

    private static async Task<IEnumerable<(string, bool)>> GroupSnapshotsAsync(TestCluster cluster, VolumeId group) =>
        (await cluster.Store.Store.GetGroupSnapshotsAsync(group, CancellationToken.None)).Select(s => (s.Name, s.IsComplete));
}
