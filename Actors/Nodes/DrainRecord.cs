using System.Text.Json;
using System.Text.Json.Serialization;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>A node that is to carry nothing.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Address">Where its HTTP endpoint listened.</param>
/// <param name="Since">Since when it is to carry nothing.</param>
public sealed record Drain(NodeName Node, string Address, DateTimeOffset Since);

/// <summary>
/// Which nodes are to carry nothing, as the block store keeps it, so that it outlives them: a node reads it before it joins, and while it is in the
/// cluster. One record for all of them: who changes it has read what it changes, so that of two orders at once the second sees the first.
/// </summary>
internal static class DrainRecord
{
    private const string Key = "nodes/drained";

    // Each time another order was faster.
    private const int TriesMax = 10;

    /// <summary>What stands.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The nodes.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<IReadOnlyList<Drain>> ReadAsync(IRecords store, CancellationToken cancellationToken) =>
        Read(await store.GetRecordAsync(Key, cancellationToken).ConfigureAwait(false));

    /// <summary>Changes it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="change">Makes of what stands what is to stand; may be called again. What it throws, the caller gets.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What stands now.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached, or others changed it each time.</exception>
    public static async Task<IReadOnlyList<Drain>> ChangeAsync(
        IRecords store, Func<IReadOnlyList<Drain>, IReadOnlyList<Drain>> change, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var record = await store.GetRecordAsync(Key, cancellationToken).ConfigureAwait(false);
            var before = Read(record);
            var after = change(before);
            if (after.SequenceEqual(before)
                || await store.PutRecordAsync(
                    Key, JsonSerializer.SerializeToUtf8Bytes(after, DrainJson.Default.IReadOnlyListDrain), record?.Version ?? 0, cancellationToken).ConfigureAwait(false) is not null)
            {
                return after;
            }
        }
        throw new BlockStoreException(ErrorKind.Overloaded, "others changed which nodes are drained each time; ask again");
    }

    // What nobody can read drains nobody.
    private static IReadOnlyList<Drain> Read(StoredRecord? record)
    {
        try
        {
            return record is null ? [] : [.. (JsonSerializer.Deserialize(record.Value.Span, DrainJson.Default.IReadOnlyListDrain) ?? []).OfType<Drain>()];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<Drain>))]
internal sealed partial class DrainJson : JsonSerializerContext;
