using Microsoft.Win32.SafeHandles;
using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Giving back space.</content>
internal sealed partial class EmbeddedStore
{
    private const int HoleBytes = 64 << 10;

    public Task SparsifyAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var (image, use, _) = Open(database, () => Require(database, volume), volume, found =>
        {
            RequireNotMigrating(database, found, volume.ToString());
            return Reshaping;
        });
        try
        {
            // A file that others name too is changed by nobody.
            if (image.DataFile is not null && !database.Read(() => IsShared(database, image.DataFile)))
            {
                using var file = SparseFile.Open(DataPath(image.DataFile), write: true);
                PunchZeros(database, file, image.DataEnd, volume, progress, cancellationToken);
            }
            Close(database, use);
        }
        catch
        {
            Abandon(database, use);
            throw;
        }
        progress?.Report(1);
        return true;
    }, cancellationToken);

    /// <remarks>Files know their holes.</remarks>
    public Task RebuildObjectMapAsync(VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        database.Read(() => Require(database, volume));
        progress?.Report(1);
        return true;
    }, cancellationToken);

    /// <remarks>Images here only bear the names of features.</remarks>
    public Task UpdateFeaturesAsync(VolumeId volume, IReadOnlyList<string> features, bool enabled, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        var what = $"{(enabled ? "enable" : "disable")} {string.Join(", ", features)} of {volume}";
        ImageFeatures.RequireKnown(features, enabled, what);
        return database.Write(() =>
        {
            RequireUnfenced(database);
            var image = Require(database, volume);
            RequireNotLocked(database, image, volume);
            var present = image.Layout.Features ?? [];
            if (ImageFeatures.Problem(present, features, enabled) is { } problem)
                throw Failures.Invalid($"cannot {what}: {problem}");
            var change = ImageFeatures.Together(features);
            var after = (enabled ? present.Union(change) : present.Except(change)).ToList();
            return database.Execute(
                "UPDATE images SET features = ? WHERE id = ?",
                after.Count == 0 ? null : string.Join(',', ImageLayout.KnownFeatures.Where(after.Contains)), image.Id);
        });
    }, cancellationToken);

    private void PunchZeros(
        Database database, SafeFileHandle file, long length, VolumeId volume, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var block = new byte[HoleBytes];
        for (long offset = 0; SparseFile.NextData(file, offset, length) is { } data; offset = data.End)
        {
            progress?.Report((double)data.Begin / length);
            for (var begin = data.Begin; begin < data.End; begin += HoleBytes)
            {
                if (begin % _options.ChunkBytes < HoleBytes)
                {
                    RequireLink();
                    RequireUnfenced(database);
                    if (cancellationToken.IsCancellationRequested)
                        throw new BlockStoreException(ErrorKind.Cancelled, $"sparsifying {volume} was cancelled at byte {begin}", 125);
                }
                var bytes = block.AsSpan(0, (int)Math.Min(HoleBytes, data.End - begin));
                SparseFile.Read(file, begin, bytes);
                if (!bytes.ContainsAnyExcept((byte)0))
                    SparseFile.PunchHole(file, begin, bytes.Length);
            }
        }
    }
}
