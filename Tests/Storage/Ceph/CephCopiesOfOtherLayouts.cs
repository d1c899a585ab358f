using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>Copies of images that were not made with the defaults.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephCopiesOfOtherLayouts(CephFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_copy_has_the_layout_and_the_settings_of_its_source()
    {
        var source = Fresh();
        await RbdAsync(
            "create", "--size", "24M", "--object-size", "1M", "--stripe-unit", "64K", "--stripe-count", "4", "--image-feature", "layering,exclusive-lock", source.ToString());
        await Store.SetMetadataAsync(source, "conf_rbd_qos_iops_limit", "1000", default);
        await Store.SetMetadataAsync(source, "mooring.made-by", "request-1", default);
        await Store.WriteAsync(source, 3 * MiB - 1000, Pattern(0, 5 * MiB), default);
        var target = Fresh("copy");
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);

        var info = await Store.GetAsync(target, default);
        Assert.Equal(MiB, info.ObjectSizeBytes);
        Assert.Equal((await Store.GetAsync(source, default)).Features, info.Features);
        Assert.Equal(await ReadAsync(Store, source, 0, 24 * MiB), await ReadAsync(Store, target, 0, 24 * MiB));
        var setting = Assert.Single(await Store.GetMetadataAsync(target, default));
        Assert.Equal("conf_rbd_qos_iops_limit", setting.Key);
    }

    [StoreFact]
    public async Task A_copy_of_a_clone_has_the_parents_data_and_no_parent()
    {
        var parent = await CreateAsync(16 * MiB, 6 * MiB);
        var clone = Fresh("clone");
        await RbdAsync("snap", "create", $"{parent}@s");
        await RbdAsync("snap", "protect", $"{parent}@s");
        await RbdAsync("clone", $"{parent}@s", clone.ToString());
        await Store.WriteAsync(clone, MiB, Pattern(5, 1000, seed: 9), default);
        var target = Fresh("copy");
        await Store.CopyAsync(clone, target, null, default).WaitAsync(StepLimit);
        Assert.Null((await Store.GetAsync(target, default)).Parent);
        Assert.Equal(await ReadAsync(Store, clone, 0, 16 * MiB), await ReadAsync(Store, target, 0, 16 * MiB));
    }

    [StoreFact]
    public async Task A_copy_of_a_large_sparse_image_stays_sparse()
    {
        const long Size = 100L << 30;
        var source = await CreateAsync(Size);
        await Store.WriteAsync(source, 0, Pattern(0, 100), default);
        await Store.WriteAsync(source, (40L << 30) - 50, Pattern(1, 100), default);
        await Store.WriteAsync(source, Size - 100, Pattern(2, 100), default);
        var target = Fresh("copy");
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);
        foreach (var offset in new[] { 0, (40L << 30) - 50, Size - 100 })
            Assert.Equal(await ReadAsync(Store, source, offset, 100), await ReadAsync(Store, target, offset, 100));
        var id = (await Store.FindAsync(target, default))!.Value.Value;
        var objects = (await ((CephFixture)Fixture).RunAsync("rados", "-p", Fixture.Pool, "ls")).Split('\n');
        Assert.Equal(4, objects.Count(name => name.StartsWith($"rbd_data.{id}.", StringComparison.Ordinal)));
    }

    private Task<string> RbdAsync(params string[] arguments) => ((CephFixture)Fixture).RunAsync("rbd", arguments);
}
