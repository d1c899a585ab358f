using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Storage.Embedded;

namespace Mooring.Harness;

/// <summary>The block store behind a cluster, past Mooring: to fill volumes with data and to look at what really happened.</summary>
public sealed class StoreAccess : IAsyncDisposable
{
    private const int ChunkBytes = 4 << 20;
    private const string OperationKey = "mooring.operation";

    private readonly IBlockStoreProvider _provider;

    private StoreAccess(IBlockStoreProvider provider, IBlockStore store) => (_provider, Store) = (provider, store);

    /// <summary>A connection.</summary>
    public IBlockStore Store { get; }

    /// <summary>Connects to a store.</summary>
    /// <param name="dataDirectory">The directory of an embedded store.</param>
    /// <param name="cephConf">Ceph's configuration file; null for an embedded store.</param>
    /// <returns>The connection.</returns>
    public static async Task<StoreAccess> OpenAsync(string dataDirectory, string? cephConf)
    {
        IBlockStoreProvider provider = cephConf is null
            ? new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = dataDirectory })
            : new CephStoreProvider(new CephStoreOptions { ConfigFile = cephConf });
        return new StoreAccess(provider, await provider.ConnectAsync("harness", 2, CancellationToken.None));
    }

    /// <summary>Fills a volume from its begin with bytes that differ everywhere, two pieces at once.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="sizeBytes">How much of it, in bytes.</param>
    /// <param name="time">To begin no piece after this; null for no such bound.</param>
    /// <returns>How much is filled, in bytes.</returns>
    public async Task<long> FillAsync(VolumeId volume, long sizeBytes, TimeSpan? time = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var random = new Random(8470);
        byte[][] chunks = [new byte[ChunkBytes], new byte[ChunkBytes]];
        foreach (var chunk in chunks)
            random.NextBytes(chunk);
        long filled = 0;
        while (filled < sizeBytes && (time is not { } bound || clock.Elapsed < bound))
        {
            var writes = new List<Task>();
            foreach (var chunk in chunks)
            {
                var count = (int)Math.Min(ChunkBytes, sizeBytes - filled);
                if (count == 0)
                    break;
                BitConverter.TryWriteBytes(chunk, filled + 1);
                writes.Add(Store.WriteAsync(volume, filled, chunk.AsMemory(0, count), CancellationToken.None));
                filled += count;
            }
            await Task.WhenAll(writes);
        }
        return filled;
    }

    /// <summary>Whether two volumes hold the same bytes; all of both are read.</summary>
    /// <param name="one">A volume.</param>
    /// <param name="other">Another one.</param>
    /// <returns>Whether they do.</returns>
    public async Task<bool> SameBytesAsync(VolumeId one, VolumeId other)
    {
        var size = (await Store.GetAsync(one, CancellationToken.None)).SizeBytes;
        if ((await Store.GetAsync(other, CancellationToken.None)).SizeBytes != size)
            return false;
        byte[] left = new byte[ChunkBytes], right = new byte[ChunkBytes];
        for (long offset = 0; offset < size; offset += ChunkBytes)
        {
            var count = (int)Math.Min(ChunkBytes, size - offset);
            await Task.WhenAll(
                Store.ReadAsync(one, offset, left.AsMemory(0, count), CancellationToken.None),
                Store.ReadAsync(other, offset, right.AsMemory(0, count), CancellationToken.None));
            if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                return false;
        }
        return true;
    }

    /// <summary>The images of a pool, work in progress included, and the operation that each was made by, if it says so.</summary>
    /// <param name="pool">The pool.</param>
    /// <returns>Names and operation ids.</returns>
    public async Task<IReadOnlyList<(string Name, string? MadeBy)>> ImagesAsync(string pool)
    {
        var images = new List<(string, string?)>();
        string? after = null;
        while (true)
        {
            var page = await Store.ListAsync(pool, "", after, 1000, CancellationToken.None);
            foreach (var name in page)
                images.Add((name, await MadeByAsync(new VolumeId(pool, "", name))));
            if (page.Count < 1000)
                return images;
            after = page[^1];
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _provider.DisposeAsync();
    }

    private async Task<string?> MadeByAsync(VolumeId volume)
    {
        try
        {
            return (await Store.GetMetadataAsync(volume, CancellationToken.None)).GetValueOrDefault(OperationKey);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}
