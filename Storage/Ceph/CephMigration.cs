using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Migrations through librbd. It keeps what they are in the headers of both images (<c>migration</c>, cls_rbd_types.h: MigrationSpec), and cannot go on from
/// every point at which it may die; what it leaves then is told by these, and ended here.
/// </summary>
internal sealed class CephMigration(CephConnection connection, CephImages images, CephCatalog catalog, CephTrash trash, CephLifecycle lifecycle)
{
    /// <summary>RBD_FEATURE_MIGRATING.</summary>
    public const ulong Feature = 512;

    private const byte OfSource = 1, OfTarget = 2;
    private static readonly byte[] Key = "migration"u8.ToArray();

    private static readonly MigrationState[] States =
    [
        MigrationState.Failed, MigrationState.Preparing, MigrationState.Prepared, MigrationState.Executing, MigrationState.Executed, MigrationState.Aborting,
    ];

    public async Task<ImageMigration?> GetAsync(VolumeId target, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(target, cancellationToken).ConfigureAwait(false) is not { } id)
            throw connection.Failure(CephErrors.NotFound, $"look at {target}");
        return await ReadAsync(target, id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="GetAsync"/>, when the target's id is known.</summary>
    public async Task<ImageMigration?> ReadAsync(VolumeId target, ImageId id, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(target.Pool, target.Namespace, cancellationToken).ConfigureAwait(false);
        if (await HeaderAsync(io, id).WaitAsync(cancellationToken).ConfigureAwait(false) is not { Role: OfTarget } spec)
            return null;
        // What is only read comes from no image.
        VolumeId? source = spec.Pool < 0 || spec.Image.Length == 0 ? null
            : new VolumeId(await connection.PoolNameAsync(spec.Pool, cancellationToken).ConfigureAwait(false), spec.Namespace, spec.Name);
        return new ImageMigration(source, new ImageId(spec.Image), target, id, spec.State, spec.Description);
    }

    public Task PrepareAsync(VolumeId source, ImageId image, VolumeId target, ImageLayout layout, CancellationToken cancellationToken) =>
        images.RunAsync(() => Prepare(source, image, target, layout, $"prepare the migration of {source} to {target}"), cancellationToken);

    public unsafe Task ExecuteAsync(VolumeId target, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var what = $"execute the migration to {target}";
        return images.RunAsync(
            () =>
            {
                RequireExecutable(target, what);
                Run(target, progress, what, (io, state) => Rbd.ExecuteMigration(io, target.Image, ProgressCallback.Function, state));
                return true;
            },
            cancellationToken);
    }

    public Task CommitAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Commit(migration, progress, $"commit the migration to {migration.Target}"), cancellationToken);

    public Task AbortAsync(ImageMigration migration, IProgress<double>? progress, CancellationToken cancellationToken) =>
        images.RunAsync(() => Abort(migration, progress, $"abort the migration to {migration.Target}"), cancellationToken);

    // All that follows runs on a slot's thread, which may wait.
    private bool Prepare(VolumeId source, ImageId image, VolumeId target, ImageLayout layout, string what)
    {
        if (IsPrepared(source, image, target, what))
            return true;
        Undo(source, image, what);
        if (Found(source) != image)
            throw images.Failure(CephErrors.NotFound, what, Found(source) is null ? $"{source} does not exist" : $"{source} is another image now");
        images.Use(source, readOnly: true, what, opened => RequireMigratable(opened, what));
        if (Found(target) is not null)
            throw images.Failure(CephErrors.Exists, what, $"{target} exists already");
        var (from, to) = (images.ContextOf(source), images.ContextOf(target));
        Rbd.CreateOptions(out var options);
        try
        {
            lifecycle.SetLayout(options, Fitting(layout, source), what);
            var result = Rbd.PrepareMigration(from, source.Image, to, target.Image, options);
            if (result >= 0)
                return true;
            var failure = images.Failure(result, what);
            // It undoes what it has done, as far as it can.
            Undo(source, image, what);
            throw failure;
        }
        finally
        {
            Rbd.DestroyOptions(options);
        }
    }

    // librbd takes the source's stripe for the target, which an image without striping has too: as long as its objects.
    private ImageLayout Fitting(ImageLayout layout, VolumeId source) =>
        layout is { ObjectSizeBytes: { } objectSize, StripeUnitBytes: null }
            && catalog.GetAsync(source, CancellationToken.None).GetAwaiter().GetResult() is { StripeCount: 1 } image && image.StripeUnitBytes == image.ObjectSizeBytes
            ? layout with { StripeUnitBytes = objectSize, StripeCount = 1 }
            : layout;

    private bool RequireMigratable(ImageHandle image, string what)
    {
        CephImageUsers.RequireNotOpen(images, image, what);
        CephImageUsers.RequireChangeable(images, image, what);
        var group = default(Rbd.GroupInfo);
        var size = (nuint)System.Runtime.CompilerServices.Unsafe.SizeOf<Rbd.GroupInfo>();
        images.Check(Rbd.GetGroup(image, ref group, size), what);
        var grouped = group.Pool >= 0;
        _ = Rbd.Free(ref group, size);
        // A death between taking it out of there and putting it in again would lose that.
        if (grouped)
            throw images.Failure(CephErrors.Busy, what, "it is in a group: take it out of that first");
        if (CephMirroring.IsMirrored(images, image, what))
            throw images.Failure(CephErrors.Busy, what, "it is mirrored: disable that first");
        if (CephSnapshots.List(images, image, what).Exists(snapshot => snapshot.Kind != Rbd.SnapshotOfUser))
            throw images.Failure(CephErrors.Busy, what, "it has snapshots of a group, or removed ones that clones need");
        return true;
    }

    // A target is complete when the source's clones are its own; librbd says so before that.
    private unsafe bool IsPrepared(VolumeId source, ImageId image, VolumeId target, string what)
    {
        if (Found(target) is not { } id || Header(target, id) is not { Role: OfTarget, State: >= MigrationState.Prepared } spec || spec.Image != image.Value)
            return false;
        var io = images.ContextOf(source);
        images.Check(Rbd.OpenByIdReadOnly(io, image.Value, out var opened, 0), what);
        using var handle = new ImageHandle(opened, io);
        return CephChildren.Of(images, handle, what, snapshot: null).Count == 0;
    }

    private void RequireExecutable(VolumeId target, string what)
    {
        var id = Found(target) ?? throw images.Failure(CephErrors.NotFound, what);
        var spec = Header(target, id);
        if (spec is not { Role: OfTarget })
            throw images.Failure(CephErrors.Invalid, what, "it is not the target of one");
        if (spec.State is not (MigrationState.Prepared or MigrationState.Executing))
            throw images.Failure(CephErrors.Invalid, what, $"it is {Text(spec.State)}");
        images.Use(target, readOnly: true, what, image =>
        {
            CephImageUsers.RequireNotLocked(images, image, what);
            var present = CephSnapshots.List(images, image, what).Select(snapshot => snapshot.Id).ToHashSet();
            // librbd ends the whole process then (an assertion in ObjectCopyRequest, seen with 16.2).
            if (spec.Snapshots.Exists(snapshot => !present.Contains(snapshot)))
            {
                throw new BlockStoreException(
                    ErrorKind.Damaged, $"cannot {what}: a snapshot that it came with has been removed, and librbd does not survive that; abort the migration", 117);
            }
            return true;
        });
    }

    private unsafe bool Commit(ImageMigration migration, IProgress<double>? progress, string what)
    {
        var target = migration.Target;
        var found = Found(target);
        if (found is { } id && Header(target, id) is { Role: OfTarget } spec)
        {
            if (spec.State != MigrationState.Executed)
                throw images.Failure(CephErrors.Invalid, what, $"it is {Text(spec.State)}, not executed");
            RequireUnlocked(migration, what);
            Run(target, progress, what, (io, state) => Rbd.CommitMigration(io, target.Image, ProgressCallback.Function, state));
            if (migration.Source is { } removed)
                CephLifecycle.RemoveSpaceProbeAsync(images.ContextOf(removed), migration.SourceId).GetAwaiter().GetResult();
            return true;
        }
        if (found != migration.TargetId)
            throw images.Failure(CephErrors.NotFound, what);
        // The target is told first that there is no source any more; librbd does not go on from there.
        if (migration.Source is { } source)
            RemoveSource(source, migration.SourceId, progress, what);
        return true;
    }

    private void RemoveSource(VolumeId source, ImageId image, IProgress<double>? progress, string what)
    {
        var io = images.ContextOf(source);
        if (Trashed(source, image) is not { Source: CephTrash.OfMigration })
            return;
        RemoveHeader(io, image, what);
        if (Rbd.OpenById(io, image.Value, out var opened, 0) >= 0)
        {
            using var handle = new ImageHandle(opened, io);
            RemoveSnapshots(handle, what);
        }
        trash.Remove(source.Pool, source.Namespace, image, force: true, progress);
    }

    private bool Abort(ImageMigration migration, IProgress<double>? progress, string what)
    {
        var target = migration.Target;
        var found = Found(target);
        if (found is { } id && Header(target, id) is { Role: OfTarget } spec)
        {
            if (id != migration.TargetId || spec.Image != migration.SourceId.Value)
                throw images.Failure(CephErrors.NotFound, what, "it is the target of another migration now");
            images.Use(target, readOnly: true, what, image =>
            {
                CephImageUsers.RequireNotOpen(images, image, what);
                return true;
            });
            RequireUnlocked(migration, what);
            try
            {
                AbortTarget(target, id, progress, what);
            }
            catch (BlockStoreException e) when (e.Kind == ErrorKind.AlreadyExists)
            {
                // The target is gone, and the source's name is another image's.
            }
        }
        else if (migration.Source is not { } from || (found == migration.TargetId && Header(from, migration.SourceId) is null))
        {
            throw images.Failure(CephErrors.NotFound, what, "it is not the target of one any more");
        }
        if (migration.Source is { } source && !Undo(source, migration.SourceId, what))
            throw MigrationNames.Taken(migration);
        return true;
    }

    /// <summary>Ends a preparation or an abort that was cut short, or was not begun: the source is as it was, and nothing is left of the target.</summary>
    /// <returns>False when another image has the source's name; then the source is in the trash, for anybody to restore.</returns>
    private bool Undo(VolumeId source, ImageId image, string what)
    {
        var io = images.ContextOf(source);
        var spec = Header(source, image) is { Role: OfSource } header ? header : null;
        if (spec is not null)
            RemoveTarget(spec, what);
        Relink(io, source, image, isTheirs: spec is not null, what);
        if (spec is not null)
            RemoveHeader(io, image, what);
        return Found(source) == image;
    }

    private void RemoveTarget(Spec spec, string what)
    {
        var pool = connection.PoolNameAsync(spec.Pool, CancellationToken.None).GetAwaiter().GetResult();
        var (target, id) = (new VolumeId(pool, spec.Namespace, spec.Name), new ImageId(spec.Image));
        if (Found(target) != id)
            return;
        if (Header(target, id) is { Role: OfTarget })
        {
            AbortTarget(target, id, null, what);
            return;
        }
        // Committed: it is an image of its own.
        if (spec.State is not (MigrationState.Preparing or MigrationState.Aborting))
            throw images.Failure(CephErrors.Invalid, what, $"it is {Text(spec.State)}");
        if (catalog.ExamineAsync(target, CancellationToken.None).GetAwaiter().GetResult() is null)
            images.Use(target, readOnly: false, what, image => RemoveSnapshots(image, what));
        lifecycle.RemoveDamaged(target, null);
    }

    // librbd gives up at a snapshot of the target whose removal was cut short (ENOENT), and others can only read what is being aborted.
    private unsafe void AbortTarget(VolumeId target, ImageId id, IProgress<double>? progress, string what)
    {
        var remains = images.Use(target, readOnly: true, what, image => CephSnapshots.Remains(images, image, what));
        if (remains.Count > 0)
        {
            var state = new CephEncoder().Byte((byte)Array.IndexOf(States, MigrationState.Prepared)).Text("").Written;
            images.Check(new WriteOperation().Execute("rbd", "migration_set_state", state).Run(images.ContextOf(target), CephHeaders.Prefix + id), what);
            images.Use(target, readOnly: false, what, image => CephSnapshots.Sweep(images, image, remains, what));
        }
        Run(target, progress, what, (io, state) => Rbd.AbortMigration(io, target.Image, ProgressCallback.Function, state));
        CephLifecycle.RemoveSpaceProbeAsync(images.ContextOf(target), id).GetAwaiter().GetResult();
    }

    // librbd's own relinking stumbles over what it has done before. What a user has moved to the trash stays there; that has no header of a migration.
    private void Relink(IoContextHandle io, VolumeId source, ImageId image, bool isTheirs, string what)
    {
        var entry = Trashed(source, image);
        if (entry is { Source: CephTrash.OfMigration })
            trash.GiveToUser(io, image, what);
        else if (entry is not { Source: CephTrash.OfUser } || !isTheirs)
            return;
        if (Found(source) is null || Found(source) == image)
            images.Check(Rbd.RestoreFromTrash(io, image.Value, source.Image), what);
    }

    private bool RemoveSnapshots(ImageHandle image, string what)
    {
        foreach (var snapshot in CephSnapshots.List(images, image, what).Where(snapshot => snapshot.Kind == Rbd.SnapshotOfUser))
        {
            if (CephSnapshots.IsProtected(images, image, snapshot.Name, what))
                images.Check(Rbd.UnprotectSnapshot(image, snapshot.Name), what);
            images.Check(Rbd.RemoveSnapshot(image, snapshot.Name), what);
        }
        return CephSnapshots.Sweep(images, image, CephSnapshots.Remains(images, image, what), what);
    }

    // librbd waits for locks that were put there by hand.
    private void RequireUnlocked(ImageMigration migration, string what)
    {
        images.Use(migration.Target, readOnly: true, what, image =>
        {
            CephImageUsers.RequireNotLocked(images, image, what);
            return true;
        });
        if (migration.Source is not { } source)
            return;
        var io = images.ContextOf(source);
        images.Check(Rbd.OpenByIdReadOnly(io, migration.SourceId.Value, out var opened, 0), what, $"its source {migration.SourceId} cannot be opened");
        using var handle = new ImageHandle(opened, io);
        CephImageUsers.RequireNotLocked(images, handle, what);
    }

    private void RemoveHeader(IoContextHandle io, ImageId image, string what)
    {
        var result = new WriteOperation().Execute("rbd", "migration_remove", []).Run(io, CephHeaders.Prefix + image);
        if (result is not (CephErrors.NotFound or CephErrors.Invalid))
            images.Check(result, what);
    }

    // librbd passes over what a progress callback answers, or stops in a state in which nobody can use the image.
    private void Run(VolumeId target, IProgress<double>? progress, string what, Func<IoContextHandle, nint, int> call)
    {
        using var callback = new ProgressCallback(progress, () => false);
        images.Check(call(images.ContextOf(target), callback.State), what);
        callback.Finish();
    }

    private ImageId? Found(VolumeId volume) => catalog.FindAsync(volume, CancellationToken.None).GetAwaiter().GetResult();

    private TrashedImage? Trashed(VolumeId place, ImageId image) =>
        trash.FindAsync(place.Pool, place.Namespace, image, CancellationToken.None).GetAwaiter().GetResult();

    private Spec? Header(VolumeId place, ImageId image) => HeaderAsync(images.ContextOf(place), image).GetAwaiter().GetResult();

    private async Task<Spec?> HeaderAsync(IoContextHandle io, ImageId image)
    {
        var (result, entries) = await ReadOperation.OmapAsync(io, CephHeaders.Prefix + image, [Key]).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return null;
        connection.Check(result, $"read the header of {image}");
        return entries.Count == 0 ? null : Spec.Read(entries[0].Value);
    }

    private static string Text(MigrationState state) => state.ToString().ToLowerInvariant();

    /// <summary>MigrationSpec: what each of the two says of the other.</summary>
    private sealed record Spec(
        byte Role, long Pool, string Namespace, string Name, string Image, List<ulong> Snapshots, MigrationState State, string Description)
    {
        public static Spec Read(ReadOnlySpan<byte> bytes)
        {
            var decoder = new CephDecoder(bytes);
            decoder.Version();
            var (role, pool, ns, name, image) = (decoder.Byte(), decoder.Long(), decoder.Text(), decoder.Text(), decoder.Text());
            var snapshots = new List<ulong>();
            for (var left = decoder.Number(); left > 0; left--)
            {
                // The source's id of it, then the target's.
                decoder.Long();
                snapshots.Add((ulong)decoder.Long());
            }
            // How much of the source shows through; whether the target is to be flattened, and the source was mirrored.
            decoder.Long();
            decoder.Byte();
            decoder.Byte();
            var state = decoder.Byte();
            return new Spec(role, pool, ns, name, image, snapshots, state < States.Length ? States[state] : MigrationState.Failed, decoder.Text());
        }
    }
}
