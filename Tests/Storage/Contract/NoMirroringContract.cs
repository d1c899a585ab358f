using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What a store without mirroring answers (<see cref="IMirroring"/>).</summary>
public abstract class NoMirroringContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task There_is_no_mirroring()
    {
        var volume = await CreateAsync();
        foreach (var call in new Func<Task>[]
        {
            () => Store.GetPoolMirroringAsync(volume.Pool, "", default),
            () => Store.SetPoolMirroringAsync(volume.Pool, "", PoolMirroring.Image, default),
            () => Store.GetMirroringAsync(volume, default),
            () => Store.EnableMirroringAsync(volume, MirroringMode.Snapshot, default),
            () => Store.DisableMirroringAsync(volume, true, default),
            () => Store.PromoteAsync(volume, true, default),
            () => Store.DemoteAsync(volume, default),
            () => Store.ResyncAsync(volume, default),
            () => Store.CreateMirrorSnapshotAsync(volume, default),
        })
        {
            await FailsAsync(ErrorKind.Unsupported, call);
        }
    }
}
