using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>Mirroring through librbd, which keeps what it is of pools and images; <c>rbd-mirror</c> does the copying.</summary>
internal sealed class CephMirroring(CephConnection connection, CephImages images, CephCatalog catalog, CephJournaling journaling)
{
    // RBD_FEATURE_EXCLUSIVE_LOCK, RBD_FEATURE_JOURNALING
    private const ulong ExclusiveLock = 4, Journaling = 64;

    // rbd_mirror_image_status_state_t, as the rbd command calls them.
    private static readonly string[] SiteStates = ["unknown", "error", "syncing", "starting_replay", "replaying", "stopping_replay", "stopped"];

    // Where a pool and namespace keep it (cls_rbd.cc): the pool's mode, and a record for each image that is mirrored.
    private const string Object = "rbd_mirroring", RecordPrefix = "image_";
    private static readonly byte[] ModeKey = "mirror_mode"u8.ToArray();

    // What librbd calls the cluster itself.
    private const string Local = "";

    public async Task<PoolMirroring> GetPoolAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        var io = await PlaceAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        return await images.RunAsync(() => ModeOf(io, $"read how {pool} is mirrored"), cancellationToken).ConfigureAwait(false);
    }

    public async Task SetPoolAsync(string pool, string ns, PoolMirroring mode, CancellationToken cancellationToken)
    {
        var what = $"set how {pool} is mirrored";
        var io = await PlaceAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        await images.RunAsync(
            () =>
            {
                // librbd enters the mode before it enables all images, and does nothing when it stands there.
                if (mode == PoolMirroring.Pool && ModeOf(io, what) == mode)
                    Set(PoolMirroring.Image);
                if (ModeOf(io, what) != mode)
                    Set(mode);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

        void Set(PoolMirroring next)
        {
            var result = Rbd.SetMirrorMode(io, (int)next);
            if (result == CephErrors.Invalid && next == PoolMirroring.Disabled)
                throw connection.Failure(CephErrors.Busy, what, "there are images whose mirroring is enabled: disable that first");
            images.Check(result, what, result == CephErrors.Busy ? "there are peers: remove them first" : null);
        }
    }

    public Task<ImageMirroring> GetAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"read how {volume} is mirrored";
        return images.RunAsync(() => images.Use(volume, readOnly: true, what, image => Describe(volume, image, what)), cancellationToken);
    }

    public async Task<bool> FollowsPoolAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(volume, cancellationToken).ConfigureAwait(false) is not { } id)
            return true;
        var io = await connection.OpenAsync(volume.Pool, volume.Namespace, cancellationToken).ConfigureAwait(false);
        return !(await catalog.GetAsync(volume, cancellationToken).ConfigureAwait(false)).Features.Contains(ImageFeatures.Journaling)
            || await FollowsPoolAsync(connection, io, id, $"read how {volume} is mirrored").ConfigureAwait(false);
    }

    /// <summary>As above, of an image that has the feature. To mirror such an image is the last thing that librbd does when it makes or restores one.</summary>
    public static async Task<bool> FollowsPoolAsync(CephConnection connection, IoContextHandle io, ImageId id, string what)
    {
        var record = Encoding.UTF8.GetBytes(RecordPrefix + id);
        var (result, entries) = await ReadOperation.OmapAsync(io, Object, [ModeKey, record]).ConfigureAwait(false);
        if (result == CephErrors.NotFound)
            return true;
        connection.Check(result, what);
        return entries.Any(entry => entry.Key.SequenceEqual(record))
            || !entries.Any(entry => entry.Key.SequenceEqual(ModeKey) && new CephDecoder(entry.Value).Number() == (uint)PoolMirroring.Pool);
    }

    public Task EnableAsync(VolumeId volume, MirroringMode mode, CancellationToken cancellationToken)
    {
        var what = $"mirror {volume} by {mode.ToString().ToLowerInvariant()}";
        return images.RunAsync(
            () =>
            {
                // This thread belongs to a slot and may wait.
                if (ModeOf(images.ContextOf(volume), what) != PoolMirroring.Image)
                    throw NotOneByOne(new VolumeId(volume.Pool, volume.Namespace, ""));
                // What a namespace's images need of mirroring is kept with the pool; librbd says that something does not exist.
                if (volume.Namespace.Length > 0 && ModeOf(connection.Open(volume.Pool, ""), what) == PoolMirroring.Disabled)
                    throw NotOneByOne(new VolumeId(volume.Pool, "", ""));
                var state = images.Use(volume, readOnly: true, what, image => StateOf(image, what));
                if (state == MirroringState.Changing)
                    Disable(volume, what, force: true);
                else if (state == MirroringState.Disabled)
                    RemoveSnapshots(volume, what);
                // librbd does it too, but could not go on from the middle.
                if (mode == MirroringMode.Journal)
                    RequireJournal(volume, what);
                return Change(volume, what, image => Rbd.EnableMirror(image, (int)mode), result => result == CephErrors.Invalid ? "it is mirrored in another mode" : null);
            },
            cancellationToken);

        BlockStoreException NotOneByOne(VolumeId place)
        {
            var name = place.Namespace.Length == 0 ? place.Pool : $"{place.Pool}/{place.Namespace}";
            return images.Failure(CephErrors.Invalid, what, $"the images of {name} are not mirrored one by one; see: pool mirror enable {name} image");
        }
    }

    public Task DisableAsync(VolumeId volume, bool force, CancellationToken cancellationToken)
    {
        var what = $"end the mirroring of {volume}";
        return images.RunAsync(
            () =>
            {
                var (state, mode) = images.Use(volume, readOnly: true, what, image => (StateOf(image, what), ImageModeOf(image)));
                if (state == MirroringState.Disabled && mode is null)
                {
                    RemoveSnapshots(volume, what);
                    journaling.Mend(volume, what);
                    return true;
                }
                return Disable(volume, what, force, result => result == CephErrors.Invalid ? "it is not the primary one; that can be forced" : null);
            },
            cancellationToken);
    }

    public Task PromoteAsync(VolumeId volume, bool force, CancellationToken cancellationToken) => TurnAsync(
        $"promote {volume}", volume, true, image => Rbd.PromoteMirror(image, force), cancellationToken,
        result => result == CephErrors.Busy ? "the other one has not been demoted; that can be forced" : null);

    public Task DemoteAsync(VolumeId volume, CancellationToken cancellationToken) => TurnAsync($"demote {volume}", volume, false, Rbd.DemoteMirror, cancellationToken);

    public Task ResyncAsync(VolumeId volume, CancellationToken cancellationToken) =>
        TurnAsync($"mark {volume} to be copied anew", volume, null, Rbd.ResyncMirror, cancellationToken);

    public Task<SnapshotId> CreateSnapshotAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var what = $"make a mirror's snapshot of {volume}";
        return images.RunAsync(
            () => images.Change(volume, what, image =>
            {
                if (Describe(volume, image, what) is not { State: MirroringState.Enabled, Mode: MirroringMode.Snapshot } found)
                    throw images.Failure(CephErrors.Invalid, what, "it is not mirrored by snapshots");
                var result = Rbd.CreateMirrorSnapshot(image, out var id);
                images.Check(
                    result, what,
                    result != CephErrors.Invalid ? null : found.IsPrimary ? "its pool knows no peer to mirror to" : "it is not the primary one");
                return new SnapshotId(id);
            }),
            cancellationToken);
    }

    /// <summary>Whether an open image is mirrored, or that is being changed; blocks.</summary>
    public static bool IsMirrored(CephImages images, ImageHandle image, string what)
    {
        images.Check(Rbd.GetMirror(image, out var info, (nuint)Unsafe.SizeOf<Rbd.MirrorInfo>()), what);
        Rbd.Free(ref info);
        return info.State != Rbd.MirrorDisabled;
    }

    // Not for what is so already: librbd says no more than EINVAL. Whether it is to be the primary one, or neither.
    private Task TurnAsync(
        string what, VolumeId volume, bool? primary, Func<ImageHandle, int> call, CancellationToken cancellationToken, Func<int, string?>? reason = null) => images.RunAsync(
        () =>
        {
            var ended = EndTurn(volume, what);
            return Change(
                volume, what,
                image =>
                {
                    var found = Describe(volume, image, what);
                    if (ended && found.IsPrimary == primary)
                        return 0;
                    var problem = found.State == MirroringState.Disabled ? "it is not mirrored" : (found.IsPrimary, primary) switch
                    {
                        (true, true) => "it is the primary one already",
                        (true, null) => "it is the primary one",
                        (false, false) => "it is not the primary one",
                        _ => null,
                    };
                    return problem is null ? call(image) : throw images.Failure(CephErrors.Invalid, what, problem);
                },
                reason);
        },
        cancellationToken);

    // librbd takes the first step of turning an image for the whole, and refuses to do it again. What was made only by half is taken back.
    private bool EndTurn(VolumeId volume, string what)
    {
        var (state, found) = images.Use(volume, readOnly: true, what, image => (StateOf(image, what), Describe(volume, image, what)));
        if ((state, found.State) is not (MirroringState.Enabled, MirroringState.Changing))
            return false;
        if (found.Mode == MirroringMode.Journal)
            return Change(volume, what, image => Rbd.PromoteMirror(image, force: false));
        SetWritable(volume, true, what);
        images.Change(volume, what, image =>
        {
            var half = SnapshotsOf(image, what).FindAll(s => !s.Complete && s.Kind is Rbd.SnapshotOfPrimary or Rbd.SnapshotOfDemoted);
            return CephSnapshots.Sweep(images, image, half.ConvertAll(s => s.Id), what);
        });
        if (!images.Use(volume, readOnly: true, what, image => Describe(volume, image, what)).IsPrimary)
            SetWritable(volume, false, what);
        return true;
    }

    // What beginning to mirror it has made before the image was entered as mirrored.
    private void RemoveSnapshots(VolumeId volume, string what)
    {
        var left = images.Use(volume, readOnly: true, what, image => SnapshotsOf(image, what).ConvertAll(s => s.Id));
        if (left.Count > 0)
            images.Change(volume, what, image => CephSnapshots.Sweep(images, image, left, what));
    }

    // librbd makes the image the primary one before it removes what it kept for mirroring. Cut short within that, it would leave one that is only read.
    private bool Disable(VolumeId volume, string what, bool force, Func<int, string?>? reason = null)
    {
        if (images.Use(volume, readOnly: true, what, image => Describe(volume, image, what)) is
            { State: MirroringState.Changing, Mode: MirroringMode.Snapshot, IsPrimary: true })
        {
            SetWritable(volume, true, what);
        }
        return Change(volume, what, image => Rbd.DisableMirror(image, force), reason);
    }

    // The last step of making an image the primary one; the first of the contrary.
    private void SetWritable(VolumeId volume, bool writable, string what)
    {
        // This thread belongs to a slot and may wait.
        if (catalog.FindAsync(volume, CancellationToken.None).GetAwaiter().GetResult() is not { } id)
            throw images.Failure(CephErrors.NotFound, what);
        images.Check(
            new WriteOperation().Execute("rbd", "set_features", new CephEncoder().Number(writable ? 0 : CephHeaders.NonPrimary).Number(CephHeaders.NonPrimary).Written)
                .Run(images.ContextOf(volume), CephHeaders.Prefix + id),
            what);
    }

    private bool Change(VolumeId volume, string what, Func<ImageHandle, int> call, Func<int, string?>? reason = null) => images.Change(volume, what, image =>
    {
        var result = call(image);
        if (result < 0)
            throw images.Failure(result, what, reason?.Invoke(result));
        return true;
    });

    private void RequireJournal(VolumeId volume, string what)
    {
        var features = images.Use(volume, readOnly: true, what, image =>
        {
            images.Check(Rbd.GetFeatures(image, out var present), what);
            return present;
        });
        if ((features & ExclusiveLock) == 0)
        {
            Change(volume, what, image => Rbd.UpdateFeatures(image, ExclusiveLock, 1));
            features |= ExclusiveLock;
        }
        journaling.Mend(volume, what);
        if ((features & Journaling) == 0)
            Change(volume, what, image => Rbd.UpdateFeatures(image, Journaling, 1));
    }

    private PoolMirroring ModeOf(IoContextHandle io, string what)
    {
        images.Check(Rbd.GetMirrorMode(io, out var mode), what);
        return (PoolMirroring)mode;
    }

    private MirroringState StateOf(ImageHandle image, string what)
    {
        images.Check(Rbd.GetMirror(image, out var info, (nuint)Unsafe.SizeOf<Rbd.MirrorInfo>()), what);
        Rbd.Free(ref info);
        return State(info.State);
    }

    private static MirroringState State(int state) => state switch
    {
        Rbd.MirrorDisabled => MirroringState.Disabled,
        Rbd.MirrorEnabled => MirroringState.Enabled,
        _ => MirroringState.Changing,
    };

    private static MirroringMode? ImageModeOf(ImageHandle image) => Rbd.GetMirrorMode(image, out var mode) >= 0 ? (MirroringMode)mode : null;

    // librbd enters a snapshot in the header, writes beside it what else a copy is to have, and then calls it complete. One that is not is copied by nobody.
    private List<(ulong Id, int Kind, bool Complete)> SnapshotsOf(ImageHandle image, string what)
    {
        var found = new List<(ulong, int, bool)>();
        foreach (var (id, _, _, kind) in CephSnapshots.List(images, image, what))
        {
            // It may have been removed since the image was opened.
            if (kind != Rbd.SnapshotOfMirror || Rbd.GetMirrorSnapshot(image, id, out var snapshot, (nuint)Unsafe.SizeOf<Rbd.MirrorSnapshot>()) < 0)
                continue;
            found.Add((id, snapshot.State, snapshot.Complete != 0));
            Rbd.Free(ref snapshot, (nuint)Unsafe.SizeOf<Rbd.MirrorSnapshot>());
        }
        return [.. found.OrderBy(s => s.Item1)];
    }

    // The image is marked as one that is only read before the snapshot that says so is made, and until the one is complete that makes it the primary one.
    private bool IsTurnedByHalf(
        VolumeId volume, ImageHandle image, MirroringMode? mode, bool primary, List<(ulong Id, int Kind, bool Complete)> snapshots, string what)
    {
        if (mode == MirroringMode.Journal)
            return !primary && CephJournaling.IsGivenUpByHalf(images, images.ContextOf(volume), CephCatalog.IdOf(images, image, what), what);
        images.Check(Rbd.GetFeatures(image, out var features), what);
        return primary ? (features & CephHeaders.NonPrimary) != 0 : snapshots is [.., { Kind: Rbd.SnapshotOfDemoted, Complete: false }];
    }

    private unsafe ImageMirroring Describe(VolumeId volume, ImageHandle image, string what)
    {
        if (StateOf(image, what) == MirroringState.Disabled)
            return ImageMirroring.None;
        images.Check(Rbd.GetMirrorStatus(image, out var status, (nuint)Unsafe.SizeOf<Rbd.MirrorStatus>()), what);
        try
        {
            var sites = new List<MirrorSite>();
            for (var i = 0; i < status.SiteCount; i++)
            {
                var site = status.Sites[i];
                sites.Add(new MirrorSite(
                    NativeText.Read(site.MirrorId) is var id && id == Local ? "" : id,
                    string.Create(CultureInfo.InvariantCulture, $"{(site.Up != 0 ? "up" : "down")}+{(site.State < SiteStates.Length ? SiteStates[site.State] : $"{site.State}")}"),
                    CephErrors.OneLine(NativeText.Read(site.Description)), site.LastUpdate > 0 ? DateTimeOffset.FromUnixTimeSeconds(site.LastUpdate) : null));
            }
            var (mode, primary, snapshots) = (ImageModeOf(image), status.Info.Primary != 0, SnapshotsOf(image, what));
            var state = IsTurnedByHalf(volume, image, mode, primary, snapshots, what) ? MirroringState.Changing : State(status.Info.State);
            return new ImageMirroring(state, mode, primary, NativeText.Read(status.Info.GlobalId), sites)
            {
                Snapshots = [.. snapshots.Where(s => s.Complete).Select(s => new SnapshotId(s.Id))],
            };
        }
        finally
        {
            Rbd.Free(ref status);
        }
    }

    private async Task<IoContextHandle> PlaceAsync(string pool, string ns, CancellationToken cancellationToken)
    {
        var io = await connection.OpenAsync(pool, ns, cancellationToken).ConfigureAwait(false);
        await catalog.RequirePlaceAsync(io, pool, ns, cancellationToken).ConfigureAwait(false);
        return io;
    }
}
