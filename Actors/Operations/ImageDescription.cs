using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>A volume as the outside sees it.</summary>
public static class ImageDescription
{
    /// <summary>Metadata keys that begin so are Mooring's own and are not shown; nor are those of options.</summary>
    public const string OwnMetadataPrefix = "mooring.";

    /// <summary>Where an imported image keeps the SHA-256 of the bytes that it was made of.</summary>
    public const string ChecksumKey = OwnMetadataPrefix + "sha256";

    /// <summary>The most characters of a metadata key.</summary>
    public const int MetadataKeyLengthMax = 256;

    /// <summary>The most characters of a metadata value.</summary>
    public const int MetadataValueLengthMax = 16 << 10;

    /// <summary>Describes an image.</summary>
    /// <param name="image">What the store knows.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <returns>The volume.</returns>
    public static VolumeInfo Of(ImageInfo image, IReadOnlyDictionary<string, string>? metadata = null) => new(
        image.Volume,
        image.Id.Value,
        image.SizeBytes,
        image.ObjectSizeBytes,
        image.Features,
        image.CreatedAt,
        image.Parent,
        (metadata ?? new Dictionary<string, string>())
            .Where(pair => !pair.Key.StartsWith(OwnMetadataPrefix, StringComparison.Ordinal) && !pair.Key.StartsWith(ImageOption.KeyPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value))
    {
        // What follows from the object's size is not said.
        StripeUnitBytes = image.StripeCount > 1 || image.StripeUnitBytes != image.ObjectSizeBytes ? image.StripeUnitBytes : null,
        StripeCount = image.StripeCount > 1 ? image.StripeCount : null,
        DataPool = image.DataPool,
    };

    /// <summary>Describes an image and all that belongs to it; clones that attempts are making are left out.</summary>
    /// <param name="details">What the store knows.</param>
    /// <returns>The volume.</returns>
    public static VolumeInfo Of(ImageDetails details) => Of(details.Info, details.Metadata) with
    {
        Snapshots = Of(details.Snapshots),
        Ties = Of(details.Ties),
        Migration = details.Migration is { } m ? new VolumeMigration($"{m.Source}", m.State.Text(), m.Detail) : null,
        Children = [.. details.Children.Where(c => !c.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)).Select(c => c.ToString())],
    };

    /// <summary>Describes an image of which parts are missing.</summary>
    /// <param name="volume">Its name.</param>
    /// <param name="id">Its id.</param>
    /// <param name="damage">What is damaged.</param>
    /// <param name="canBeDeleted">Whether it can be deleted as it is.</param>
    /// <returns>The volume: its size is 0, and it was made at the beginning of time.</returns>
    public static VolumeInfo Damaged(VolumeId volume, ImageId id, string damage, bool canBeDeleted = true) => new(
        volume, id.Value, 0, 0, [], DateTimeOffset.UnixEpoch, null, new Dictionary<string, string>())
    {
        Damage = canBeDeleted ? OperationErrors.WithRemedy(damage) : damage,
    };

    /// <summary>Describes who and what depends on an image.</summary>
    /// <param name="ties">What the store knows.</param>
    /// <returns>The same as text.</returns>
    public static VolumeTies Of(ImageTies ties) =>
        new([.. ties.Watchers.Select(watcher => watcher.ToString())], [.. ties.Locks.Select(there => there.ToString())]);

    /// <summary>Describes an image's snapshots in all.</summary>
    /// <param name="snapshots">What the store knows of them.</param>
    /// <returns>The summary.</returns>
    public static SnapshotSummary Of(ImageSnapshots snapshots) =>
        new(snapshots.Items.Count, snapshots.Items.Count(s => s.IsProtected), snapshots.CountMax);

    /// <summary>The result of an attempt that a volume came out of, its metadata included.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="volume">The volume's name.</param>
    /// <returns>The result.</returns>
    /// <exception cref="BlockStoreException">The store does not answer, or refuses.</exception>
    public static async Task<AttemptResult> ResultAsync(AttemptContext context, VolumeId volume) => new(Of(
        await context.Store.GetAsync(volume, context.Cancellation), await context.Store.GetMetadataAsync(volume, context.Cancellation)));

    /// <summary>What the store knows of an image.</summary>
    /// <param name="store">A connection.</param>
    /// <param name="volume">The image's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The image, or null when there is none or it is half made.</returns>
    /// <exception cref="BlockStoreException">The store does not answer, or refuses.</exception>
    public static async Task<ImageInfo?> TryGetAsync(this IBlockStore store, VolumeId volume, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetAsync(volume, cancellationToken);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}
