using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <content>Snapshots, clones and upkeep.</content>
internal static unsafe partial class Rbd
{
    /// <summary>RBD_SNAP_NAMESPACE_TYPE_USER and so on.</summary>
    public const int SnapshotOfUser = 0, SnapshotOfGroup = 1, SnapshotInTrash = 2, SnapshotOfMirror = 3;

    [LibraryImport(Library, EntryPoint = "rbd_snap_list")]
    public static partial int ListSnapshots(ImageHandle image, SnapshotInfo* snapshots, int* count);

    [LibraryImport(Library, EntryPoint = "rbd_snap_list_end")]
    public static partial void FreeSnapshots(SnapshotInfo* snapshots);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_namespace_type")]
    public static partial int GetSnapshotKind(ImageHandle image, ulong snapshot, out int kind);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_timestamp")]
    public static partial int GetSnapshotTimestamp(ImageHandle image, ulong snapshot, out TimeSpec timestamp);

    [LibraryImport(Library, EntryPoint = "rbd_snap_is_protected")]
    public static partial int IsProtected(ImageHandle image, byte* name, out int isProtected);

    [LibraryImport(Library, EntryPoint = "rbd_snap_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateSnapshot(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_remove", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveSnapshot(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_remove_by_id")]
    public static partial int RemoveSnapshot(ImageHandle image, ulong snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_snap_rename", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameSnapshot(ImageHandle image, string name, string newName);

    [LibraryImport(Library, EntryPoint = "rbd_snap_protect", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ProtectSnapshot(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_unprotect", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UnprotectSnapshot(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_rollback_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RollBack(ImageHandle image, string name, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_limit")]
    public static partial int GetSnapshotLimit(ImageHandle image, out ulong limit);

    [LibraryImport(Library, EntryPoint = "rbd_snap_set_limit")]
    public static partial int SetSnapshotLimit(ImageHandle image, ulong limit);

    [LibraryImport(Library, EntryPoint = "rbd_snap_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetSnapshot(ImageHandle image, string name);

    [LibraryImport(Library, EntryPoint = "rbd_snap_set_by_id")]
    public static partial int SetSnapshot(ImageHandle image, ulong snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_clone3", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Clone(IoContextHandle parentIo, string parent, string snapshot, IoContextHandle io, string name, nint options);

    [LibraryImport(Library, EntryPoint = "rbd_flatten_with_progress")]
    public static partial int Flatten(ImageHandle image, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_deep_copy_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int DeepCopy(
        ImageHandle image, IoContextHandle io, string name, nint options, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_sparsify_with_progress")]
    public static partial int Sparsify(ImageHandle image, nuint sparseSize, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_rebuild_object_map")]
    public static partial int RebuildObjectMap(ImageHandle image, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_update_features")]
    public static partial int UpdateFeatures(ImageHandle image, ulong features, byte enabled);

    [LibraryImport(Library, EntryPoint = "rbd_list_children3")]
    public static partial int ListChildren(ImageHandle image, LinkedImage* children, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_linked_image_spec_list_cleanup")]
    public static partial void FreeChildren(LinkedImage* children, nuint count);

    /// <summary>rbd_snap_info_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SnapshotInfo
    {
        public ulong Id;
        public ulong Size;
        public byte* Name;
    }
}
