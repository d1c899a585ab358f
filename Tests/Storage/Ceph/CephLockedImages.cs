using Mooring.Storage;
using Mooring.Messages;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>Locks that somebody has put on an image by hand: librbd asks for its own in a loop as long as they stand.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephLockedImages(CephFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task A_locked_image_is_not_changed_and_its_holder_is_named()
    {
        var volume = await CreateAsync(MiB);
        await Store.SetMetadataAsync(volume, "k", "v", default);
        // The command has ended when the lock stands: its holder is dead.
        await fixture.RunAsync("rbd", "lock", "add", volume.ToString(), "mine");

        foreach (var change in new Func<Task>[]
        {
            () => Store.RemoveAsync(volume, null, default),
            () => Store.ResizeAsync(volume, 2 * MiB, Shrinking.Never, null, default),
            () => Store.RenameAsync(volume, Fresh(), default),
            () => Store.SetMetadataAsync(volume, "k", "w", default),
            () => Store.RemoveMetadataAsync(volume, "k", default),
        })
        {
            var refused = await FailsAsync(ErrorKind.Busy, change);
            Assert.Matches(@"locked by client\.\d+ at .* \(lock 'mine'\)", refused.Detail);
        }
        Assert.Equal("v", (await Store.GetMetadataAsync(volume, default))["k"]);

        await fixture.RunAsync("rbd", "lock", "rm", volume.ToString(), "mine", await HolderAsync(volume));
        await Store.RemoveAsync(volume, null, default);
    }

    private async Task<string> HolderAsync(VolumeId volume) =>
        (await fixture.RunAsync("rbd", "lock", "ls", volume.ToString())).Split(' ', '\n').First(word => word.StartsWith("client.", StringComparison.Ordinal));
}
