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
/// cluster.
/// </summary>
internal static class DrainRecords
{
    private const string Prefix = "nodes/drained/";

    /// <summary>All that there are.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Them, in order of the nodes' names.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<IReadOnlyList<Drain>> ListAsync(IRecords store, CancellationToken cancellationToken) =>
        [.. (await store.ListRecordsAsync(Prefix, cancellationToken)).Select(record => JsonSerializer.Deserialize(record.Value.Span, DrainJson.Default.Drain)!)];

    /// <summary>Enters one. Safe to repeat: the first stays.</summary>
    /// <param name="store">The store.</param>
    /// <param name="drain">The node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static Task AddAsync(IRecords store, Drain drain, CancellationToken cancellationToken) =>
        store.PutRecordAsync(Prefix + drain.Node, JsonSerializer.SerializeToUtf8Bytes(drain, DrainJson.Default.Drain), 0, cancellationToken);

    /// <summary>Takes one away, if it is there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task RemoveAsync(IRecords store, NodeName node, CancellationToken cancellationToken)
    {
        if (await store.GetRecordAsync(Prefix + node, cancellationToken) is { } record)
            await store.RemoveRecordAsync(record.Key, record.Version, cancellationToken);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Drain))]
internal sealed partial class DrainJson : JsonSerializerContext;
