using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What changing how an image is kept promises (<see cref="IImageUpkeep"/>).</summary>
public abstract class UpkeepContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task Sparsifying_changes_no_byte()
    {
        var volume = await CreateAsync(12 * MiB, 8 * MiB);
        await Store.WriteAsync(volume, 4 * MiB, new byte[MiB], default);
        await Store.WriteAsync(volume, 8 * MiB, new byte[4 * MiB], default);
        var before = await ReadAsync(Store, volume, 0, 12 * MiB);
        var reports = new Reports();

        await Store.SparsifyAsync(volume, reports, default).WaitAsync(StepLimit);

        Assert.Equal(before, await ReadAsync(Store, volume, 0, 12 * MiB));
        Assert.NotEmpty(reports.Shares);
        Assert.All(reports.Shares, share => Assert.InRange(share, 0, 1));
        await Store.WriteAsync(volume, 4 * MiB, Pattern(0, 4096), default);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, volume, 4 * MiB, 4096));
        await FailsAsync(ErrorKind.NotFound, () => Store.SparsifyAsync(Fresh(), null, default));
    }

    [StoreFact]
    public async Task Sparsifying_leaves_snapshots_as_they_are()
    {
        var volume = await CreateAsync(4 * MiB, 4 * MiB);
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await Store.SparsifyAsync(volume, null, default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, new byte[4 * MiB], default);
        await Store.SparsifyAsync(volume, null, default).WaitAsync(StepLimit);
        Assert.All(await ReadAsync(Store, volume, 0, 4 * MiB), b => Assert.Equal(0, b));
        await Store.RollBackAsync(volume, "s", null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, 4 * MiB), await ReadAsync(Store, volume, 0, 4 * MiB));
    }

    [StoreFact]
    public async Task An_object_map_can_be_made_anew()
    {
        var volume = await CreateAsync(8 * MiB, 8 * MiB);
        var reports = new Reports();
        await Store.RebuildObjectMapAsync(volume, reports, default).WaitAsync(StepLimit);
        Assert.NotEmpty(reports.Shares);
        Assert.Equal(Pattern(0, 8 * MiB), await ReadAsync(Store, volume, 0, 8 * MiB));
        await FailsAsync(ErrorKind.NotFound, () => Store.RebuildObjectMapAsync(Fresh(), null, default));
    }

    /// <summary>Whether what is cancelled stops; another store may be done before it could.</summary>
    protected virtual bool StopsHalfWay => false;

    [StoreFact]
    public async Task What_is_cancelled_half_way_leaves_the_image_as_good_as_it_was()
    {
        var parent = await CreateAsync(64 * MiB, 64 * MiB);
        await Store.CreateSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        var clone = Fresh("clone");
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);
        Assert.True(await CancelAsync((reports, token) => Store.FlattenAsync(clone, reports, token)) || !StopsHalfWay);
        Assert.True(await CancelAsync((reports, token) => Store.SparsifyAsync(parent, reports, token)) || !StopsHalfWay);
        Assert.True(await CancelAsync((reports, token) => Store.RebuildObjectMapAsync(clone, reports, token)) || !StopsHalfWay);

        if ((await Store.GetAsync(clone, default)).Parent is not null)
            await Store.FlattenAsync(clone, null, default).WaitAsync(StepLimit);
        foreach (var volume in new[] { parent, clone })
        {
            Assert.Equal(Pattern(0, 64 * MiB), await ReadAsync(Store, volume, 0, 64 * MiB));
            await Store.SparsifyAsync(volume, null, default).WaitAsync(StepLimit);
            await Store.RebuildObjectMapAsync(volume, null, default).WaitAsync(StepLimit);
            Assert.Equal(Pattern(0, 64 * MiB), await ReadAsync(Store, volume, 0, 64 * MiB));
        }
        await Store.RemoveSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        await Store.RemoveAsync(parent, null, default).WaitAsync(StepLimit);
        await Store.RemoveAsync(clone, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task Features_are_switched_on_and_off_by_their_rules()
    {
        var volume = Fresh();
        await Store.CreateAsync(volume, 8 * MiB, new ImageLayout(Features: ["layering", "deep-flatten"]), default).WaitAsync(StepLimit);
        Assert.Equal(["layering", "deep-flatten"], await FeaturesAsync());

        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, ["object-map"], true, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, ["deep-flatten"], true, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, ["layering"], false, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, ["exclusive-lock"], false, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, [], true, default));

        await Store.UpdateFeaturesAsync(volume, ["exclusive-lock", "object-map"], true, default).WaitAsync(StepLimit);
        Assert.Equal(["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten"], await FeaturesAsync());
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, ["exclusive-lock"], true, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.UpdateFeaturesAsync(volume, ["exclusive-lock"], false, default));
        await Store.RebuildObjectMapAsync(volume, null, default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, Pattern(0, 4096), default).WaitAsync(StepLimit);

        await Store.UpdateFeaturesAsync(volume, ["fast-diff"], false, default).WaitAsync(StepLimit);
        Assert.Equal(["layering", "exclusive-lock", "deep-flatten"], await FeaturesAsync());
        await Store.UpdateFeaturesAsync(volume, ["exclusive-lock", "deep-flatten"], false, default).WaitAsync(StepLimit);
        Assert.Equal(["layering"], await FeaturesAsync());
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, volume, 0, 4096));
        await FailsAsync(ErrorKind.NotFound, () => Store.UpdateFeaturesAsync(Fresh(), ["exclusive-lock"], true, default));

        async Task<IReadOnlyList<string>> FeaturesAsync() => (await Store.GetAsync(volume, default).WaitAsync(StepLimit)).Features;
    }

    [StoreFact]
    public async Task Options_are_set_for_an_image_by_their_rules()
    {
        const string Limit = "rbd_qos_iops_limit", Key = ImageOption.KeyPrefix + Limit;
        var volume = await CreateAsync();
        Assert.Equal(new ImageOption(Limit, "0", "config"), await OptionAsync());

        await Store.SetMetadataAsync(volume, Key, "250", default).WaitAsync(StepLimit);
        Assert.Equal(new ImageOption(Limit, "250", ImageOption.OfImage), await OptionAsync());
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.SetMetadataAsync(volume, Key, "many", default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.SetMetadataAsync(volume, Key, "-1", default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.SetMetadataAsync(volume, ImageOption.KeyPrefix + "no_such_option", "1", default));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.SetMetadataAsync(volume, ImageOption.KeyPrefix + "rbd_cache", "perhaps", default));
        Assert.Equal(new ImageOption(Limit, "250", ImageOption.OfImage), await OptionAsync());

        await Store.RemoveMetadataAsync(volume, Key, default).WaitAsync(StepLimit);
        Assert.Equal(new ImageOption(Limit, "0", "config"), await OptionAsync());
        await FailsAsync(ErrorKind.NotFound, () => Store.RemoveMetadataAsync(volume, Key, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetOptionsAsync(Fresh(), default));

        async Task<ImageOption> OptionAsync() => Assert.Single(await Store.GetOptionsAsync(volume, default).WaitAsync(StepLimit), option => option.Name == Limit);
    }

    /// <summary>Cancels a call as soon as it has told of its progress.</summary>
    /// <returns>Whether it has stopped.</returns>
    private static async Task<bool> CancelAsync(Func<IProgress<double>, CancellationToken, Task> call)
    {
        using var cancel = new CancellationTokenSource();
        try
        {
            await call(new Then(cancel.Cancel), cancel.Token).WaitAsync(StepLimit);
            return false;
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Cancelled)
        {
            return true;
        }
    }

    private sealed class Then(Action action) : IProgress<double>
    {
        public void Report(double value) => action();
    }
}
