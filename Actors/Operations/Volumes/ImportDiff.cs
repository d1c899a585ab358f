using System.Buffers;
using System.Globalization;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Changes a volume by a difference that the client sends while the operation runs.</summary>
/// <param name="Volume">The volume.</param>
public sealed record ImportDiff(VolumeId Volume) : VolumeCommand(Volume);

// The whole difference is first kept in an image under the attempt's own name and checked; only then the volume is touched. So content that breaks off or is
// malformed changes nothing, and an attempt that finds an earlier one's content goes on from there without the client: it applies all of it again, which gives
// the same bytes. The resulting snapshot comes last and tells that all was done.
internal sealed class ImportDiffOperation : Operation<ImportDiff>
{
    // What a difference of unknown length begins with; it doubles.
    private const long FirstBytes = 8 << 20;
    private const int PieceBytes = 1 << 20;
    private const int PiecesMax = 8;

    private readonly Parameter<VolumeId> _volume;

    public ImportDiffOperation()
        : base("volume.import-diff", "Change a volume by what a file says has changed.", "POST /v1/volumes/{volume}/import-diff") => _volume = Volume("volume", c => c.Volume);

    public override bool TakesContent => true;

    public override VolumeCommand Make(Given given) => new ImportDiff(given.Get(_volume));

    public override Task CleanUpAsync(AttemptContext context, VolumeCommand command) => WorkImages.RemoveAsync(context, command.Volume);

    /// <summary>What is left to do, from what the store shows once the content is there and no earlier attempt acts any more.</summary>
    /// <param name="head">What the content says of itself.</param>
    /// <param name="noted">The last snapshot before the first attempt; 0 when there was none.</param>
    /// <param name="inDoubt">Whether an earlier attempt may have made its snapshot.</param>
    /// <param name="found">The image's snapshots now.</param>
    /// <returns>What to do.</returns>
    public static Reconciliation Reconcile(DiffHead head, ulong noted, bool inDoubt, ImageSnapshots found) => (head.To is null ? null : found.Find(head.To)) switch
    {
        null => Reconciliation.NotBegun,
        var made when inDoubt && made.Id.Value > noted => Reconciliation.Done,
        _ => Reconciliation.Foreign,
    };

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, ImportDiff command, CancellationToken cancellationToken)
    {
        var seen = await base.ObserveAsync(store, command, cancellationToken);
        if (seen is not { ImageId: not null, Damage: null })
            return seen;
        var snapshots = await store.GetSnapshotsAsync(command.Volume, cancellationToken);
        return seen with { Noted = $"{snapshots.Items.Select(s => s.Id.Value).LastOrDefault()}" };
    }

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, ImportDiff command)
    {
        var (store, volume, cancellation) = (context.Store, command.Volume, context.Cancellation);
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if ((await store.FindAsync(volume, cancellation))?.Value != context.ImageIdBefore)
                return new AttemptResult(null, OperationErrors.Missing(volume), Leftovers: true);
        }
        var kept = await FindKeptAsync(context, volume) ?? await KeepAsync(context, volume);
        await using var content = await store.OpenViewAsync(kept.Image, null, cancellation);
        var head = await DiffReader.CheckAsync(content, cancellation);
        var snapshots = await store.GetSnapshotsAsync(volume, cancellation);
        switch (Reconcile(head, ulong.Parse(context.Noted!, CultureInfo.InvariantCulture), context.InDoubt, snapshots))
        {
            case Reconciliation.Foreign:
                return new AttemptResult(null, OperationErrors.SnapshotExists(volume, head.To!), Leftovers: true);
            case Reconciliation.Done:
                await context.MendSnapshotsAsync(volume);
                break;
            case Reconciliation.NotBegun when head.From is { } from && snapshots.Find(from) is null:
                return new AttemptResult(null, OperationErrors.MissingSnapshot(volume, from), Leftovers: true);
            case Reconciliation.NotBegun:
                context.Pass(CrashPoint.BeforeCommit);
                await ApplyAsync(context, volume, content);
                if (head.To is { } to)
                    await store.CreateSnapshotAsync(volume, to, cancellation);
                context.Pass(CrashPoint.AfterEffect);
                break;
        }
        var made = ImageDescription.Of(await store.GetAsync(volume, cancellation)) with
        {
            Snapshots = ImageDescription.Of(await store.GetSnapshotsAsync(volume, cancellation)),
            ContentSha256 = kept.Sha256,
        };
        return new AttemptResult(made, Leftovers: true);
    }

    // The checksum is set when all of it is there.
    private static async Task<(VolumeId Image, string Sha256)?> FindKeptAsync(AttemptContext context, VolumeId volume)
    {
        for (var attempt = context.Attempt - 1; attempt > 0; attempt--)
        {
            var work = context.WorkName(volume, attempt);
            if (await context.Store.TryGetAsync(work, context.Cancellation) is not null
                && (await context.Store.GetMetadataAsync(work, context.Cancellation)).TryGetValue(ImageDescription.ChecksumKey, out var checksum))
            {
                return (work, checksum);
            }
        }
        return null;
    }

    private static async Task<(VolumeId Image, string Sha256)> KeepAsync(AttemptContext context, VolumeId volume)
    {
        var work = context.WorkName(volume, context.Attempt);
        return (work, await ImageFiller.ReceiveAsync(context, work, ImageLayout.Default, 0, FirstBytes, new Progress<double>()));
    }

    private static async Task ApplyAsync(AttemptContext context, VolumeId volume, IImageView content)
    {
        var (store, progress) = (context.Store, new CrashingProgress(context));
        var reader = new DiffReader(content, context.Cancellation);
        var head = await reader.ReadHeadAsync();
        if ((await store.GetAsync(volume, context.Cancellation)).SizeBytes != head.SizeBytes)
            await store.ResizeAsync(volume, head.SizeBytes, Shrinking.Unused, null, context.Cancellation);
        await using var image = await store.OpenToFillAsync(volume, context.Cancellation);
        var (running, end) = (new List<Task>(), 0L);
        try
        {
            while (await reader.NextAsync(head) is { } part)
            {
                // What comes later in the file counts.
                if (part.Offset < end || running.Count >= PiecesMax)
                    await EndAsync(running);
                end = Math.Max(end, part.Offset + part.Length);
                running.Add(part.IsZeros ? image.ZeroAsync(part.Offset, part.Length, context.Cancellation) : CopyAsync(content, image, part, context.Cancellation));
                progress.Report(reader.Share);
            }
            await EndAsync(running);
            await image.FlushAsync(context.Cancellation);
        }
        finally
        {
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task EndAsync(List<Task> running)
    {
        await Task.WhenAll(running);
        running.Clear();
    }

    private static async Task CopyAsync(IImageView content, IFilledImage image, DiffPart part, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        for (var done = 0L; done < part.Length;)
        {
            var piece = buffer.AsMemory(0, (int)Math.Min(PieceBytes, part.Length - done));
            await content.ReadAsync(part.Position + done, piece, cancellationToken);
            await image.WriteAsync(part.Offset + done, piece, cancellationToken);
            done += piece.Length;
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
