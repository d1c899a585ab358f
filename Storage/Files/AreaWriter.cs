using System.Threading.Channels;
using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// The one writer of an area (F7). Many operations at once share one write of the log; each completes when it is durable and was handed to
/// <c>committed</c>, who pushes it to the readers (F5). When a commit fails nobody knows what the image has of it: then every call fails with that error, and
/// the caller opens the area anew.
/// <para>
/// <b>When space is used again.</b> Blocks that a batch frees are used again when the batch is durable and <c>committed</c> has completed for it (the
/// readers were told), and not while a checkpoint brings content to its place, which might be theirs. A reader that was not reached may still read them: it
/// notices by the checksum and learns the newer tree from the image. The log before a checkpoint is used again when both copies of the superblock name the
/// checkpoint.
/// </para>
/// </summary>
public sealed partial class AreaWriter : IAsyncDisposable
{
    private readonly IOpenImage _image;
    private readonly AreaWriterOptions _options;
    private readonly Func<AreaBatch, Task> _committed;
    private readonly AreaLayout _layout;
    private readonly FreeSpace _space;
    private readonly ByteBudget _dataInFlight;
    private readonly Channel<Operation> _operations = Channel.CreateUnbounded<Operation>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _superblockGate = new(1, 1);
    private readonly int _inlineBytesMax;
    private readonly Task _committing;
    private volatile Superblock _superblock;
    private volatile AreaTree _tree;
    private volatile BlockStoreException? _broken;
    private int _waiting;
    private int _disposed;

    private AreaWriter(IOpenImage image, AreaWriterOptions options, Func<AreaBatch, Task> committed, Superblock superblock, AreaTree tree)
    {
        _image = image;
        _options = options;
        _committed = committed;
        _superblock = superblock;
        _layout = superblock.Layout;
        _tree = tree;
        _space = new FreeSpace(_layout, tree.Nodes.OfType<FileNode>().SelectMany(file => file.AllBlocks()));
        _dataInFlight = new ByteBudget(options.DataInFlightBytesMax);
        _inlineBytesMax = Math.Min(Math.Min(options.InlineBytesMax, AreaLayout.PageBytes), _layout.BatchBytesMax / 2);
        _committing = Task.Run(CommitAllAsync);
    }

    /// <summary>The names and places that are committed.</summary>
    public AreaTree Tree => _tree;

    /// <summary>How far that is.</summary>
    public AreaPosition Position => _tree.Position;

    /// <summary>The area.</summary>
    public Guid AreaId => _superblock.AreaId;

    /// <summary>The epoch that it writes with.</summary>
    public Epoch Epoch => _superblock.Epoch;

    /// <summary>How much file content fits, in bytes.</summary>
    public long CapacityBytes => _layout.DataBytes;

    /// <summary>How much of that is free, in bytes.</summary>
    public long FreeBytes => _space.FreeBlocks * AreaLayout.BlockBytes;

    /// <summary>Why every call fails, once a commit has failed; null while all is well.</summary>
    public OperationError? Broken => _broken?.Error;

    /// <summary>
    /// Takes an area over: the epoch goes into the superblock first, then the log is read, then a new stretch of it begins. The earlier writer's
    /// connection must be fenced before: what it still has under way to the log or the superblock does no harm, but only the fence keeps it from space that
    /// is used for something else by now.
    /// </summary>
    /// <param name="image">The image, open for writing; it stays the caller's and is used until the result is disposed.</param>
    /// <param name="epoch">The epoch that the writer was given; at least 1.</param>
    /// <param name="owner">The writer itself, so that two with the same epoch do not get along. The same one may open again with the same epoch after
    /// its earlier image was closed.</param>
    /// <param name="options">Bounds; null for the default.</param>
    /// <param name="committed">Told each committed batch, in order, the next one without waiting for the one before to complete. What it throws is ignored.</param>
    /// <param name="cancellationToken">Gives up waiting; the epoch may have been taken by then.</param>
    /// <returns>The writer.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Fenced"/> for an epoch that is lower than the image's, or equal and another's;
    /// <see cref="ErrorKind.Unsupported"/> when the image holds no area; <see cref="ErrorKind.Internal"/> when it is damaged.</exception>
    public static async Task<AreaWriter> OpenAsync(
        IOpenImage image, Epoch epoch, Guid owner, AreaWriterOptions? options, Func<AreaBatch, Task> committed, CancellationToken cancellationToken)
    {
        options ??= new AreaWriterOptions();
        var found = await AreaImage.ReadSuperblockAsync(image, cancellationToken).ConfigureAwait(false);
        if (epoch.Value < 1)
            throw AreaErrors.Invalid($"a writer's epoch is at least 1, not {epoch}");
        if (epoch.CompareTo(found.Epoch) < 0 || (epoch == found.Epoch && owner != found.Owner))
            throw AreaErrors.Superseded($"{image.Volume} has a writer with epoch {found.Epoch}; this one has {epoch}");
        // From here on a predecessor's commits fail: each looks at the superblock after its write and before it is acknowledged. So what the log has now
        // is all that was ever acknowledged.
        await WriteSuperblockAsync(image, found with { Generation = found.Generation + 1, Epoch = epoch, Owner = owner }).ConfigureAwait(false);
        var (superblock, tree) = await AreaImage.LoadAsync(image, cancellationToken).ConfigureAwait(false);
        if (superblock.Epoch != epoch || superblock.Owner != owner)
            throw AreaErrors.Superseded($"{image.Volume} was taken over by epoch {superblock.Epoch}");
        if (superblock.Takeovers.Count == Superblock.TakeoversMax)
            (superblock, tree) = await CheckpointAtOpeningAsync(image, options, superblock, tree).ConfigureAwait(false);

        var next = superblock.Layout.AfterGap(AreaImage.Next(superblock, tree.Point).Position);
        var begin = new Takeover(epoch, tree.Position.Sequence + 1, next, tree.Point.Chain);
        superblock = superblock with { Generation = superblock.Generation + 1, Takeovers = [.. superblock.Takeovers, begin] };
        await WriteSuperblockAsync(image, superblock).ConfigureAwait(false);
        var writer = new AreaWriter(image, options, committed, superblock, tree.At(tree.Point with { Next = next, Head = superblock.Checkpoint.Position }));
        try
        {
            // The first batch says that the epoch has begun, to readers too.
            await writer.SubmitAsync(_ => null, cancellationToken).ConfigureAwait(false);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Lets the operations that wait be committed, and ends.</summary>
    /// <returns>Completes when nothing of it uses the image any more.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _operations.Writer.TryComplete();
        await _committing.ConfigureAwait(false);
        await _checkpointing.ConfigureAwait(false);
        await _dataInFlight.DrainAsync().ConfigureAwait(false);
        _superblockGate.Dispose();
    }

    /// <summary>
    /// Both copies, one after the other, so that one of them is whole at any time. A successor's epoch in the other copy ends it: so a writer that
    /// was replaced without being fenced spoils one copy at most, and the higher epoch in the other one holds.
    /// </summary>
    private static async Task WriteSuperblockAsync(IOpenImage image, Superblock superblock)
    {
        var bytes = superblock.Encode();
        foreach (var offset in AreaLayout.SuperblockCopies)
        {
            var there = await AreaImage.ReadSuperblockAsync(image, CancellationToken.None).ConfigureAwait(false);
            if (there.Epoch.CompareTo(superblock.Epoch) > 0)
                throw AreaErrors.Superseded($"{image.Volume} has been taken over by epoch {there.Epoch}; this writer has {superblock.Epoch}");
            await image.WriteAsync(offset, bytes, CancellationToken.None).ConfigureAwait(false);
            await image.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private BlockStoreException Break(Exception cause)
    {
        var error = cause as BlockStoreException ?? new BlockStoreException(new OperationError(ErrorKind.Internal, $"the writer of {_image.Volume} failed: {cause.Message}"), cause);
        return Interlocked.CompareExchange(ref _broken, error, null) ?? error;
    }
}
