using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>All bytes of an image, out of the store and into it.</content>
internal sealed partial class EmbeddedStore
{
    private const int CompareBytes = 64 << 10;

    public Task<IImageView> OpenViewAsync(VolumeId volume, string? snapshot, CancellationToken cancellationToken) => OnSlotAsync<IImageView>(database =>
        database.Read(() =>
        {
            var image = Require(database, volume);
            var shown = snapshot is null ? null : RequireSnapshot(database, image, volume, snapshot);
            return new OpenedImage(this, volume, image.Id, shown?.Size ?? image.Size, use: null) { Snapshot = shown?.Id };
        }), cancellationToken);

    public async Task<IFilledImage> OpenToFillAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        await OnSlotAsync(database => database.Read(() =>
        {
            RequireNotMigrating(database, Require(database, volume), volume.ToString());
            return true;
        }), cancellationToken).ConfigureAwait(false);
        return (OpenedImage)await OpenAsync(volume, readOnly: false, cancellationToken).ConfigureAwait(false);
    }

    // What is shown: an image's bytes, or a snapshot's as those of an image.
    private static Image Shown(Database database, string id, VolumeId volume, long? snapshot)
    {
        var image = RequireById(database, id, volume);
        return snapshot is not { } number ? image
            : database.First(Snapshot.From, $"SELECT {Snapshot.Columns} FROM image_snapshots WHERE id = ? AND name IS NOT NULL", number) is { } taken
            ? image with { Size = taken.Size, DataFile = taken.DataFile, TrimTo = taken.TrimTo }
            : throw Failures.NotFound($"the snapshot of {volume} has been removed");
    }

    private Task<IReadOnlyList<ImageDifference>> CompareOpenedAsync(
        string id, VolumeId volume, long? snapshot, string? since, long offset, long length, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<ImageDifference>>(database =>
        {
            if (length is < 0 or > ImageDifference.RangeBytesMax)
                throw Failures.Invalid($"{length} bytes are too many for one comparison");
            while (true)
            {
                var (now, before) = database.Read(() =>
                {
                    var image = Shown(database, id, volume, snapshot);
                    var older = since is null ? null : RequireSnapshot(database, image, volume, since);
                    if (older is not null && snapshot <= older.Id)
                        throw Failures.Invalid($"snapshot '{since}' of {volume} is not older");
                    return (image, older is null ? image with { DataFile = null } : image with { Size = older.Size, DataFile = older.DataFile, TrimTo = older.TrimTo });
                });
                RequireWithin(now, volume, offset, (int)length);
                try
                {
                    return Compare(now, before, offset, length);
                }
                catch (FileNotFoundException) when (database.Read(() => Shown(database, id, volume, snapshot).DataFile) != now.DataFile)
                {
                    // Moved in between: look again.
                }
            }
        }, cancellationToken);

    private List<ImageDifference> Compare(Image now, Image before, long offset, long length)
    {
        var found = new List<ImageDifference>();
        if (now.DataFile == before.DataFile && now.DataEnd == before.DataEnd)
            return found;
        byte[] mine = new byte[CompareBytes], theirs = new byte[CompareBytes];
        for (var (at, end) = (offset, offset + length); at < end; at += CompareBytes)
        {
            var count = (int)Math.Min(CompareBytes, end - at);
            Read(now, at, mine.AsSpan(0, count));
            Read(before, at, theirs.AsSpan(0, count));
            if (mine.AsSpan(0, count).SequenceEqual(theirs.AsSpan(0, count)))
                continue;
            var zeros = !mine.AsSpan(0, count).ContainsAnyExcept((byte)0);
            if (found is [.., var last] && last.Offset + last.Length == at && last.IsZeros == zeros)
                found[^1] = last with { Length = last.Length + count };
            else
                found.Add(new ImageDifference(at, count, zeros));
        }
        return found;
    }

    private Task ZeroOpenedAsync(string id, VolumeId volume, long offset, long length, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var zeros = new byte[Math.Min(length, _options.ChunkBytes)];
        var there = new byte[zeros.Length];
        RequireWithinAll(database.Read(() => RequireById(database, id, volume)), volume, offset, length);
        for (var done = 0L; done < length; done += zeros.Length)
        {
            var count = (int)Math.Min(zeros.Length, length - done);
            // What is zeros already stays a hole.
            Read(database.Read(() => RequireById(database, id, volume)), offset + done, there.AsSpan(0, count));
            if (there.AsSpan(0, count).ContainsAnyExcept((byte)0))
                WriteBytes(database, () => RequireById(database, id, volume), volume, offset + done, zeros.AsMemory(0, count), flush: false);
        }
        RequireUnfenced(database);
        return true;
    }, cancellationToken);

    private static void RequireWithinAll(Image image, VolumeId volume, long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > image.Size - length)
            throw Failures.Invalid($"{length} bytes at {offset} are not within {volume}, which has {image.Size} bytes");
    }
}
