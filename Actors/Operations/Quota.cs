using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>How much the volumes of a pool's default namespace, or of another namespace, may come to.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Namespace">The namespace; empty for the default one.</param>
/// <param name="CountMax">How many volumes there may be; 0 for any number.</param>
/// <param name="BytesMax">The sum of their sizes, in bytes; 0 for any sum.</param>
public sealed record Quota(string Pool, string Namespace, long CountMax, long BytesMax)
{
    private const int EDquot = 122;

    /// <summary>Whether a volume may get a size. What is accepted already, and will take effect some time, counts with the size that it leads to.</summary>
    /// <param name="growth">What is asked for.</param>
    /// <param name="listed">The volumes that there are, by name, with their sizes.</param>
    /// <param name="accepted">What is accepted and may not be among them yet.</param>
    /// <returns>The error, or null when it may.</returns>
    public OperationError? Exceeded(Growth growth, IReadOnlyDictionary<string, long> listed, IEnumerable<Growth> accepted)
    {
        var sizes = new Dictionary<string, long>(listed);
        foreach (var (volume, size, makes) in accepted)
        {
            if (makes || sizes.ContainsKey(volume.Image))
                sizes[volume.Image] = Math.Max(size, sizes.GetValueOrDefault(volume.Image));
        }
        var isNew = !sizes.TryGetValue(growth.Volume.Image, out var before);
        if (isNew && !growth.Makes)
            return null;
        var (count, bytes) = (sizes.Count, sizes.Values.Sum());
        return CountMax > 0 && isNew && count + 1 > CountMax ? Refused($"{count} of {CountMax} volumes are there or on their way")
            : BytesMax > 0 && growth.SizeBytes > before && bytes - before + growth.SizeBytes > BytesMax
                ? Refused($"{bytes} of {BytesMax} bytes are given out, and this comes to {growth.SizeBytes - before} more")
            : null;
    }

    private OperationError Refused(string why) => new(ErrorKind.NoSpace, $"the quota of {PlaceParameter.Text(new VolumeId(Pool, Namespace, ""))} is used up: {why}", EDquot);
}

/// <summary>What an operation may make of a volume.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="SizeBytes">Its size afterwards, in bytes.</param>
/// <param name="Makes">Whether the operation makes it.</param>
public readonly record struct Growth(VolumeId Volume, long SizeBytes, bool Makes);

/// <summary>The quotas, as records that all nodes share.</summary>
public static class Quotas
{
    private const string Prefix = "quota/";
    private const int PageMax = 1000;

    /// <summary>All quotas.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>By pool and namespace.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<IReadOnlyDictionary<(string Pool, string Namespace), Quota>> ListAsync(IRecords store, CancellationToken cancellationToken) =>
        (await store.ListRecordsAsync(Prefix, cancellationToken)).Select(Read).ToDictionary(quota => (quota.Pool, quota.Namespace));

    /// <summary>The volumes of a pool and namespace with their sizes; Mooring's own images are none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Sizes by name.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached, or there is no such place.</exception>
    public static async Task<IReadOnlyDictionary<string, long>> UsedAsync(IImageCatalog store, string pool, string ns, CancellationToken cancellationToken)
    {
        var sizes = new Dictionary<string, long>();
        for (string? after = null; ;)
        {
            var page = await store.ListImagesAsync(pool, ns, after, PageMax, cancellationToken);
            foreach (var image in page.Where(image => !image.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)))
                sizes[image.Name] = image.Info?.SizeBytes ?? 0;
            if (page.Count < PageMax)
                return sizes;
            after = page[^1].Name;
        }
    }

    internal static Task<StoredRecord?> FindAsync(IRecords store, VolumeId place, CancellationToken cancellationToken) =>
        store.GetRecordAsync(KeyOf(place), cancellationToken);

    internal static Task<long?> PutAsync(IRecords store, Quota quota, long version, CancellationToken cancellationToken) => store.PutRecordAsync(
        KeyOf(new VolumeId(quota.Pool, quota.Namespace, "")), JsonSerializer.SerializeToUtf8Bytes(quota, QuotaJson.Default.Quota), version, cancellationToken);

    internal static Task<bool> RemoveAsync(IRecords store, VolumeId place, long version, CancellationToken cancellationToken) =>
        store.RemoveRecordAsync(KeyOf(place), version, cancellationToken);

    internal static Quota Read(StoredRecord record) => JsonSerializer.Deserialize(record.Value.Span, QuotaJson.Default.Quota)!;

    // Keys are short and plain; the names are neither.
    private static string KeyOf(VolumeId place) => Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{place.Pool}/{place.Namespace}")));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Quota))]
internal sealed partial class QuotaJson : JsonSerializerContext;
