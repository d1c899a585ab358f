using System.Runtime.CompilerServices;
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

    /// <summary>All that lies in the trash, page after page. What is looked at may be removed meanwhile.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="pool">The pool.</param>
    /// <param name="ns">The namespace; empty for the default one.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The images, in the order of their ids.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when the pool or namespace does not exist.</exception>
    public static async IAsyncEnumerable<TrashedImage> AllTrashAsync(
        this IImageTrash store, string pool, string ns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int pageMax = 1000;
        IReadOnlyList<TrashedImage> page = [];
        do
        {
            page = await store.ListTrashAsync(pool, ns, page.Count > 0 ? page[^1].Id.Value : null, pageMax, cancellationToken).ConfigureAwait(false);
            foreach (var image in page)
                yield return image;
        }
        while (page.Count == pageMax);
    }
}
