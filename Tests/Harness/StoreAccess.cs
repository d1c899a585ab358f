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

    /// <summary>Fills a volume with bytes that differ everywhere.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="sizeBytes">How much of it, in bytes.</param>
    /// <returns>Completes when all is written.</returns>
    public async Task FillAsync(VolumeId volume, long sizeBytes)
    {
        var chunk = new byte[ChunkBytes];
        new Random(8470).NextBytes(chunk);
        for (long offset = 0; offset < sizeBytes; offset += ChunkBytes)
        {
            BitConverter.TryWriteBytes(chunk, offset + 1);
            await Store.WriteAsync(volume, offset, chunk.AsMemory(0, (int)Math.Min(ChunkBytes, sizeBytes - offset)), CancellationToken.None);
        }
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

    /// <summary>
    /// About how fast this store copies, found by a small copy. A small copy may be much faster than a long one, because disks and caches
    /// take a burst; writing with a flush for each piece is not, so it bounds what is believed.
    /// </summary>
    /// <param name="pool">The pool to try it in.</param>
    /// <param name="sizeBytes">How much to copy, in bytes.</param>
    /// <returns>Bytes a second.</returns>
    public async Task<double> MeasureCopyAsync(string pool, long sizeBytes)
    {
        const double CopyToFlushedWrites = 1.5;
        var (from, to) = (new VolumeId(pool, "", "demo-calibration"), new VolumeId(pool, "", "demo-calibration-copy"));
        await Store.CreateAsync(from, sizeBytes, CancellationToken.None);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await FillAsync(from, sizeBytes);
        var filled = clock.Elapsed;
        await Store.CopyAsync(from, to, null, CancellationToken.None);
        var copied = clock.Elapsed - filled;
        await Store.RemoveAsync(from, null, CancellationToken.None);
        await Store.RemoveAsync(to, null, CancellationToken.None);
        return Math.Min(sizeBytes / copied.TotalSeconds, CopyToFlushedWrites * sizeBytes / filled.TotalSeconds);
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
