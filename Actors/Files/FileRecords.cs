using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Actors.Files;

/// <summary>Who may write an area, as the block store keeps it: the word that counts. Raised with the version that the raiser has read.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Writer">The writer.</param>
/// <param name="Connection">Its connection.</param>
public sealed record AreaRight(Epoch Epoch, NodeName Writer, FenceAddress Connection);

/// <summary>A file system in the list of all.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">Its pool.</param>
public sealed record ListedFileSystem(FileSystemName Name, string Pool);

/// <summary>The guarded records of the file plane, which all nodes share.</summary>
public static class FileRecords
{
    private const string KeyRecord = "files/token-key";
    private const string ListPrefix = "files/system/";

    /// <summary>The keys that tokens are signed with; the first is made by the first node that asks.</summary>
    /// <param name="store">The store.</param>
    /// <param name="entropy">Where a new key comes from.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static Task<TokenKeys> KeysAsync(IRecords store, IEntropy entropy, DateTimeOffset now, CancellationToken cancellationToken) =>
        ChangeKeysAsync(store, keys => keys ?? TokenKeys.Of(entropy.Bytes(AccessToken.KeyBytes), now), cancellationToken);

    /// <summary>Changes the keys that tokens are signed with.</summary>
    /// <param name="store">The store.</param>
    /// <param name="change">Makes of what is kept, or of nothing, what is to be kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is kept now.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<TokenKeys> ChangeKeysAsync(IRecords store, Func<TokenKeys?, TokenKeys> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var record = await store.GetRecordAsync(KeyRecord, cancellationToken).ConfigureAwait(false);
            var kept = record is null ? null : TokenKeys.Decode(record.Value.Span);
            var changed = change(kept);
            // Another node may have been faster: what it has kept counts.
            if (changed == kept || await store.PutRecordAsync(KeyRecord, changed.Encode(), record?.Version ?? 0, cancellationToken).ConfigureAwait(false) is not null)
                return changed;
        }
    }

    /// <summary>Who may write an area.</summary>
    /// <param name="store">The store.</param>
    /// <param name="area">The area.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The right, or null before the first writer.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<AreaRight?> RightAsync(IRecords store, AreaId area, CancellationToken cancellationToken) =>
        await store.GetRecordAsync(RightKey(area), cancellationToken).ConfigureAwait(false) is { } record ? Right(record) : null;

    /// <summary>Gives the right to an area to its next writer, unless a later one has it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="area">The area.</param>
    /// <param name="right">The new right.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it stands.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Fenced"/> when a later one has it; or the store cannot be reached.</exception>
    public static async Task RaiseAsync(IRecords store, AreaId area, AreaRight right, CancellationToken cancellationToken)
    {
        var value = JsonSerializer.SerializeToUtf8Bytes(right, FileRecordsJson.Default.AreaRight);
        while (true)
        {
            var record = await store.GetRecordAsync(RightKey(area), cancellationToken).ConfigureAwait(false);
            if (record is not null && Right(record) is var known)
            {
                if (known == right)
                    return;
                if (known.Epoch.Value >= right.Epoch.Value)
                    throw new BlockStoreException(ErrorKind.Fenced, $"area {area} is at epoch {known.Epoch} of {known.Writer}; epoch {right.Epoch} comes too late");
            }
            if (await store.PutRecordAsync(RightKey(area), value, record?.Version ?? 0, cancellationToken).ConfigureAwait(false) is not null)
                return;
        }
    }

    /// <summary>Removes what is kept of an area.</summary>
    /// <param name="store">The store.</param>
    /// <param name="area">The area.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static Task ForgetAsync(IRecords store, AreaId area, CancellationToken cancellationToken) => RemoveAsync(store, RightKey(area), cancellationToken);

    /// <summary>Puts a file system into the list of all.</summary>
    /// <param name="store">The store.</param>
    /// <param name="listed">The file system.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it is there.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task EnterAsync(IRecords store, ListedFileSystem listed, CancellationToken cancellationToken) => await store.PutRecordAsync(
        ListPrefix + listed.Name, JsonSerializer.SerializeToUtf8Bytes(listed, FileRecordsJson.Default.ListedFileSystem), 0, cancellationToken).ConfigureAwait(false);

    /// <summary>Takes a file system out of the list.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when it is not there.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static Task LeaveAsync(IRecords store, FileSystemName name, CancellationToken cancellationToken) => RemoveAsync(store, ListPrefix + name, cancellationToken);

    /// <summary>All file systems, in order of their names.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file systems.</returns>
    /// <exception cref="BlockStoreException">The store cannot be reached.</exception>
    public static async Task<IReadOnlyList<ListedFileSystem>> ListAsync(IRecords store, CancellationToken cancellationToken) =>
        [.. (await store.ListRecordsAsync(ListPrefix, cancellationToken).ConfigureAwait(false))
            .Select(r => JsonSerializer.Deserialize(r.Value.Span, FileRecordsJson.Default.ListedFileSystem)!)];

    private static async Task RemoveAsync(IRecords store, string key, CancellationToken cancellationToken)
    {
        while (await store.GetRecordAsync(key, cancellationToken).ConfigureAwait(false) is { } record
            && !await store.RemoveRecordAsync(key, record.Version, cancellationToken).ConfigureAwait(false))
        {
            // Somebody has written it in between: it goes with its new version.
        }
    }

    private static string RightKey(AreaId area) => $"files/area/{area}";

    private static AreaRight Right(StoredRecord record) => JsonSerializer.Deserialize(record.Value.Span, FileRecordsJson.Default.AreaRight)!;
}

/// <summary>How the records are written. Extend-only.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AreaRight))]
[JsonSerializable(typeof(ListedFileSystem))]
[JsonSerializable(typeof(ImmutableArray<TokenKey>))]
internal sealed partial class FileRecordsJson : JsonSerializerContext;
