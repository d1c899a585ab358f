using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Everything that one attempt works with.</summary>
/// <param name="Store">The worker's own connection.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Attempt">Which attempt; 1 for the first.</param>
/// <param name="ImageIdBefore">The image under the volume's name before the first attempt.</param>
/// <param name="SourceImageIdBefore">The image under its source's name before the first attempt; null when it has no source.</param>
/// <param name="EarlierWorkers">The connections of earlier attempts, which may have left work half done.</param>
/// <param name="FenceDuration">For how long they are shut out.</param>
/// <param name="Progress">Told the share that is done.</param>
/// <param name="CrashPoints">Told at each crash point.</param>
/// <param name="Clock">The time.</param>
/// <param name="Cancellation">The worker ends.</param>
public sealed record AttemptContext(
    IBlockStore Store,
    OperationId Operation,
    string Kind,
    int Attempt,
    string? ImageIdBefore,
    string? SourceImageIdBefore,
    IReadOnlyList<FenceAddress> EarlierWorkers,
    TimeSpan FenceDuration,
    IProgress<double> Progress,
    ICrashPoints CrashPoints,
    TimeProvider Clock,
    CancellationToken Cancellation)
{
    /// <summary>What the operation noted before the first attempt; see <see cref="VolumeObservation.Noted"/>.</summary>
    public string? Noted { get; init; }

    /// <summary>
    /// The worker ends, or somebody has asked that the operation be cancelled: for steps that may be left undone or half done. One that heeds it fails
    /// with <see cref="ErrorKind.Cancelled"/>.
    /// </summary>
    public CancellationToken Cancelled { get; init; } = Cancellation;

    /// <summary>Where the client's bytes come, for an operation that takes some; by default none do.</summary>
    public Uploads Uploads { get; init; } = new(TimeSpan.Zero, TimeProvider.System);

    /// <summary>Whether an earlier attempt may have taken effect.</summary>
    public bool InDoubt => Attempt > 1;

    /// <summary>The name under which this or an earlier attempt does its work.</summary>
    /// <param name="target">The volume that the operation makes.</param>
    /// <param name="attempt">Which attempt.</param>
    /// <returns>A reserved name in the same pool and namespace.</returns>
    public VolumeId WorkName(VolumeId target, int attempt) =>
        target with { Image = $"{VolumeId.ReservedPrefix}{Operation}.{attempt}" };

    /// <summary>An error in the words of who asked for the operation: the names that attempts work under are none of those.</summary>
    /// <param name="error">The error.</param>
    /// <param name="target">The volume that the operation makes.</param>
    /// <returns>The same error, about the target.</returns>
    public OperationError InOtherWords(OperationError error, VolumeId target)
    {
        var detail = error.Detail;
        // The latest first: the first one's name begins like the tenth's.
        for (var attempt = Attempt; attempt > 0; attempt--)
            detail = detail.Replace(WorkName(target, attempt).ToString(), target.ToString(), StringComparison.Ordinal);
        return error with { Detail = detail };
    }

    /// <summary>Tells that the attempt passes a crash point.</summary>
    /// <param name="point">Which.</param>
    public void Pass(CrashPoint point) => CrashPoints.Pass(point, Operation, Kind);

    /// <summary>
    /// Tells that no earlier attempt has taken effect, in whole or part, nor can any more: an attempt that is only to look, or whose operation was cancelled,
    /// ends here. It goes on for an image with a journal: what a dead client has entered there is carried out by whoever opens it next.
    /// </summary>
    /// <param name="volume">The volume that is to be changed, or made.</param>
    /// <returns>Completes when it is to go on.</returns>
    /// <exception cref="OperationCanceledException">It is to end.</exception>
    public async Task NothingIsDoneAsync(VolumeId volume)
    {
        if (Cancelled.IsCancellationRequested && (await Store.TryGetAsync(volume, Cancellation))?.Features.Contains(ImageFeatures.Journaling) != true)
            Cancelled.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Ends what dead attempts may have left half done with a volume's snapshots, after the operation has taken effect: what stands in the way of that (a
    /// mirror's copy can only be read) does not undo it.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <returns>Completes when nothing more can be done.</returns>
    public async Task MendSnapshotsAsync(VolumeId volume)
    {
        try
        {
            await Store.MendSnapshotsAsync(volume, Cancellation);
        }
        catch (BlockStoreException e) when (OperationErrors.MeaningOf(e.Kind) == ErrorMeaning.Final)
        {
        }
    }

    /// <summary>Whether nothing of the earlier attempts is on its way any more.</summary>
    public bool EarlierFenced { get; private set; } = EarlierWorkers.All(worker => worker == Store.Address);

    /// <summary>Shuts out every earlier attempt of which something may still be on its way. Its own connection is never among them.</summary>
    /// <returns>Completes when none of them can take effect any more.</returns>
    /// <exception cref="BlockStoreException">They may still take effect, whatever the store's reason: the attempt stays in doubt.</exception>
    public async Task FenceEarlierAsync()
    {
        try
        {
            await Task.WhenAll(EarlierWorkers
                .Where(worker => worker != Store.Address)
                .Distinct()
                .Select(worker => Store.FenceAsync(worker, FenceDuration, Cancellation)));
        }
        catch (BlockStoreException e) when (OperationErrors.MeaningOf(e.Kind) != ErrorMeaning.InDoubt)
        {
            throw new BlockStoreException(e.Error with { Kind = ErrorKind.Unavailable }, e);
        }
        EarlierFenced = true;
    }
}
