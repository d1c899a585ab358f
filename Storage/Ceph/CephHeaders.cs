using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// What stands in the headers of images (<c>rbd_header.ID</c>, cls_rbd.cc), by one read each: opening an image takes ten times as long and a thread.
/// </summary>
internal sealed class CephHeaders(CephConnection connection)
{
    public const string Prefix = "rbd_header.";
    private const string SnapshotPrefix = "snapshot_";

    /// <summary>Where the bits of the features stand.</summary>
    public static readonly byte[] FeaturesKey = Encoding.ASCII.GetBytes("features");

    /// <summary>Where the stripe stands.</summary>
    public static readonly byte[] StripeKey = Encoding.ASCII.GetBytes("stripe_unit");

    private static readonly byte[][] Keys =
        [.. new[] { "create_timestamp", "data_pool_id", "features", "order", "parent", "size", "stripe_count", "stripe_unit" }.Select(Encoding.ASCII.GetBytes)];

    /// <summary>RBD_FEATURE_STRIPINGV2, RBD_FEATURE_OBJECT_MAP, RBD_FEATURE_FAST_DIFF, RBD_FEATURE_NON_PRIMARY.</summary>
    public const ulong Striping = 2, ObjectMap = 8, FastDiff = 16, NonPrimary = 1024;

    private static readonly (ulong Bit, string Name)[] FeatureNames =
    [
        (1, "layering"), (Striping, "striping"), (4, "exclusive-lock"), (ObjectMap, "object-map"), (FastDiff, "fast-diff"), (32, "deep-flatten"),
        (CephJournaling.Feature, "journaling"), (128, "data-pool"), (256, "operations"), (CephMigration.Feature, "migrating"), (NonPrimary, "non-primary"), (2048, "dirty-cache"),
    ];

    /// <summary>The bits of features by their names.</summary>
    public static ulong Bits(IEnumerable<string> features) =>
        FeatureNames.Where(known => features.Contains(known.Name)).Aggregate(0UL, (bits, known) => bits | known.Bit);

    /// <summary>The names of features by their bits.</summary>
    public static IReadOnlyList<string> Names(ulong features) => [.. FeatureNames.Where(known => (features & known.Bit) != 0).Select(known => known.Name)];

    /// <summary>What is known of an image; null when it has no header.</summary>
    /// <param name="io">Where the image lies.</param>
    /// <param name="volume">Its name.</param>
    /// <param name="id">Its id.</param>
    /// <param name="parents">The parents that were looked up before.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<ImageInfo?> ReadAsync(IoContextHandle io, VolumeId volume, ImageId id, Parents parents, CancellationToken cancellationToken)
    {
        if (id.Value.Length == 0)
            return null;
        var (result, entries) = await ReadOperation.OmapAsync(io, Prefix + id, Keys).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return null;
        connection.Check(result, $"read the header of {volume}");
        var values = entries.ToDictionary(entry => Encoding.ASCII.GetString(entry.Key), entry => entry.Value);
        if (!values.ContainsKey("size"))
            return null;
        var objectSize = 1L << Math.Min(new CephDecoder(values.GetValueOrDefault("order")).Byte(), (byte)62);
        var parent = values.TryGetValue("parent", out var encoded) ? Link.Read(encoded) : null;
        return new ImageInfo(
            volume, id, Number("size"), objectSize, Names((ulong)Number("features")),
            new CephDecoder(values.GetValueOrDefault("create_timestamp")).Time(),
            parent is null ? null : await parents.GetOrAdd(parent, link => NameAsync(link, cancellationToken)).ConfigureAwait(false))
        {
            StripeUnitBytes = Number("stripe_unit") is > 0 and var unit ? unit : objectSize,
            StripeCount = Math.Max(1, Number("stripe_count")),
            DataPool = values.ContainsKey("data_pool_id") ? await connection.PoolNameAsync(Number("data_pool_id"), cancellationToken).ConfigureAwait(false) : null,
        };

        long Number(string key) => new CephDecoder(values.GetValueOrDefault(key)).Long();
    }

    // As rbd shows it: pool[/namespace]/image@snapshot. What cannot be found any more is shown by its id.
    private async Task<string> NameAsync(Link link, CancellationToken cancellationToken)
    {
        var pool = await connection.PoolNameAsync(link.Pool, cancellationToken).ConfigureAwait(false);
        var io = await connection.OpenAsync(pool, link.Namespace, cancellationToken).ConfigureAwait(false);
        var image = await NameOfAsync(io, link.Image).WaitAsync(cancellationToken).ConfigureAwait(false) ?? link.Image;
        var key = SnapshotPrefix + link.Snapshot.ToString("x16", CultureInfo.InvariantCulture);
        var (_, entries) = await ReadOperation.OmapAsync(io, Prefix + link.Image, [Encoding.ASCII.GetBytes(key)]).WaitAsync(cancellationToken).ConfigureAwait(false);
        var snapshot = link.Snapshot.ToString(CultureInfo.InvariantCulture);
        if (entries.Count > 0)
        {
            var decoder = new CephDecoder(entries[0].Value);
            decoder.Version();
            decoder.Long();
            snapshot = decoder.Text();
        }
        return $"{new VolumeId(pool, link.Namespace, image)}@{snapshot}";
    }

    // An image in the trash has the name that it had.
    private static async Task<string?> NameOfAsync(IoContextHandle io, string id)
    {
        byte[][] key = [Encoding.UTF8.GetBytes(CephCatalog.IdKeyPrefix + id)];
        var (_, listed) = await ReadOperation.OmapAsync(io, CephCatalog.Directory, key).ConfigureAwait(false);
        if (listed.Count > 0)
            return CephEncoder.ReadText(listed[0].Value);
        var (_, trashed) = await ReadOperation.OmapAsync(io, CephTrash.Object, key).ConfigureAwait(false);
        return trashed.Count > 0 ? CephTrash.Read(id, trashed[0].Value).Name : null;
    }

    /// <summary>The names of parents that were looked up.</summary>
    public sealed class Parents
    {
        private readonly ConcurrentDictionary<Link, Task<string>> _names = new();

        internal Task<string> GetOrAdd(Link link, Func<Link, Task<string>> find) => _names.GetOrAdd(link, find);
    }

    /// <summary>A clone's tie to a snapshot (cls_rbd_parent).</summary>
    internal sealed record Link(long Pool, string Namespace, string Image, ulong Snapshot)
    {
        /// <summary>Null when the image has been cut off from it.</summary>
        public static Link? Read(ReadOnlySpan<byte> bytes)
        {
            var decoder = new CephDecoder(bytes);
            var version = decoder.Version();
            var link = new Link(decoder.Long(), version >= 2 ? decoder.Text() : "", decoder.Text(), (ulong)decoder.Long());
            return link.Pool < 0 || (version >= 2 && decoder.Byte() == 0) ? null : link;
        }
    }
}
