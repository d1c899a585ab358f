using Microsoft.Win32.SafeHandles;
using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>The bytes of images: read, write, resize.</content>
internal sealed partial class EmbeddedStore
{
    public Task ReadAsync(VolumeId volume, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        while (true)
        {
            var image = database.Read(() => Require(database, volume));
            RequireWithin(image, volume, offset, buffer.Length);
            try
            {
                Read(image, offset, buffer.Span);
                return true;
            }
            catch (FileNotFoundException) when (database.Read(() => Find(database, volume)?.DataFile) != image.DataFile)
            {
                // Removed or moved in between: look again.
            }
        }
    }, cancellationToken);

    public Task WriteAsync(VolumeId volume, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        WriteBytes(database, () => Require(database, volume), volume, offset, data, flush: true);
        return true;
    }, cancellationToken);

    public Task ResizeAsync(VolumeId volume, long sizeBytes, Shrinking shrinking, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodSize(sizeBytes);
        RequireGoodName(volume);
        if (!TryGrow(database, volume, sizeBytes, shrinking))
            Shrink(database, volume, sizeBytes, shrinking);
        progress?.Report(1);
        return true;
    }, cancellationToken);

    private static void RequireWithin(Image image, VolumeId volume, long offset, int length)
    {
        if (offset < 0 || offset > image.Size - length)
            throw Failures.Invalid($"{length} bytes at {offset} are not within {volume}, which has {image.Size} bytes");
    }

    /// <summary>Writes into the image that <paramref name="find"/> finds; says so before and looks for the fence before each piece.</summary>
    private void WriteBytes(Database database, Func<Image> find, VolumeId volume, long offset, ReadOnlyMemory<byte> data, bool flush)
    {
        var (image, use, kind) = Open(database, find, volume, found =>
        {
            RequireWithin(found, volume, offset, data.Length);
            return found.DataFile is null || found.TrimTo is not null || IsShared(database, found.DataFile) ? Reshaping : Writing;
        });
        try
        {
            var name = kind == Reshaping ? Reshape(database, image, use) : image.DataFile!;
            using var file = SparseFile.Open(DataPath(name), write: true);
            for (var done = 0; done < data.Length; done += _options.ChunkBytes)
            {
                RequireLink();
                RequireUnfenced(database);
                _options.Step?.Invoke("write-checked");
                RandomAccess.Write(file, data.Span.Slice(done, Math.Min(_options.ChunkBytes, data.Length - done)), offset + done);
            }
            if (flush)
                RandomAccess.FlushToDisk(file);
            Close(database, use);
        }
        catch
        {
            Abandon(database, use);
            throw;
        }
    }

    private void Read(Image image, long offset, Span<byte> buffer)
    {
        var data = (int)Math.Clamp(image.DataEnd - offset, 0, buffer.Length);
        if (image.DataFile is not null && data > 0)
        {
            using var file = SparseFile.Open(DataPath(image.DataFile));
            SparseFile.Read(file, offset, buffer[..data]);
            buffer = buffer[data..];
        }
        buffer.Clear();
    }

    /// <summary>Sets a size that forgets nothing, which is one row.</summary>
    private bool TryGrow(Database database, VolumeId volume, long sizeBytes, Shrinking shrinking) => database.Write(() =>
    {
        RequireUnfenced(database);
        var image = Require(database, volume);
        RequireNotLocked(database, image, volume);
        RequireMayBecome(database, image, volume, sizeBytes, shrinking);
        if (sizeBytes < image.Size && image.DataFile is not null)
            return false;
        database.Execute("UPDATE images SET size = ? WHERE id = ?", sizeBytes, image.Id);
        return true;
    });

    /// <summary>
    /// The row comes first and says from where on the file's bytes are nothing; then they are cut off. Whoever comes after a crash in
    /// between does the same.
    /// </summary>
    private void Shrink(Database database, VolumeId volume, long sizeBytes, Shrinking shrinking)
    {
        var (image, use, _) = Open(database, () => Require(database, volume), volume, found =>
        {
            RequireMayBecome(database, found, volume, sizeBytes, shrinking);
            return Reshaping;
        }, found => database.Execute("UPDATE images SET size = ?, trim_to = ? WHERE id = ?", sizeBytes, Math.Min(found.DataEnd, sizeBytes), found.Id), durable: true);
        try
        {
            _options.Step?.Invoke("shrink-entered");
            if (image.DataFile is not null)
                Reshape(database, image with { Size = sizeBytes, TrimTo = Math.Min(image.DataEnd, sizeBytes) }, use);
            Close(database, use);
        }
        catch
        {
            Abandon(database, use);
            throw;
        }
    }

    private void RequireMayBecome(Database database, Image image, VolumeId volume, long sizeBytes, Shrinking shrinking)
    {
        if (sizeBytes >= image.Size || shrinking == Shrinking.Always)
            return;
        if (shrinking == Shrinking.Never)
            throw Failures.Invalid($"{volume} has {image.Size} bytes and would shrink to {sizeBytes}");
        RequireNotOpen(database, image, volume);
    }

    private void RequireNotOpen(Database database, Image image, VolumeId volume)
    {
        if (LiveUses(database, image.Id).Find(use => use.Kind == Holding) is { } user)
            throw Failures.Busy($"{volume} is in use: '{user.Purpose}' ({user.Session}) {user.Kind}");
    }

    /// <summary>With the image open for reshaping: makes its data file, or one of its own, or cuts it; it stays open for writing.</summary>
    /// <returns>The data file.</returns>
    private string Reshape(Database database, Image image, long use)
    {
        var isShared = database.Read(() => IsShared(database, image.DataFile));
        var name = image.DataFile is null || isShared ? MakeDataFile(database, image) : image.DataFile;
        if (isShared)
        {
            CopyFile(database, image, name);
        }
        else if (image is { DataFile: not null, TrimTo: { } end })
        {
            using var file = SparseFile.Open(DataPath(name), write: true);
            RandomAccess.SetLength(file, Math.Min(end, RandomAccess.GetLength(file)));
            RandomAccess.SetLength(file, image.Size);
            RandomAccess.FlushToDisk(file);
        }
        var left = database.Write(() =>
        {
            RequireUnfenced(database);
            database.Execute("UPDATE images SET data_file = ?, trim_to = NULL WHERE id = ?", name, image.Id);
            database.Execute("DELETE FROM loose_files WHERE name = ?", name);
            database.Execute("UPDATE uses SET kind = ? WHERE id = ?", Writing, use);
            return Loosen(database, image.DataFile);
        });
        Discard(database, left);
        return name;
    }

    /// <summary>Copies an image's data into a file of its own that nobody names yet; a failure discards it.</summary>
    private void CopyFile(Database database, Image image, string name)
    {
        try
        {
            using var from = SparseFile.Open(DataPath(image.DataFile!));
            using var to = SparseFile.Open(DataPath(name), write: true);
            CopyBytes(from, to, image.DataEnd, _ =>
            {
                RequireLink();
                RequireUnfenced(database);
            });
            RandomAccess.FlushToDisk(to);
        }
        catch
        {
            Discard(database, name);
            throw;
        }
    }

    private string MakeDataFile(Database database, Image image)
    {
        var name = database.Write(() =>
        {
            RequireUnfenced(database);
            var unused = NewDataName(database, image.Id);
            database.Execute("INSERT INTO loose_files VALUES (?, ?)", unused, Address.Value);
            return unused;
        });
        try
        {
            _options.Step?.Invoke("file-entered");
            SparseFile.Create(DataPath(name), image.Size).Dispose();
            SparseFile.SyncDirectory(_dataDirectory);
            _options.Step?.Invoke("file-made");
            return name;
        }
        catch
        {
            Discard(database, name);
            throw;
        }
    }

    /// <summary>A name that no file has or had: somebody who was fenced may hold an earlier one open.</summary>
    private string NewDataName(Database database, string image)
    {
        var first = $"{image}.img";
        var isUsed = File.Exists(DataPath(first)) || database.Exists("SELECT 1 FROM loose_files WHERE name = ?", first);
        return isUsed ? $"{image}.{Guid.NewGuid():N}.img" : first;
    }

    /// <summary>Inside a transaction: whether several rows name a data file.</summary>
    private static bool IsShared(Database database, string? name) => CountNamings(database, name) > 1;

    private static long CountNamings(Database database, string? name) => name is null ? 0 : database.Query(
        row => row.Number(0),
        "SELECT (SELECT count(*) FROM images WHERE data_file = ?) + (SELECT count(*) FROM image_snapshots WHERE data_file = ?)", name, name)[0];

    /// <summary>Inside a transaction, after a row has changed: notes that the file it named may be deleted, unless a row names it.</summary>
    /// <returns>The file to discard after the transaction; null when there is none.</returns>
    private string? Loosen(Database database, string? name)
    {
        if (name is null || CountNamings(database, name) > 0)
            return null;
        database.Execute("INSERT INTO loose_files VALUES (?, ?)", name, Address.Value);
        return name;
    }

    /// <summary>Deletes a file that no image names. Whatever failed before that, or what succeeded, is what counts.</summary>
    private void Discard(Database database, string? name)
    {
        if (name is null)
            return;
        try
        {
            File.Delete(DataPath(name));
            database.Write(() => database.Execute("DELETE FROM loose_files WHERE name = ?", name), durable: false);
        }
        catch (Exception e) when (Failures.Translate(e, _options.Directory) is not null)
        {
            // Sweeping finds it when this session has ended.
        }
    }

    /// <summary>Copies all data of a file and keeps its holes.</summary>
    private void CopyBytes(SafeFileHandle from, SafeFileHandle to, long length, Action<long> beforeEach)
    {
        var chunk = GC.AllocateUninitializedArray<byte>(_options.ChunkBytes);
        for (long offset = 0; SparseFile.NextData(from, offset, length) is { } data; offset = data.End)
        {
            for (var begin = data.Begin; begin < data.End; begin += chunk.Length)
            {
                beforeEach(begin);
                var bytes = chunk.AsSpan(0, (int)Math.Min(chunk.Length, data.End - begin));
                SparseFile.Read(from, begin, bytes);
                // What is zero without being a hole becomes one.
                if (bytes.ContainsAnyExcept((byte)0))
                    RandomAccess.Write(to, bytes, begin);
            }
        }
    }
}
