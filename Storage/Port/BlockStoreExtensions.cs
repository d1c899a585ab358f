using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>Shorter forms of calls of the port.</summary>
public static class BlockStoreExtensions
{
    /// <summary>Makes an empty image laid out as the store has it by default.</summary>
    /// <inheritdoc cref="IImageLifecycle.CreateAsync"/>
    public static Task CreateAsync(this IImageLifecycle store, VolumeId volume, long sizeBytes, CancellationToken cancellationToken) =>
        store.CreateAsync(volume, sizeBytes, ImageLayout.Default, cancellationToken);

    /// <summary>The names of images that can be asked for.</summary>
    /// <inheritdoc cref="IImageCatalog.ListImagesAsync"/>
    public static async Task<IReadOnlyList<string>> ListAsync(
        this IImageCatalog store, string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        [.. (await store.ListImagesAsync(pool, ns, after, limit, cancellationToken).ConfigureAwait(false)).Where(image => image.CanBeNamed).Select(image => image.Name)];
}
