using System.Text.Json;
using System.Text.Json.Serialization;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>The tokens of clients, as records of the block store that all nodes share.</summary>
public static class ClientTokens
{
    private const string Prefix = "token/";

    /// <summary>A token.</summary>
    /// <param name="records">Where they are.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The token, or null.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<ClientToken?> FindAsync(IRecords records, string name, CancellationToken cancellationToken) =>
        await records.GetRecordAsync(Prefix + name, cancellationToken).ConfigureAwait(false) is { } record ? Read(record) : null;

    /// <summary>All tokens.</summary>
    /// <param name="records">Where they are.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Them, by name.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<IReadOnlyList<ClientToken>> ListAsync(IRecords records, CancellationToken cancellationToken) =>
        [.. (await records.ListRecordsAsync(Prefix, cancellationToken).ConfigureAwait(false)).Select(Read).OfType<ClientToken>()];

    /// <summary>Keeps a token.</summary>
    /// <param name="records">Where they are.</param>
    /// <param name="token">The token.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when there is one of that name.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<bool> AddAsync(IRecords records, ClientToken token, CancellationToken cancellationToken) =>
        await records.PutRecordAsync(Prefix + token.Name, JsonSerializer.SerializeToUtf8Bytes(token, ClientTokenJson.Default.ClientToken), 0, cancellationToken)
            .ConfigureAwait(false) is not null;

    /// <summary>Ends a token.</summary>
    /// <param name="records">Where they are.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The token; null when there was none.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<ClientToken?> RevokeAsync(IRecords records, string name, CancellationToken cancellationToken) =>
        // One that was made anew under the name meanwhile is another one.
        await records.GetRecordAsync(Prefix + name, cancellationToken).ConfigureAwait(false) is { } record
        && await records.RemoveRecordAsync(Prefix + name, record.Version, cancellationToken).ConfigureAwait(false)
            ? Read(record) : null;

    // One of a later version that this one does not understand is nobody's.
    private static ClientToken? Read(StoredRecord record)
    {
        try
        {
            return JsonSerializer.Deserialize(record.Value.Span, ClientTokenJson.Default.ClientToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClientToken))]
internal sealed partial class ClientTokenJson : JsonSerializerContext;
