using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Images that stay open.</content>
internal sealed partial class EmbeddedStore
{
    /// <summary>Open to be written; excludes nothing but its removal.</summary>
    private const string Holding = "has it open";

    /// <remarks>Nothing here has the locking that a shared image must lack.</remarks>
    public Task CreateSharedAsync(VolumeId volume, long sizeBytes, CancellationToken cancellationToken) =>
        CreateAsync(volume, sizeBytes, ImageLayout.Default, cancellationToken);

    public Task<IOpenImage> OpenAsync(VolumeId volume, bool readOnly, CancellationToken cancellationToken) => OnSlotAsync<IOpenImage>(database =>
    {
        if (readOnly)
        {
            var found = database.Read(() => Require(database, volume));
            return new OpenedImage(this, volume, found.Id, found.Size, use: null);
        }
        var (image, use, _) = Open(database, () => Require(database, volume), volume, _ => Holding);
        return new OpenedImage(this, volume, image.Id, image.Size, use);
    }, cancellationToken);

    private static Image RequireById(Database database, string id, VolumeId volume) =>
        database.First(Image.From, $"SELECT {Image.Columns} FROM images WHERE id = ?", id) ?? throw NoImage(volume);

    private Task ReadOpenedAsync(string id, VolumeId volume, long? snapshot, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        while (true)
        {
            // The file may have been replaced by a fence: each read asks for it anew.
            var image = database.Read(() => Shown(database, id, volume, snapshot));
            RequireWithin(image, volume, offset, buffer.Length);
            try
            {
                Read(image, offset, buffer.Span);
                return true;
            }
            catch (FileNotFoundException) when (database.Read(() => Shown(database, id, volume, snapshot).DataFile) != image.DataFile)
            {
                // Moved in between: look again.
            }
        }
    }, cancellationToken);

    private Task WriteOpenedAsync(string id, VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        WriteBytes(database, () => RequireById(database, id, volume), volume, offset, data, flush: false);
        return true;
    }, cancellationToken);

    private Task FlushOpenedAsync(string id, VolumeId volume, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireUnfenced(database);
        if (database.Read(() => RequireById(database, id, volume)).DataFile is not { } name)
            return true;
        try
        {
            using var file = SparseFile.Open(DataPath(name), write: true);
            RandomAccess.FlushToDisk(file);
        }
        catch (FileNotFoundException)
        {
            // Only a fence moves a file while somebody has it open; then what was written by then was copied and flushed by it.
            RequireUnfenced(database);
        }
        return true;
    }, cancellationToken);

    private async Task CloseOpenedAsync(long use)
    {
        try
        {
            await _control.RunAsync(database => database.Write(() => database.Execute("DELETE FROM uses WHERE id = ?", use), durable: false), default).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BlockStoreException or ObjectDisposedException)
        {
            // It ends with the session.
        }
    }

    /// <summary>An image that stays open. Each request looks for the fence and for the image's file.</summary>
    private sealed class OpenedImage(EmbeddedStore store, VolumeId volume, string id, long sizeBytes, long? use) : IImageView, IFilledImage
    {
        private int _closed;

        /// <summary>The snapshot that it shows; null for the image itself.</summary>
        public long? Snapshot { get; init; }

        public VolumeId Volume => volume;

        public long SizeBytes => sizeBytes;

        public Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_closed != 0, this);
            return store.ReadOpenedAsync(id, volume, Snapshot, offset, buffer, cancellationToken);
        }

        public Task<IReadOnlyList<ImageDifference>> CompareAsync(string? since, long offset, long length, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_closed != 0, this);
            return store.CompareOpenedAsync(id, volume, Snapshot, since, offset, length, cancellationToken);
        }

        public Task WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            RequireWritable();
            return store.WriteOpenedAsync(id, volume, offset, data, cancellationToken);
        }

        public Task ZeroAsync(long offset, long length, CancellationToken cancellationToken)
        {
            RequireWritable();
            return store.ZeroOpenedAsync(id, volume, offset, length, cancellationToken);
        }

        public Task FlushAsync(CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_closed != 0, this);
            return store.FlushOpenedAsync(id, volume, cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0 && use is { } held)
                await store.CloseOpenedAsync(held).ConfigureAwait(false);
        }

        private void RequireWritable()
        {
            ObjectDisposedException.ThrowIf(_closed != 0, this);
            if (use is null)
                throw new BlockStoreException(ErrorKind.PermissionDenied, $"cannot write {volume}: it was opened to be read only", 30);
        }
    }
}
