using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What is promised of those who use an image (<see cref="IImageTies"/>).</summary>
public abstract class TiesContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_new_image_has_no_ties()
    {
        var ties = await Store.GetTiesAsync(await CreateAsync(), default);
        Assert.Empty(ties.Watchers);
        Assert.Empty(ties.Locks);
        await FailsAsync(ErrorKind.NotFound, () => Store.GetTiesAsync(Fresh(), default));
    }

    [StoreFact]
    public async Task Who_has_it_open_is_told_with_an_address_that_can_be_fenced()
    {
        var volume = Fresh();
        await Store.CreateSharedAsync(volume, MiB, default);
        var other = await ConnectAsync("other");
        await using var open = await other.OpenAsync(volume, readOnly: false, default);

        var watcher = Assert.Single((await Store.GetTiesAsync(volume, default)).Watchers);
        await Store.FenceAsync(watcher.Address, TimeSpan.FromHours(1), default);

        await FailsAsync(ErrorKind.Fenced, () => other.SetMetadataAsync(volume, "k", "v", default));
        await UntilAsync("it is not told any more", async () => (await Store.GetTiesAsync(volume, default)).Watchers.Count == 0);
    }

    [StoreFact]
    public async Task A_locked_image_is_not_changed_until_the_lock_is_broken()
    {
        var volume = await CreateAsync(MiB);
        var other = await ConnectAsync("other");
        await other.LockAsync(volume, "a lock", "tagged", default);

        var there = Assert.Single((await Store.GetTiesAsync(volume, default)).Locks);
        Assert.Equal(("a lock", "tagged", false, false), (there.Id, there.Tag, there.Shared, there.Automatic));
        await FailsAsync(ErrorKind.AlreadyExists, () => other.LockAsync(volume, "a lock", "tagged", default));
        var refused = await FailsAsync(ErrorKind.Busy, () => Store.LockAsync(volume, "another", "", default));
        Assert.Contains(there.Holder, refused.Detail, StringComparison.Ordinal);
        await FailsAsync(ErrorKind.Busy, () => Store.ResizeAsync(volume, 2 * MiB, Shrinking.Never, null, default));
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(volume, null, default));
        await FailsAsync(ErrorKind.Busy, () => Store.RenameAsync(volume, Fresh(), default));
        await FailsAsync(ErrorKind.Busy, () => Store.SetMetadataAsync(volume, "k", "v", default));

        await FailsAsync(ErrorKind.NotFound, () => Store.BreakLockAsync(volume, there.Holder, "another", default));
        await Store.BreakLockAsync(volume, there.Holder, there.Id, default);
        await FailsAsync(ErrorKind.NotFound, () => Store.BreakLockAsync(volume, there.Holder, there.Id, default));
        await Store.RemoveAsync(volume, null, default);
    }

    [StoreFact]
    public async Task A_lock_outlives_its_holder()
    {
        var volume = await CreateAsync(MiB);
        var other = await ConnectAsync("other");
        await other.LockAsync(volume, "a lock", "", default);
        await Store.FenceAsync(other.Address, TimeSpan.FromHours(1), default);
        Assert.Single((await Store.GetTiesAsync(volume, default)).Locks);
    }

    [StoreFact]
    public async Task Locking_what_is_not_there_makes_nothing()
    {
        var volume = Fresh();
        await FailsAsync(ErrorKind.NotFound, () => Store.LockAsync(volume, "a lock", "", default));
        Assert.Null(await Store.FindAsync(volume, default));
    }
}
