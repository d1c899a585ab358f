using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What counting what images take up promises (<see cref="IUsage"/>).</summary>
public abstract class UsageContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task An_image_and_its_snapshots_are_counted_apart()
    {
        var volume = await CreateAsync(64 * MiB, 8 * MiB);
        await Store.CreateSnapshotAsync(volume, "a", default).WaitAsync(StepLimit);
        await Store.CreateSnapshotAsync(volume, "b", default).WaitAsync(StepLimit);
        await Store.ResizeAsync(volume, 72 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);

        Assert.Equal(
            [new ImageUsage("a", 64 * MiB, 8 * MiB), new ImageUsage("b", 64 * MiB, 0), new ImageUsage(null, 72 * MiB, 0)],
            await Store.GetUsageAsync(volume, default).WaitAsync(StepLimit));

        await Store.WriteAsync(volume, 4 * MiB, Pattern(0, 4 * MiB), default).WaitAsync(StepLimit);
        var usage = await Store.GetUsageAsync(volume, default).WaitAsync(StepLimit);
        Assert.Equal(8 * MiB, usage[0].UsedBytes);
        Assert.Equal(0, usage[1].UsedBytes);
        // What changed, or a store's own copy of all.
        Assert.InRange(usage[2].UsedBytes, 4 * MiB, 8 * MiB);
    }

    [StoreFact]
    public async Task An_empty_image_takes_up_nothing_and_a_clone_nothing_of_its_parent()
    {
        var volume = await CreateAsync(64 * MiB);
        Assert.Equal([new ImageUsage(null, 64 * MiB, 0)], await Store.GetUsageAsync(volume, default).WaitAsync(StepLimit));
        await Store.WriteAsync(volume, 0, Pattern(0, 4 * MiB), default).WaitAsync(StepLimit);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        var clone = Fresh("clone");
        await Store.CloneAsync(volume, "s", clone, default).WaitAsync(StepLimit);

        Assert.Equal([new ImageUsage(null, 64 * MiB, 0)], await Store.GetUsageAsync(clone, default).WaitAsync(StepLimit));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetUsageAsync(Fresh(), default));
    }

    [StoreFact]
    public async Task What_lies_in_a_namespace_is_summed_up()
    {
        var ns = FreshText("ns");
        await FailsAsync(ErrorKind.NotFound, () => Store.GetStatisticsAsync(Fixture.Pool, ns, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetStatisticsAsync(FreshText("no-pool"), "", default));
        await Store.CreateNamespaceAsync(Fixture.Pool, ns, default).WaitAsync(StepLimit);
        Assert.Equal(new PoolStatistics(0, 0, 0, 0, 0, 0), await Store.GetStatisticsAsync(Fixture.Pool, ns, default).WaitAsync(StepLimit));

        foreach (var (name, size) in new[] { ("a", 8 * MiB), ("b", 16 * MiB), ("c", 32 * MiB) })
            await Store.CreateAsync(new VolumeId(Fixture.Pool, ns, name), size, default).WaitAsync(StepLimit);
        await Store.CreateSnapshotAsync(new VolumeId(Fixture.Pool, ns, "a"), "s", default).WaitAsync(StepLimit);
        await Store.MoveToTrashAsync(new VolumeId(Fixture.Pool, ns, "c"), TimeSpan.Zero, default).WaitAsync(StepLimit);

        Assert.Equal(new PoolStatistics(2, 24 * MiB, 1, 1, 32 * MiB, 0), await Store.GetStatisticsAsync(Fixture.Pool, ns, default).WaitAsync(StepLimit));
    }
}
