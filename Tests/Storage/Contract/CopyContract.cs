using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What copying images promises (<see cref="IImageLifecycle.CopyAsync"/>).</summary>
public abstract class CopyContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_copy_has_all_the_data_and_a_life_of_its_own()
    {
        var source = await CreateAsync(16 * MiB, 5 * MiB);
        await Store.WriteAsync(source, 11 * MiB + 512, Pattern(7, 1024), default);
        var target = Fresh("copy");
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);

        Assert.Equal(16 * MiB, (await Store.GetAsync(target, default)).SizeBytes);
        Assert.NotEqual(await Store.FindAsync(source, default), await Store.FindAsync(target, default));
        Assert.Equal(await ReadAsync(Store, source, 0, 16 * MiB), await ReadAsync(Store, target, 0, 16 * MiB));

        await Store.WriteAsync(target, 0, Pattern(0, 4096, seed: 9), default);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, source, 0, 4096));
        await Store.RemoveAsync(source, null, default);
        Assert.Equal(Pattern(7, 1024), await ReadAsync(Store, target, 11 * MiB + 512, 1024));
    }

    [StoreFact]
    public async Task An_empty_image_can_be_copied()
    {
        var source = await CreateAsync(64 * MiB);
        var target = Fresh("copy");
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);
        Assert.All(await ReadAsync(Store, target, 60 * MiB, 4 * MiB), b => Assert.Equal(0, b));
    }

    [StoreFact]
    public async Task A_copy_may_go_to_another_pool()
    {
        var source = await CreateAsync(MiB, MiB);
        var target = Fresh("copy") with { Pool = Fixture.OtherPool };
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, target, 0, MiB));
        Assert.Null(await Store.FindAsync(target with { Pool = Fixture.Pool }, default));
    }

    [StoreFact]
    public async Task Progress_rises_from_0_to_1()
    {
        var source = await CreateAsync(Fixture.LongCopyBytes, Fixture.LongCopyBytes);
        var reports = new Reports();
        await Store.CopyAsync(source, Fresh("copy"), reports, default).WaitAsync(StepLimit);
        Assert.NotEmpty(reports.Shares);
        Assert.All(reports.Shares, share => Assert.InRange(share, 0, 1));
        Assert.Equal(reports.Shares.Order(), reports.Shares);
    }

    [StoreFact]
    public async Task A_source_that_is_not_there_is_not_found_and_nothing_is_made()
    {
        var target = Fresh("copy");
        await FailsAsync(ErrorKind.NotFound, () => Store.CopyAsync(Fresh(), target, null, default));
        Assert.Null(await Store.FindAsync(target, default));
    }

    [StoreFact]
    public async Task A_target_that_is_there_is_never_touched()
    {
        var source = await CreateAsync(MiB, MiB);
        var target = await CreateAsync(2 * MiB);
        await Store.WriteAsync(target, 0, Pattern(0, 4096, seed: 5), default);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CopyAsync(source, target, null, default));
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CopyAsync(source, source, null, default));
        Assert.Equal(Pattern(0, 4096, seed: 5), await ReadAsync(Store, target, 0, 4096));
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, source, 0, MiB));
    }

    [StoreFact]
    public async Task A_cancelled_copy_leaves_a_partial_image_that_can_be_removed()
    {
        var source = await CreateAsync(Fixture.LongCopyBytes, Fixture.LongCopyBytes);
        var target = Fresh("partial");
        var copying = await ConnectAsync("copying", longCopies: true);
        var reports = new Reports();
        using var cancel = new CancellationTokenSource();
        var copy = copying.CopyAsync(source, target, reports, cancel.Token);
        await reports.Begun.WaitAsync(StepLimit);
        await cancel.CancelAsync();
        await FailsAsync(ErrorKind.Cancelled, () => copy);

        Assert.NotNull(await Store.FindAsync(target, default));
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateAsync(target, MiB, default));
        await Store.RemoveAsync(target, null, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindAsync(target, default));
        await Store.RemoveAsync(source, null, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task What_a_running_copy_writes_is_found_but_cannot_be_removed()
    {
        var source = await CreateAsync(Fixture.LongCopyBytes, Fixture.LongCopyBytes);
        var target = Fresh("running");
        var copying = await ConnectAsync("copying", longCopies: true);
        var reports = new Reports();
        using var cancel = new CancellationTokenSource();
        var copy = copying.CopyAsync(source, target, reports, cancel.Token);
        await reports.Begun.WaitAsync(StepLimit);
        var found = await Store.FindAsync(target, default);
        var error = await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(target, null, default));
        await cancel.CancelAsync();
        await FailsAsync(ErrorKind.Cancelled, () => copy);
        Assert.NotNull(found);
        Assert.Contains(target.Image, error.Detail, StringComparison.Ordinal);
    }
}
