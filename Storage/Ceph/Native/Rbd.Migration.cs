using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <content>Migrations.</content>
internal static unsafe partial class Rbd
{
    [LibraryImport(Library, EntryPoint = "rbd_migration_prepare", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int PrepareMigration(IoContextHandle io, string name, IoContextHandle targetIo, string targetName, nint options);

    [LibraryImport(Library, EntryPoint = "rbd_migration_execute_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ExecuteMigration(IoContextHandle io, string name, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_migration_commit_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CommitMigration(IoContextHandle io, string name, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_migration_abort_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AbortMigration(IoContextHandle io, string name, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_get_group")]
    public static partial int GetGroup(ImageHandle image, ref GroupInfo group, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_group_info_cleanup")]
    public static partial int Free(ref GroupInfo group, nuint length);

    /// <summary>rbd_group_info_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct GroupInfo
    {
        public byte* Name;
        public long Pool;
    }
}
