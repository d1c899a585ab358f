using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>A pool whose quota is used up: what needs space says so at once, and what frees it works.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephFullPools(CephFixture fixture) : StoreContract(fixture)
{
    private const int QuotaExceeded = 122;

    [StoreFact]
    public async Task What_needs_space_says_that_there_is_none_and_leaves_nothing()
    {
        var pool = await FillAsync();
        var (made, source) = (new VolumeId(pool, "", "made"), await CreateAsync(MiB, MiB));

        Assert.Equal(QuotaExceeded, (await FailsAsync(ErrorKind.NoSpace, () => Store.CreateAsync(new VolumeId(pool, "", "another"), MiB, default))).Errno);
        Assert.Equal(QuotaExceeded, (await FailsAsync(ErrorKind.NoSpace, () => Store.ResizeAsync(made, 16 * MiB, Shrinking.Never, null, default))).Errno);
        await FailsAsync(ErrorKind.NoSpace, () => Store.CopyAsync(source, new VolumeId(pool, "", "copy"), null, default));
        await FailsAsync(ErrorKind.NoSpace, () => Store.RenameAsync(made, made with { Image = "renamed" }, default));
        // What is there already is written over without more space.
        await Store.WriteAsync(made, 0, Pattern(0, MiB), default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.NoSpace, () => Store.WriteAsync(made, 7 * MiB, Pattern(0, MiB), default));

        Assert.Equal(["made", "other"], (await Store.ListAsync(pool, "", null, 1000, default)).Where(name => !name.StartsWith("probe-", StringComparison.Ordinal)));
        Assert.Equal(8 * MiB, (await Store.GetAsync(made, default)).SizeBytes);
        Assert.DoesNotContain("mooring", await fixture.RunAsync("rados", "-p", pool, "ls"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_frees_space_works()
    {
        // Nothing was ever removed from it: librbd has to make the pool's trash first.
        var pool = await FillAsync();
        var made = new VolumeId(pool, "", "made");
        await Store.SetMetadataAsync(made, "k", "v", default).WaitAsync(StepLimit);
        await Store.ResizeAsync(made, 4 * MiB, Shrinking.Unused, null, default).WaitAsync(StepLimit);
        foreach (var image in await Store.ListAsync(pool, "", null, 1000, default))
            await Store.RemoveAsync(made with { Image = image }, null, default).WaitAsync(StepLimit);

        Assert.Empty(await Store.ListAsync(pool, "", null, 10, default));
        await UntilAsync("the pool takes images again", () => TakesAsync(() => Store.CreateAsync(made, MiB, default)));
    }

    [StoreFact]
    public async Task The_journal_and_the_records_of_a_full_pool_go_on()
    {
        var options = fixture.Options with { MetadataPool = await FillAsync() };
        await using var provider = new CephStoreProvider(options);
        await using var log = await provider.OpenEventLogAsync("journal", default);
        await using var store = await provider.ConnectAsync("test", 1, default);

        Assert.True(await log.AppendAsync("stream", 1, [new byte[1000]], default).WaitAsync(StepLimit));
        Assert.NotNull(await store.PutRecordAsync("key", new byte[1000], 0, default).WaitAsync(StepLimit));
    }

    // Two images, one of them with data beyond the quota. Not a pool for images by its label, so that it is in nobody's list.
    private async Task<string> FillAsync()
    {
        var pool = $"full-{Guid.NewGuid():N}";
        await fixture.RunAsync("ceph", "osd", "pool", "create", pool, "4", "4");
        // A pool whose placement groups are being split counts as empty for a moment.
        await fixture.RunAsync("ceph", "osd", "pool", "set", pool, "pg_autoscale_mode", "off");
        await Store.CreateAsync(new VolumeId(pool, "", "made"), 8 * MiB, default).WaitAsync(StepLimit);
        await Store.CreateAsync(new VolumeId(pool, "", "other"), 8 * MiB, default);
        await Store.WriteAsync(new VolumeId(pool, "", "made"), 0, Pattern(0, 6 * MiB), default);
        await LeaveSpaceProbeAsync(new VolumeId(pool, "", "made"));
        await fixture.RunAsync("ceph", "osd", "pool", "set-quota", pool, "max_bytes", $"{MiB}");
        // The monitors hear of what is used every few seconds.
        // Each OSD hears of it by itself: a pool is full when none of many names is taken.
        var (refused, probes) = (0, 0);
        await UntilAsync("the pool takes no more", async () =>
        {
            refused = await TakesAsync(() => Store.CreateAsync(new VolumeId(pool, "", $"probe-{++probes}"), MiB, default)) ? 0 : refused + 1;
            return refused == 16;
        });
        return pool;
    }

    // As a resize that was killed in the middle: written over, it would need no more space.
    private async Task LeaveSpaceProbeAsync(VolumeId volume)
    {
        var scratch = Path.GetTempFileName();
        await File.WriteAllBytesAsync(scratch, [0]);
        await fixture.RunAsync("rados", "-p", volume.Pool, "put", $"mooring.space.{await Store.FindAsync(volume, default)}", scratch);
        File.Delete(scratch);
    }

    private static async Task<bool> TakesAsync(Func<Task> growth)
    {
        try
        {
            await growth().WaitAsync(StepLimit);
            return true;
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NoSpace)
        {
            return false;
        }
    }
}
