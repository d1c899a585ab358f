using System.Security.Cryptography;
using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Images by name, their life and their metadata.</content>
internal sealed partial class EmbeddedStore
{
    private const string Ready = "ready";
    private const string Copying = "copying";

    /// <summary>Images are not cut into objects; this is what tools expect to be told.</summary>
    private const long NominalObjectBytes = 4 << 20;

    public Task<IReadOnlyList<string>> ListPoolsAsync(CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<string>>(database => database.Query(row => row.Text(0), "SELECT name FROM pools ORDER BY name"), cancellationToken);

    public Task<ImageId?> FindAsync(VolumeId volume, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(volume);
        return database.Read(() => Find(database, volume) is { } image ? new ImageId(image.Id) : (ImageId?)null);
    }, cancellationToken);

    public Task<ImageInfo> GetAsync(VolumeId volume, CancellationToken cancellationToken) =>
        OnSlotAsync(database => database.Read(() => Describe(database, Require(database, volume), volume)), cancellationToken);

    public Task<string?> ExamineAsync(VolumeId volume, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(volume);
        return database.Read(() => Find(database, volume)?.Damage);
    }, cancellationToken);

    public Task<IReadOnlyList<ListedImage>> ListImagesAsync(string pool, string ns, string? after, int limit, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyList<ListedImage>>(database =>
        {
            RequirePage(limit);
            return database.Read(() =>
            {
                RequirePool(database, pool, ns);
                return database.Query(
                    row => Image.From(row) is var image && row.Text(Image.ColumnCount) is var name
                        ? new ListedImage(name, new ImageId(image.Id), image.Damage is null ? Describe(database, image, new VolumeId(pool, ns, name)) : null, image.Damage)
                        : null!,
                    $"""
                    SELECT {Image.Columns}, name FROM images WHERE pool = ? AND ns = ? AND name > ? AND id NOT IN (SELECT image FROM trash) ORDER BY name LIMIT ?
                    """, pool, ns, after ?? "", limit);
            });
        }, cancellationToken);

    public Task CreateAsync(VolumeId volume, long sizeBytes, ImageLayout layout, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodSize(sizeBytes);
        RequireGoodName(volume);
        database.Write(() =>
        {
            RequireUnfenced(database);
            if (Find(database, volume) is not null)
                throw Failures.Exists(volume);
            if (layout.DataPool is { } pool)
                RequirePool(database, pool, null);
            // The data file is made by the first write: an empty image is a row.
            Insert(database, volume, sizeBytes, Ready, dataFile: null, layout);
        });
        return true;
    }, cancellationToken);

    public Task RemoveAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(volume);
        return Remove(database, () => Find(database, volume) ?? throw NoImage(volume), volume.ToString(), progress);
    }, cancellationToken);

    public Task RemoveDamagedAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) =>
        RemoveAsync(volume, progress, cancellationToken);

    public Task RenameAsync(VolumeId from, VolumeId to, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(from);
        RequireGoodName(to);
        if (from.Pool != to.Pool || (from.Namespace ?? "") != (to.Namespace ?? ""))
            throw Failures.Invalid($"a rename stays in its pool and namespace: {from} to {to}");
        database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, from);
            RequireNotLocked(database, image, from);
            if (Find(database, to) is not null)
                throw Failures.Exists(to);
            database.Execute("UPDATE images SET name = ? WHERE id = ?", to.Image, image.Id);
        });
        return true;
    }, cancellationToken);

    public Task SetMetadataAsync(VolumeId volume, string key, string value, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        if (string.IsNullOrEmpty(key))
            throw Failures.Invalid("a metadata key is empty");
        RequireGoodOption(key, value);
        database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireNotLocked(database, image, volume);
            database.Execute("INSERT OR REPLACE INTO metadata VALUES (?, ?, ?)", image.Id, key, value);
        });
        return true;
    }, cancellationToken);

    public Task RemoveMetadataAsync(VolumeId volume, string key, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireNotLocked(database, image, volume);
            var id = image.Id;
            if (!database.Exists("SELECT 1 FROM metadata WHERE image = ? AND key = ?", id, key))
                throw Failures.NotFound($"{volume} has no metadata '{key}'");
            database.Execute("DELETE FROM metadata WHERE image = ? AND key = ?", id, key);
        });
        return true;
    }, cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> GetMetadataAsync(VolumeId volume, CancellationToken cancellationToken) =>
        OnSlotAsync<IReadOnlyDictionary<string, string>>(database => database.Read(() => database.Query(
            row => KeyValuePair.Create(row.Text(0), row.Text(1)),
            "SELECT key, value FROM metadata WHERE image = ? ORDER BY key", Require(database, volume).Id).ToDictionary()), cancellationToken);

    private static BlockStoreException NoImage(VolumeId volume) => Failures.NotFound($"there is no image {volume}");

    // Find is inside the transaction; volume is for messages.
    private bool Remove(Database database, Func<Image> find, string volume, IProgress<double>? progress)
    {
        var image = database.Write(() =>
        {
            RequireUnfenced(database);
            var found = find();
            RequireUnused(database, found, volume);
            RequireInNoGroup(database, found, volume);
            RequireNoSnapshots(database, found, volume);
            RequireNotLocked(database, found, volume);
            database.Execute("DELETE FROM images WHERE id = ?", found.Id);
            database.Execute("DELETE FROM trash WHERE image = ?", found.Id);
            database.Execute("DELETE FROM metadata WHERE image = ?", found.Id);
            database.Execute("DELETE FROM uses WHERE image = ?", found.Id);
            ForgetSnapshots(database, found);
            if (CountNamings(database, found.DataFile) > 0)
                return found with { DataFile = null };
            // A fenced copy may yet make its file; so the file stays in its maker's name.
            if (found.DataFile is { } file)
                database.Execute("INSERT INTO loose_files VALUES (?, ?)", file, found.State == Ready ? Address.Value : found.Owner);
            return found;
        });
        if (image.DataFile is { } dataFile)
        {
            _options.Step?.Invoke("remove-entered");
            File.Delete(DataPath(dataFile));
            if (image.State == Ready || !IsAlive(image.Owner))
                database.Write(() => database.Execute("DELETE FROM loose_files WHERE name = ?", dataFile), durable: false);
        }
        progress?.Report(1);
        return true;
    }

    private static ImageInfo Describe(Database database, Image image, VolumeId volume) => image.Describe(volume) with { Parent = ParentOf(database, image.Id) };

    private static void RequirePage(int limit)
    {
        if (limit is < 1 or > 1000)
            throw Failures.Invalid($"a page has 1 to 1000 names, not {limit}");
    }

    private static void RequireGoodName(VolumeId volume)
    {
        // Reserved names are good here: they are checked without what makes them reserved.
        var isReserved = volume.Image?.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal) ?? false;
        if ((isReserved ? volume with { Image = "x" + volume.Image![1..] } : volume).Validate() is { } problem)
            throw Failures.Invalid(problem);
    }

    private void RequireGoodSize(long sizeBytes)
    {
        if (sizeBytes <= 0)
            throw Failures.Invalid($"an image has at least 1 byte, not {sizeBytes}");
        if (sizeBytes > EmbeddedStoreOptions.ImageSizeMaxBytes)
            throw Failures.Invalid($"an image has at most {EmbeddedStoreOptions.ImageSizeMaxBytes} bytes here, not {sizeBytes}", 27);
        // File systems bound sparse files too (ext4: 16 TiB). Better told now than by a write.
        if (sizeBytes > 1L << 40)
            RequireFileSystemAllows(sizeBytes);
    }

    private void RequireFileSystemAllows(long sizeBytes)
    {
        var scratch = Path.Combine(_options.Directory, "sessions", $"{Guid.NewGuid():N}.size");
        try
        {
            using var file = new FileStream(scratch, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.SetLength(sizeBytes);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw Failures.Invalid($"the file system of {_options.Directory} has no files of {sizeBytes} bytes: {e.Message.ReplaceLineEndings(" ")}", 27);
        }
    }

    private static void RequirePool(Database database, string pool, string? ns)
    {
        if (!database.Exists("SELECT 1 FROM pools WHERE name = ?", pool))
            throw Failures.NotFound($"there is no pool '{pool}'");
        if (!string.IsNullOrEmpty(ns) && !database.Exists("SELECT 1 FROM namespaces WHERE pool = ? AND name = ?", pool, ns))
            throw Failures.NotFound($"there is no namespace '{ns}' in pool '{pool}'");
    }

    private static Image? Find(Database database, VolumeId volume)
    {
        RequirePool(database, volume.Pool, volume.Namespace);
        return database.First(Image.From, $"SELECT {Image.Columns} FROM images WHERE pool = ? AND ns = ? AND name = ?",
            volume.Pool, volume.Namespace ?? "", volume.Image);
    }

    /// <summary>The image, which must be there and whole.</summary>
    private static Image Require(Database database, VolumeId volume)
    {
        RequireGoodName(volume);
        var image = Find(database, volume) ?? throw NoImage(volume);
        return image.Damage is { } damage ? throw Failures.NotFound($"{volume} cannot be opened: {damage}") : image;
    }

    private Image Insert(Database database, VolumeId volume, long sizeBytes, string state, Func<string, string>? dataFile, ImageLayout? layout = null)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var image = new Image(id, sizeBytes, state, Address.Value, UtcMilliseconds(), dataFile?.Invoke(id), null, layout ?? ImageLayout.Default);
        database.Execute(
            """
            INSERT INTO images (id, pool, ns, name, size, state, owner, created, data_file, object_size, features, stripe_unit, stripe_count, data_pool)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            image.Id, volume.Pool, volume.Namespace ?? "", volume.Image, image.Size, image.State, image.Owner, image.Created, image.DataFile,
            image.Layout.ObjectSizeBytes, image.Layout.Features is { } features ? string.Join(',', features) : null, image.Layout.StripeUnitBytes,
            image.Layout.StripeCount, image.Layout.DataPool);
        return image;
    }

    /// <summary>A row of <c>images</c>.</summary>
    private sealed record Image(string Id, long Size, string State, string Owner, long Created, string? DataFile, long? TrimTo, ImageLayout Layout)
    {
        public const string Columns = "id, size, state, owner, created, data_file, trim_to, object_size, features, stripe_unit, stripe_count, data_pool";
        public const int ColumnCount = 12;

        /// <summary>What lies in the data file beyond this was cut off.</summary>
        public long DataEnd => Math.Min(Size, TrimTo ?? Size);

        public string? Damage => State == Ready ? null : "it is half made: a copy into it runs or was cut short";

        public ImageInfo Describe(VolumeId volume)
        {
            var objectSize = Layout.ObjectSizeBytes ?? NominalObjectBytes;
            return new ImageInfo(
                volume, new ImageId(Id), Size, objectSize, Layout.Features ?? [], DateTimeOffset.FromUnixTimeMilliseconds(Created), null)
            {
                StripeUnitBytes = Layout.StripeUnitBytes ?? objectSize,
                StripeCount = Layout.StripeCount ?? 1,
                DataPool = Layout.DataPool,
            };
        }

        public static Image From(Database.Row row) => new(
            row.Text(0), row.Number(1), row.Text(2), row.Text(3), row.Number(4), row.TextOrNull(5), row.NumberOrNull(6),
            new ImageLayout(row.NumberOrNull(7), row.TextOrNull(8)?.Split(','), row.NumberOrNull(9), row.NumberOrNull(10), row.TextOrNull(11)));
    }
}
