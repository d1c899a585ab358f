using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <summary>The calls of librbd.h that the adapter uses, with the header's names. All of them block.</summary>
internal static unsafe partial class Rbd
{
    public const string Library = "librbd.so.1";

    /// <summary>RBD_IMAGE_OPTION_FORMAT and so on.</summary>
    public const int OptionFormat = 0, OptionFeatures = 1, OptionOrder = 2, OptionStripeUnit = 3, OptionStripeCount = 4, OptionDataPool = 10, OptionCloneFormat = 12;

    [LibraryImport(Library, EntryPoint = "rbd_image_options_create")]
    public static partial void CreateOptions(out nint options);

    [LibraryImport(Library, EntryPoint = "rbd_image_options_destroy")]
    public static partial void DestroyOptions(nint options);

    [LibraryImport(Library, EntryPoint = "rbd_image_options_set_uint64")]
    public static partial int SetOption(nint options, int option, ulong value);

    [LibraryImport(Library, EntryPoint = "rbd_image_options_set_string", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetOption(nint options, int option, string value);

    [LibraryImport(Library, EntryPoint = "rbd_create4", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Create(IoContextHandle io, string name, ulong size, nint options);

    [LibraryImport(Library, EntryPoint = "rbd_remove_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Remove(IoContextHandle io, string name, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_rename", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(IoContextHandle io, string from, string to);

    [LibraryImport(Library, EntryPoint = "rbd_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(IoContextHandle io, string name, out nint image, nint snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_open_read_only", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenReadOnly(IoContextHandle io, string name, out nint image, nint snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_open_by_id", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenById(IoContextHandle io, string id, out nint image, nint snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_open_by_id_read_only", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenByIdReadOnly(IoContextHandle io, string id, out nint image, nint snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_close")]
    public static partial int Close(nint image);

    [LibraryImport(Library, EntryPoint = "rbd_resize2")]
    public static partial int Resize(
        ImageHandle image, ulong size, [MarshalAs(UnmanagedType.U1)] bool allowShrink, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_stat")]
    public static partial int Stat(ImageHandle image, out ImageStat stat, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_get_size")]
    public static partial int GetSize(ImageHandle image, out ulong size);

    [LibraryImport(Library, EntryPoint = "rbd_get_features")]
    public static partial int GetFeatures(ImageHandle image, out ulong features);

    [LibraryImport(Library, EntryPoint = "rbd_get_stripe_unit")]
    public static partial int GetStripeUnit(ImageHandle image, out ulong unit);

    [LibraryImport(Library, EntryPoint = "rbd_get_stripe_count")]
    public static partial int GetStripeCount(ImageHandle image, out ulong count);

    [LibraryImport(Library, EntryPoint = "rbd_trash_move", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MoveToTrash(IoContextHandle io, string name, ulong delaySeconds);

    [LibraryImport(Library, EntryPoint = "rbd_trash_restore", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RestoreFromTrash(IoContextHandle io, string id, string name);

    [LibraryImport(Library, EntryPoint = "rbd_trash_remove_with_progress", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFromTrash(
        IoContextHandle io, string id, [MarshalAs(UnmanagedType.U1)] bool force, delegate* unmanaged<ulong, ulong, nint, int> progress, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_namespace_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateNamespace(IoContextHandle io, string name);

    [LibraryImport(Library, EntryPoint = "rbd_namespace_remove", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveNamespace(IoContextHandle io, string name);

    [LibraryImport(Library, EntryPoint = "rbd_get_id")]
    public static partial int GetId(ImageHandle image, byte* id, nuint length);

    [LibraryImport(Library, EntryPoint = "rbd_get_parent")]
    public static partial int GetParent(ImageHandle image, ref LinkedImage parent, ref SnapshotSpec snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_linked_image_spec_cleanup")]
    public static partial void Free(ref LinkedImage image);

    [LibraryImport(Library, EntryPoint = "rbd_snap_spec_cleanup")]
    public static partial void Free(ref SnapshotSpec snapshot);

    [LibraryImport(Library, EntryPoint = "rbd_watchers_list")]
    public static partial int ListWatchers(ImageHandle image, Watcher* watchers, nuint* count);

    [LibraryImport(Library, EntryPoint = "rbd_watchers_list_cleanup")]
    public static partial void FreeWatchers(Watcher* watchers, nuint count);

    /// <summary>RBD_LOCK_MODE_EXCLUSIVE.</summary>
    public const int LockExclusive = 0;

    [LibraryImport(Library, EntryPoint = "rbd_lock_acquire")]
    public static partial int AcquireLock(ImageHandle image, int mode);

    [LibraryImport(Library, EntryPoint = "rbd_list_lockers")]
    public static partial nint ListLockers(
        ImageHandle image, int* exclusive, byte* tag, nuint* tagLength, byte* clients, nuint* clientsLength, byte* cookies, nuint* cookiesLength,
        byte* addresses, nuint* addressesLength);

    [LibraryImport(Library, EntryPoint = "rbd_metadata_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetMetadata(ImageHandle image, string key, string value);

    [LibraryImport(Library, EntryPoint = "rbd_metadata_remove", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveMetadata(ImageHandle image, string key);

    [LibraryImport(Library, EntryPoint = "rbd_metadata_list", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ListMetadata(
        ImageHandle image, string startAfter, ulong max, byte* keys, nuint* keysLength, byte* values, nuint* valuesLength);

    [LibraryImport(Library, EntryPoint = "rbd_read")]
    public static partial nint Read(ImageHandle image, ulong offset, nuint length, byte* buffer);

    [LibraryImport(Library, EntryPoint = "rbd_write")]
    public static partial nint Write(ImageHandle image, ulong offset, nuint length, byte* buffer);

    [LibraryImport(Library, EntryPoint = "rbd_write_zeroes")]
    public static partial nint WriteZeroes(ImageHandle image, ulong offset, nuint length, int flags, int operationFlags);

    [LibraryImport(Library, EntryPoint = "rbd_flush")]
    public static partial int Flush(ImageHandle image);

    [LibraryImport(Library, EntryPoint = "rbd_diff_iterate2")]
    public static partial int IterateDifference(
        ImageHandle image, nint fromSnapshot, ulong offset, ulong length, byte includeParent, byte wholeObject,
        delegate* unmanaged<ulong, nuint, int, nint, int> extent, nint state);

    [LibraryImport(Library, EntryPoint = "rbd_aio_create_completion")]
    public static partial int CreateCompletion(nint state, delegate* unmanaged<nint, nint, void> completed, out nint completion);

    [LibraryImport(Library, EntryPoint = "rbd_aio_get_return_value")]
    public static partial nint GetReturnValue(nint completion);

    [LibraryImport(Library, EntryPoint = "rbd_aio_release")]
    public static partial void ReleaseCompletion(nint completion);

    [LibraryImport(Library, EntryPoint = "rbd_aio_read")]
    public static partial int BeginRead(ImageHandle image, ulong offset, nuint length, nint buffer, nint completion);

    [LibraryImport(Library, EntryPoint = "rbd_aio_write")]
    public static partial int BeginWrite(ImageHandle image, ulong offset, nuint length, nint buffer, nint completion);

    [LibraryImport(Library, EntryPoint = "rbd_config_image_list")]
    public static partial int ListConfiguration(ImageHandle image, ConfigurationOption* options, int* count);

    [LibraryImport(Library, EntryPoint = "rbd_config_image_list_cleanup")]
    public static partial void FreeConfiguration(ConfigurationOption* options, int count);

    /// <summary>rbd_config_option_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ConfigurationOption
    {
        public byte* Name;
        public byte* Value;
        public int Source;
    }

    /// <summary>rbd_image_info_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ImageStat
    {
        public ulong Size;
        public ulong ObjectSize;
        public ulong ObjectCount;
        public int Order;
        public fixed byte BlockNamePrefix[24];
        public long ParentPool;
        public fixed byte ParentName[96];
    }

    /// <summary>struct timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;

        public readonly DateTimeOffset AsTime() => DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanoseconds / 100);
    }

    /// <summary>rbd_linked_image_spec_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LinkedImage
    {
        public long PoolId;
        public byte* PoolName;
        public byte* Namespace;
        public byte* ImageId;
        public byte* ImageName;
        public byte Trash;
    }

    /// <summary>rbd_snap_spec_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SnapshotSpec
    {
        public ulong Id;
        public int NamespaceType;
        public byte* Name;
    }

    /// <summary>rbd_image_watcher_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Watcher
    {
        public byte* Address;
        public long Id;
        public ulong Cookie;
    }
}
