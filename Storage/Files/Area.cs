using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>Making an area on an image.</summary>
public static class Area
{
    /// <summary>Makes an empty area. What the image had is lost.</summary>
    /// <param name="image">The image, open for writing.</param>
    /// <param name="options">How to divide it; null for the default.</param>
    /// <param name="cancellationToken">Gives up waiting before it has begun.</param>
    /// <returns>The area's id.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.InvalidArgument"/> when the image is too small or the options do not fit.</exception>
    public static async Task<Guid> FormatAsync(IOpenImage image, AreaFormatOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new AreaFormatOptions();
        var layout = AreaLayout.Choose(image.SizeBytes, options);
        var id = options.AreaId ?? Guid.NewGuid();
        var tree = AreaTree.Empty(new LogPoint(new AreaPosition(new Epoch(0), 0), 0, 0, 0), layout);
        var writer = new ByteWriter();
        foreach (var node in tree.Nodes)
            AreaCheckpoint.Encode(writer, node);
        // The superblock last: before it there is no area, or still the old one's head without its content's.
        await image.WriteAsync(layout.CheckpointRegion(0), writer.Written, CancellationToken.None).ConfigureAwait(false);
        await image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        var checkpoint = new CheckpointInfo(0, new Epoch(0), 0, 0, 0, writer.Length, Crc32C.Compute(writer.Written.Span), tree.EntryCount, tree.NextId);
        var superblock = new Superblock(id, 1, new Epoch(0), Guid.Empty, layout, checkpoint, []).Encode();
        foreach (var offset in AreaLayout.SuperblockCopies)
            await image.WriteAsync(offset, superblock, CancellationToken.None).ConfigureAwait(false);
        await image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        return id;
    }
}
