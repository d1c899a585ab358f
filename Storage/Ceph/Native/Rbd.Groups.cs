using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <content>Groups.</content>
internal static unsafe partial class Rbd
{
    [LibraryImport(Library, EntryPoint = "rbd_group_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateGroup(IoContextHandle io, string name);

    [LibraryImport(Library, EntryPoint = "rbd_group_remove", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveGroup(IoContextHandle io, string name);

    [LibraryImport(Library, EntryPoint = "rbd_group_rename", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameGroup(IoContextHandle io, string from, string to);

    [LibraryImport(Library, EntryPoint = "rbd_group_image_add", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddToGroup(IoContextHandle io, string group, IoContextHandle imageIo, string image);

    [LibraryImport(Library, EntryPoint = "rbd_group_image_remove", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFromGroup(IoContextHandle io, string group, IoContextHandle imageIo, string image);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateGroupSnapshot(IoContextHandle io, string group, string name);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_rename", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameGroupSnapshot(IoContextHandle io, string group, string name, string newName);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_remove", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveGroupSnapshot(IoContextHandle io, string group, string name);

    [LibraryImport(Library, EntryPoint = "rbd_group_snap_rollback_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RollBackGroup(
        IoContextHandle io, string group, string name, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);
}
