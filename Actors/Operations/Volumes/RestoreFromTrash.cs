using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Brings an image back from the trash, as a volume.</summary>
/// <param name="Volume">The name that it gets, in the pool and namespace of the trash.</param>
/// <param name="Entry">The image in the trash: pool, namespace and id.</param>
public sealed record RestoreFromTrash(VolumeId Volume, VolumeId Entry) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    public override VolumeId? SourceVolume => Addresses.OfTrashed(Entry);
}

// The volume of the new name executes it; the image's address in the trash is held meanwhile, so that nobody else restores or removes it.
internal sealed class RestoreFromTrashOperation : Operation<RestoreFromTrash>
{
    private readonly Parameter<VolumeId> _entry;
    private readonly Parameter<VolumeId> _volume;

    public RestoreFromTrashOperation()
        : base("trash.restore", "Bring a volume back from the trash.", "POST /v1/trash/{entry}/restore")
    {
        _entry = Volume("entry", c => c.Entry, help: TrashedMeaning);
        _volume = Volume("volume", c => c.Volume, flat: true);
    }

    public const string TrashedMeaning = "pool[/namespace]/ID of an image in the trash.";

    public override bool ChangesSource => true;

    public override bool MakesVolume => true;

    public override bool NamesImages => false;

    public override VolumeCommand Make(Given given) => new RestoreFromTrash(given.Get(_volume), given.Get(_entry));

    // The trash does not tell its images' sizes: only the volume counts.
    protected override Task<long?> SizeAfterAsync(IBlockStore store, RestoreFromTrash command, CancellationToken cancellationToken) => Task.FromResult<long?>(0);

    /// <summary>The image is known by its internal id, wherever it is by now.</summary>
    /// <param name="image">The image that was to be restored.</param>
    /// <param name="found">What has the name now.</param>
    /// <param name="isInTrash">Whether the image is in the trash.</param>
    /// <returns>What to do; partial: it has its name and is in the trash.</returns>
    public static Reconciliation Reconcile(string? image, ImageId? found, bool isInTrash) => (found?.Value == image, isInTrash) switch
    {
        (true, false) => Reconciliation.Done,
        (true, true) => Reconciliation.Partial,
        (false, true) when found is null => Reconciliation.NotBegun,
        _ => Reconciliation.Foreign,
    };

    public static OperationError NotThere(VolumeId entry) =>
        OperationErrors.NotThere($"there is no image {entry.Image} in the trash of {PlaceParameter.Text(entry)}");

    protected override OperationError? Invalid(RestoreFromTrash command) =>
        (command.Volume.Pool, command.Volume.Namespace) == (command.Entry.Pool, command.Entry.Namespace) ? null
            : OperationErrors.Wrong($"{command.Entry} can only be restored in its pool and namespace, not as {command.Volume}");

    protected override async Task<VolumeObservation> ObserveAsync(IBlockStore store, RestoreFromTrash command, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync(command.Volume, cancellationToken);
        return new VolumeObservation(found?.Value, null, (await TrashedAsync(store, command, cancellationToken))?.Id.Value)
        {
            Damage = found is null ? null : await store.ExamineAsync(command.Volume, cancellationToken),
        };
    }

    protected override OperationError? Forbids(RestoreFromTrash command, VolumeObservation seen) =>
        seen.SourceImageId is null ? NotThere(command.Entry) : base.Forbids(command, seen);

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, RestoreFromTrash command)
    {
        var store = context.Store;
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await store.FindAsync(command.Volume, context.Cancellation);
            var isInTrash = await TrashedAsync(store, command, context.Cancellation) is not null;
            switch (Reconcile(context.SourceImageIdBefore, found, isInTrash))
            {
                case Reconciliation.Done:
                    return await ImageDescription.ResultAsync(context, command.Volume);
                case Reconciliation.Foreign:
                    return new AttemptResult(null, found is null ? NotThere(command.Entry) : OperationErrors.Exists(command.Volume));
                case Reconciliation.NotBegun or Reconciliation.Partial:
                    break;
            }
        }
        await store.RestoreFromTrashAsync(new ImageId(command.Entry.Image), command.Volume, context.Cancellation);
        context.Pass(CrashPoint.AfterEffect);
        return await ImageDescription.ResultAsync(context, command.Volume);
    }

    private static Task<TrashedImage?> TrashedAsync(IBlockStore store, RestoreFromTrash command, CancellationToken cancellationToken) =>
        store.FindInTrashAsync(command.Entry.Pool, command.Entry.Namespace, new ImageId(command.Entry.Image), cancellationToken);
}
