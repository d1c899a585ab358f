using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <content>Mirroring.</content>
internal static unsafe partial class Rbd
{
    /// <summary>RBD_MIRROR_IMAGE_DISABLING and so on.</summary>
    public const int MirrorDisabling = 0, MirrorEnabled = 1, MirrorDisabled = 2;

    [LibraryImport(Library, EntryPoint = "rbd_mirror_mode_get")]
    public static partial int GetMirrorMode(IoContextHandle io, out int mode);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_mode_set")]
    public static partial int SetMirrorMode(IoContextHandle io, int mode);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_enable2")]
    public static partial int EnableMirror(ImageHandle image, int mode);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_disable")]
    public static partial int DisableMirror(ImageHandle image, [MarshalAs(UnmanagedType.U1)] bool force);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_promote")]
    public static partial int PromoteMirror(ImageHandle image, [MarshalAs(UnmanagedType.U1)] bool force);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_demote")]
    public static partial int DemoteMirror(ImageHandle image);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_resync")]
    public static partial int ResyncMirror(ImageHandle image);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_create_snapshot")]
    public static partial int CreateMirrorSnapshot(ImageHandle image, out ulong snapshot);

    /// <summary>RBD_SNAP_MIRROR_STATE_PRIMARY, RBD_SNAP_MIRROR_STATE_PRIMARY_DEMOTED.</summary>
    public const int SnapshotOfPrimary = 0, SnapshotOfDemoted = 1;

    [LibraryImport(Library, EntryPoint = "rbd_snap_get_mirror_namespace")]
    public static partial int GetMirrorSnapshot(ImageHandle image, ulong snapshot, out MirrorSnapshot found, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_snap_mirror_namespace_cleanup")]
    public static partial int Free(ref MirrorSnapshot found, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_get_info")]
    public static partial int GetMirror(ImageHandle image, out MirrorInfo info, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_get_info_cleanup")]
    public static partial void Free(ref MirrorInfo info);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_get_mode")]
    public static partial int GetMirrorMode(ImageHandle image, out int mode);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_get_global_status")]
    public static partial int GetMirrorStatus(ImageHandle image, out MirrorStatus status, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_mirror_image_global_status_cleanup")]
    public static partial void Free(ref MirrorStatus status);

    /// <summary>rbd_mirror_image_info_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MirrorInfo
    {
        public byte* GlobalId;
        public int State;
        public byte Primary;
    }

    /// <summary>rbd_snap_mirror_namespace_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MirrorSnapshot
    {
        public int State;
        public nuint PeerCount;
        public byte* Peers;
        public byte Complete;
        public byte* PrimaryId;
        public ulong PrimarySnapshot;
        public ulong LastObject;
    }

    /// <summary>rbd_mirror_image_site_status_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MirrorSite
    {
        public byte* MirrorId;
        public int State;
        public byte* Description;
        public long LastUpdate;
        public byte Up;
    }

    /// <summary>rbd_mirror_image_global_status_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MirrorStatus
    {
        public byte* Name;
        public MirrorInfo Info;
        public uint SiteCount;
        public MirrorSite* Sites;
    }
}
