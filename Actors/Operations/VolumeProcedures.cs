using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Operations;

/// <summary>Which procedure carries out which kind of operation.</summary>
public static class VolumeProcedures
{
    private static readonly CreateProcedure Create = new();
    private static readonly DeleteProcedure Delete = new();
    private static readonly ResizeProcedure Resize = new();
    private static readonly CopyProcedure Copy = new();

    /// <summary>The procedure of a command.</summary>
    /// <param name="command">The command.</param>
    /// <returns>Its procedure.</returns>
    public static IVolumeProcedure For(VolumeCommand command) => command switch
    {
        CreateVolume => Create,
        DeleteVolume => Delete,
        ResizeVolume => Resize,
        CopyVolume => Copy,
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.Kind, "no procedure for this kind"),
    };

    /// <summary>Whether an error leaves open what took effect.</summary>
    /// <param name="kind">The error's kind.</param>
    /// <returns>True when the operation must be looked at again, on another connection.</returns>
    public static bool LeavesInDoubt(ErrorKind kind) =>
        kind is ErrorKind.TimedOut or ErrorKind.Fenced or ErrorKind.Unavailable or ErrorKind.Internal;

    /// <summary>A volume as the outside sees it.</summary>
    /// <param name="image">What the store knows.</param>
    /// <param name="metadata">Its metadata; Mooring's own keys are left out.</param>
    /// <returns>The volume.</returns>
    public static VolumeInfo Describe(ImageInfo image, IReadOnlyDictionary<string, string>? metadata = null) => new(
        image.Volume,
        image.Id.Value,
        image.SizeBytes,
        image.ObjectSizeBytes,
        image.Features,
        image.CreatedAt,
        image.Parent,
        (metadata ?? new Dictionary<string, string>())
            .Where(pair => !pair.Key.StartsWith(CopyProcedure.MetadataPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value));
}

/// <summary>Creates a volume under its own name: 5 ms on Ceph leave no room for a detour.</summary>
internal sealed class CreateProcedure : IVolumeProcedure
{
    // What a new image looks like is the same for all images of a store's pool: asked once on a connection, not for each create (an open
    // costs 4 ms). Another connection may be one to another store.
    private readonly ConditionalWeakTable<IBlockStore, ConcurrentDictionary<string, ImageInfo>> _samples = [];

    public async Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken) =>
        new((await store.FindAsync(command.Volume, cancellationToken))?.Value, null, null);

    public async Task<ProcedureResult> RunAsync(AttemptContext context, VolumeCommand command)
    {
        var create = (CreateVolume)command;
        var store = context.Store;
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await store.FindAsync(create.Volume, context.Cancellation);
            var info = found is null ? null : await TryGetAsync(store, create.Volume, context.Cancellation);
            switch (Reconcile.Create(create, found, info))
            {
                case Reconciliation.Done:
                    return new ProcedureResult(VolumeProcedures.Describe(info!));
                case Reconciliation.Foreign:
                    return new ProcedureResult(null, VolumeRules.Exists(create.Volume));
                case Reconciliation.Partial:
                    await store.RemoveAsync(create.Volume, null, context.Cancellation);
                    break;
                case Reconciliation.NotBegun:
                    break;
            }
        }
        await store.CreateAsync(create.Volume, create.SizeBytes, context.Cancellation);
        context.CrashPoints.Pass(CrashPoint.AfterEffect, context.Operation, create.Kind);
        return new ProcedureResult(await DescribeNewAsync(context, create));
    }

    public Task CleanUpAsync(AttemptContext context, VolumeCommand command) => Task.CompletedTask;

    private async Task<VolumeInfo> DescribeNewAsync(AttemptContext context, CreateVolume create)
    {
        var samples = _samples.GetValue(context.Store, static _ => new ConcurrentDictionary<string, ImageInfo>());
        if (samples.TryGetValue(create.Volume.Pool, out var sample)
            && await context.Store.FindAsync(create.Volume, context.Cancellation) is { } id)
        {
            return VolumeProcedures.Describe(
                sample with { Volume = create.Volume, Id = id, SizeBytes = create.SizeBytes, CreatedAt = context.Clock.GetUtcNow() });
        }
        var made = await context.Store.GetAsync(create.Volume, context.Cancellation);
        samples[create.Volume.Pool] = made;
        return VolumeProcedures.Describe(made);
    }

    private static async Task<ImageInfo?> TryGetAsync(IBlockStore store, VolumeId volume, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetAsync(volume, cancellationToken);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}

/// <summary>Deletes the image that had the name when the operation began, and no other.</summary>
internal sealed class DeleteProcedure : IVolumeProcedure
{
    public async Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken) =>
        new((await store.FindAsync(command.Volume, cancellationToken))?.Value, null, null);

    public async Task<ProcedureResult> RunAsync(AttemptContext context, VolumeCommand command)
    {
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await context.Store.FindAsync(command.Volume, context.Cancellation);
            if (Reconcile.Delete(context.ImageIdBefore, found) == Reconciliation.Done)
                return new ProcedureResult(null);
        }
        await context.Store.RemoveAsync(command.Volume, context.Progress, context.Cancellation);
        context.CrashPoints.Pass(CrashPoint.AfterEffect, context.Operation, command.Kind);
        return new ProcedureResult(null);
    }

    public Task CleanUpAsync(AttemptContext context, VolumeCommand command) => Task.CompletedTask;
}

/// <summary>Sets the size. An attempt in doubt is done again, unless the image has that size: then a pool that has filled up since must not
/// make it fail.</summary>
internal sealed class ResizeProcedure : IVolumeProcedure
{
    public async Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(command.Volume, cancellationToken) is not { } id)
            return new VolumeObservation(null, null, null);
        var image = await store.GetAsync(command.Volume, cancellationToken);
        return new VolumeObservation(id.Value, image.SizeBytes, null);
    }

    public async Task<ProcedureResult> RunAsync(AttemptContext context, VolumeCommand command)
    {
        var resize = (ResizeVolume)command;
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            var found = await context.Store.GetAsync(resize.Volume, context.Cancellation);
            if (found.SizeBytes == resize.SizeBytes)
                return new ProcedureResult(VolumeProcedures.Describe(found));
        }
        await context.Store.ResizeAsync(resize.Volume, resize.SizeBytes, resize.AllowShrink, context.Progress, context.Cancellation);
        context.CrashPoints.Pass(CrashPoint.AfterEffect, context.Operation, resize.Kind);
        return new ProcedureResult(VolumeProcedures.Describe(await context.Store.GetAsync(resize.Volume, context.Cancellation)));
    }

    public Task CleanUpAsync(AttemptContext context, VolumeCommand command) => Task.CompletedTask;
}

/// <summary>
/// Copies under a name made of the operation and the attempt, and makes it visible by one rename. A new attempt starts at once; only its
/// commit waits until the earlier ones are fenced.
/// </summary>
internal sealed class CopyProcedure : IVolumeProcedure
{
    /// <summary>Metadata keys that begin so are Mooring's own.</summary>
    public const string MetadataPrefix = "mooring.";

    private const string OperationKey = MetadataPrefix + "operation";

    // The middle of a copy, for the crash point of that name.
    private const double Middle = 0.4;

    public async Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken)
    {
        var copy = (CopyVolume)command;
        var target = await store.FindAsync(copy.Volume, cancellationToken);
        var source = await store.FindAsync(copy.Source, cancellationToken);
        return new VolumeObservation(target?.Value, null, source?.Value);
    }

    public async Task<ProcedureResult> RunAsync(AttemptContext context, VolumeCommand command)
    {
        var copy = (CopyVolume)command;
        var store = context.Store;
        var work = context.WorkName(copy.Volume, context.Attempt);
        var fenced = context.FenceEarlierAsync();
        try
        {
            // Cheap first look: an earlier attempt may have committed, and then nothing needs to be copied again.
            if (context.InDoubt && await ReconcileAsync(context, copy) is { } early)
            {
                await fenced;
                return early;
            }
            await store.CopyAsync(copy.Source, work, new CrashingProgress(context, copy), context.Cancellation);
            await store.SetMetadataAsync(work, OperationKey, context.Operation.Value, context.Cancellation);
            context.CrashPoints.Pass(CrashPoint.BeforeCommit, context.Operation, copy.Kind);
        }
        finally
        {
            // Nothing below this line may happen, and no failure may be reported, while an earlier attempt can still commit.
            await fenced;
        }
        if (context.InDoubt && await ReconcileAsync(context, copy) is { } late)
            return late;
        await store.RenameAsync(work, copy.Volume, context.Cancellation);
        context.CrashPoints.Pass(CrashPoint.AfterEffect, context.Operation, copy.Kind);
        var made = await store.GetAsync(copy.Volume, context.Cancellation);
        return new ProcedureResult(VolumeProcedures.Describe(made), Leftovers: context.InDoubt);
    }

    public async Task CleanUpAsync(AttemptContext context, VolumeCommand command)
    {
        await context.FenceEarlierAsync();
        for (var attempt = 1; attempt <= context.Attempt; attempt++)
        {
            var work = context.WorkName(command.Volume, attempt);
            if (await context.Store.FindAsync(work, context.Cancellation) is not null)
                await context.Store.RemoveAsync(work, null, context.Cancellation);
        }
    }

    private static async Task<ProcedureResult?> ReconcileAsync(AttemptContext context, CopyVolume copy)
    {
        var found = await context.Store.FindAsync(copy.Volume, context.Cancellation);
        var madeBy = found is null ? null : (await context.Store.GetMetadataAsync(copy.Volume, context.Cancellation)).GetValueOrDefault(OperationKey);
        return Reconcile.Copy(context.Operation, found, madeBy) switch
        {
            Reconciliation.Done => new ProcedureResult(
                VolumeProcedures.Describe(await context.Store.GetAsync(copy.Volume, context.Cancellation)), Leftovers: true),
            Reconciliation.Foreign => new ProcedureResult(null, VolumeRules.Exists(copy.Volume), Leftovers: true),
            _ => null,
        };
    }

    private sealed class CrashingProgress(AttemptContext context, CopyVolume copy) : IProgress<double>
    {
        private bool _passed;

        public void Report(double value)
        {
            context.Progress.Report(value);
            if (value < Middle || _passed)
                return;
            _passed = true;
            context.CrashPoints.Pass(CrashPoint.InTheMiddle, context.Operation, copy.Kind);
        }
    }
}
