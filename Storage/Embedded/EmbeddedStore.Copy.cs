using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Copying images.</content>
internal sealed partial class EmbeddedStore
{
    private static readonly TimeSpan _progressPeriod = TimeSpan.FromMilliseconds(250);

    public Task CopyAsync(VolumeId source, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken) => OnSlotAsync(database =>
    {
        RequireGoodName(target);
        var (from, to, uses) = BeginCopy(database, source, target);
        try
        {
            CopyData(database, from, to, target, progress, cancellationToken);
            EndCopy(database, to, uses);
            progress?.Report(1);
            return true;
        }
        catch
        {
            // The half-made target stays under its name; it is nobody's any more.
            Abandon(database, uses);
            throw;
        }
    }, cancellationToken);

    private (Image From, Image To, long[] Uses) BeginCopy(Database database, VolumeId source, VolumeId target)
    {
        Image? made = null;
        long into = 0;
        var (from, use, _) = Open(database, () => Require(database, source), source, _ => CopyingFrom, found =>
        {
            if (Find(database, target) is not null)
                throw Failures.Exists(target);
            made = Insert(database, target, found.Size, Copying, id => $"{id}.img");
            database.Execute("INSERT INTO uses (image, session, kind) VALUES (?, ?, ?)", made.Id, Address.Value, CopyingTo);
            into = database.Query(row => row.Number(0), "SELECT last_insert_rowid()")[0];
        }, durable: true);
        return (from, made!, [use, into]);
    }

    private void CopyData(Database database, Image from, Image to, VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        _options.Step?.Invoke("copy-entered");
        using var output = SparseFile.Create(DataPath(to.DataFile!), to.Size);
        SparseFile.SyncDirectory(_dataDirectory);
        if (from.DataFile is null)
            return;
        using var input = SparseFile.Open(DataPath(from.DataFile));
        try
        {
            CopyData(database, input, output, from, target, progress, stop.Token);
        }
        catch
        {
            // What was copied is good for nothing, and the disk may be full.
            RandomAccess.SetLength(output, 0);
            throw;
        }
    }

    private void CopyData(
        Database database, SafeFileHandle input, SafeFileHandle output, Image from, VolumeId target, IProgress<double>? progress, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var reported = -_progressPeriod;
        long copied = 0;
        CopyBytes(input, output, from.DataEnd, offset =>
        {
            RequireLink();
            RequireUnfenced(database);
            _options.Step?.Invoke("copy-checked");
            if (clock.Elapsed - reported >= _progressPeriod && offset > 0)
            {
                reported = clock.Elapsed;
                progress?.Report((double)offset / from.Size);
            }
            if (Wait(copied, clock.Elapsed, stop))
                throw new BlockStoreException(ErrorKind.Cancelled, $"the copy into {target} was cancelled at byte {offset}", 125);
            copied += _options.ChunkBytes;
        });
        RandomAccess.FlushToDisk(output);
        _options.Step?.Invoke("copy-flushed");
    }

    private void EndCopy(Database database, Image to, long[] uses) => database.Write(() =>
    {
        RequireUnfenced(database);
        database.Execute("UPDATE images SET state = ? WHERE id = ?", Ready, to.Id);
        foreach (var use in uses)
            database.Execute("DELETE FROM uses WHERE id = ?", use);
    });

    /// <summary>Keeps to the bound on speed.</summary>
    /// <returns>Whether the copy is cancelled.</returns>
    private bool Wait(long copied, TimeSpan elapsed, CancellationToken stop)
    {
        if (_options.CopyBytesPerSecondMax <= 0)
            return stop.IsCancellationRequested;
        var ahead = TimeSpan.FromSeconds((double)copied / _options.CopyBytesPerSecondMax) - elapsed;
        return ahead > TimeSpan.Zero ? stop.WaitHandle.WaitOne(ahead) : stop.IsCancellationRequested;
    }
}
