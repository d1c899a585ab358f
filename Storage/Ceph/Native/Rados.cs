using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <summary>The calls of librados.h that the adapter uses, with the header's names.</summary>
internal static unsafe partial class Rados
{
    public const string Library = "librados.so.2";

    /// <summary>LIBRADOS_OPERATION_FULL_TRY: a full pool answers ENOSPC at once, where a write would otherwise wait for space.</summary>
    public const int FullTry = 64;

    /// <summary>LIBRADOS_OPERATION_FULL_FORCE: a full pool carries it out all the same.</summary>
    public const int FullForce = 128;

    /// <summary>LIBRADOS_CMPXATTR_OP_EQ.</summary>
    public const byte CompareEqual = 1;

    /// <summary>LIBRADOS_CREATE_IDEMPOTENT and LIBRADOS_CREATE_EXCLUSIVE.</summary>
    public const int CreateIdempotent = 0, CreateExclusive = 1;

    [LibraryImport(Library, EntryPoint = "rados_create2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Create(out nint cluster, string clusterName, string name, ulong flags);

    [LibraryImport(Library, EntryPoint = "rados_conf_read_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ReadConfigFile(ClusterHandle cluster, string path);

    [LibraryImport(Library, EntryPoint = "rados_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetConfig(ClusterHandle cluster, string option, string value);

    [LibraryImport(Library, EntryPoint = "rados_conf_get", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetConfig(ClusterHandle cluster, string option, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_connect")]
    public static partial int Connect(ClusterHandle cluster);

    [LibraryImport(Library, EntryPoint = "rados_shutdown")]
    public static partial void Shutdown(nint cluster);

    [LibraryImport(Library, EntryPoint = "rados_getaddrs")]
    public static partial int GetAddresses(ClusterHandle cluster, out byte* addresses);

    [LibraryImport(Library, EntryPoint = "rados_buffer_free")]
    public static partial void FreeBuffer(byte* buffer);

    [LibraryImport(Library, EntryPoint = "rados_wait_for_latest_osdmap")]
    public static partial int WaitForLatestOsdMap(ClusterHandle cluster);

    [LibraryImport(Library, EntryPoint = "rados_pool_list")]
    public static partial int ListPools(ClusterHandle cluster, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_pool_reverse_lookup")]
    public static partial int NameOfPool(ClusterHandle cluster, long id, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_pool_lookup", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long LookUpPool(ClusterHandle cluster, string pool);

    [LibraryImport(Library, EntryPoint = "rados_application_list")]
    public static partial int ListApplications(IoContextHandle io, byte* values, nuint* length);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateIoContext(ClusterHandle cluster, string pool, out nint io);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_destroy")]
    public static partial void DestroyIoContext(nint io);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_get_id")]
    public static partial long GetPoolId(IoContextHandle io);

    [LibraryImport(Library, EntryPoint = "rados_ioctx_set_namespace", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetNamespace(IoContextHandle io, string ns);

    [LibraryImport(Library, EntryPoint = "rados_set_pool_full_try")]
    public static partial void SetPoolFullTry(IoContextHandle io);

    [LibraryImport(Library, EntryPoint = "rados_mon_command")]
    public static partial int MonitorCommand(
        ClusterHandle cluster, byte** commands, nuint count, byte* input, nuint inputLength,
        out byte* output, out nuint outputLength, out byte* status, out nuint statusLength);

    [LibraryImport(Library, EntryPoint = "rados_list_lockers", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ListLockers(
        IoContextHandle io, string oid, string name, out int exclusive, byte* tag, nuint* tagLength,
        byte* clients, nuint* clientsLength, byte* cookies, nuint* cookiesLength, byte* addresses, nuint* addressesLength);

    [LibraryImport(Library, EntryPoint = "rados_break_lock", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int BreakLock(IoContextHandle io, string oid, string name, string client, string cookie);

    [LibraryImport(Library, EntryPoint = "rados_nobjects_list_open")]
    public static partial int BeginObjects(IoContextHandle io, out nint list);

    [LibraryImport(Library, EntryPoint = "rados_nobjects_list_next")]
    public static partial int NextObject(nint list, out byte* name, nint locator, nint ns);

    [LibraryImport(Library, EntryPoint = "rados_nobjects_list_close")]
    public static partial void EndObjects(nint list);

    // Asynchronous operations.
    [LibraryImport(Library, EntryPoint = "rados_aio_create_completion2")]
    public static partial int CreateCompletion(nint state, delegate* unmanaged<nint, nint, void> completed, out nint completion);

    [LibraryImport(Library, EntryPoint = "rados_aio_get_return_value")]
    public static partial int GetReturnValue(nint completion);

    [LibraryImport(Library, EntryPoint = "rados_aio_release")]
    public static partial void ReleaseCompletion(nint completion);

    [LibraryImport(Library, EntryPoint = "rados_aio_cancel")]
    public static partial int Cancel(IoContextHandle io, nint completion);

    [LibraryImport(Library, EntryPoint = "rados_write_op_operate", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OperateNow(nint writeOperation, IoContextHandle io, string oid, nint modified, int flags);

    [LibraryImport(Library, EntryPoint = "rados_aio_write_op_operate", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Operate(nint writeOperation, IoContextHandle io, nint completion, string oid, nint modified, int flags);

    [LibraryImport(Library, EntryPoint = "rados_aio_read_op_operate", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OperateRead(nint readOperation, IoContextHandle io, nint completion, string oid, int flags);

    // Steps of a write operation.
    [LibraryImport(Library, EntryPoint = "rados_create_write_op")]
    public static partial nint CreateWriteOperation();

    [LibraryImport(Library, EntryPoint = "rados_release_write_op")]
    public static partial void ReleaseWriteOperation(nint operation);

    [LibraryImport(Library, EntryPoint = "rados_write_op_create")]
    public static partial void WriteCreate(nint operation, int exclusive, nint category);

    [LibraryImport(Library, EntryPoint = "rados_write_op_remove")]
    public static partial void WriteRemove(nint operation);

    [LibraryImport(Library, EntryPoint = "rados_write_op_write_full")]
    public static partial void WriteFull(nint operation, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_write_op_append")]
    public static partial void WriteAppend(nint operation, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "rados_write_op_cmpext")]
    public static partial void WriteCompareExtent(nint operation, byte* buffer, nuint length, ulong offset, int* result);

    [LibraryImport(Library, EntryPoint = "rados_write_op_exec", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void WriteExecute(nint operation, string className, string method, byte* input, nuint length, int* result);

    [LibraryImport(Library, EntryPoint = "rados_write_op_omap_cmp2")]
    public static partial void WriteOmapCompare(nint operation, byte* key, byte comparison, byte* value, nuint keyLength, nuint valueLength, int* result);

    [LibraryImport(Library, EntryPoint = "rados_write_op_omap_set2")]
    public static partial void WriteOmapSet(nint operation, byte** keys, byte** values, nuint* keyLengths, nuint* valueLengths, nuint count);

    [LibraryImport(Library, EntryPoint = "rados_write_op_omap_rm_keys2")]
    public static partial void WriteOmapRemove(nint operation, byte** keys, nuint* keyLengths, nuint count);

    [LibraryImport(Library, EntryPoint = "rados_write_op_omap_rm_range2")]
    public static partial void WriteOmapRemoveRange(nint operation, byte* begin, nuint beginLength, byte* end, nuint endLength);

    // Steps of a read operation.
    [LibraryImport(Library, EntryPoint = "rados_create_read_op")]
    public static partial nint CreateReadOperation();

    [LibraryImport(Library, EntryPoint = "rados_release_read_op")]
    public static partial void ReleaseReadOperation(nint operation);

    [LibraryImport(Library, EntryPoint = "rados_read_op_stat")]
    public static partial void ReadStat(nint operation, ulong* size, long* modified, int* result);

    [LibraryImport(Library, EntryPoint = "rados_read_op_read")]
    public static partial void ReadData(nint operation, ulong offset, nuint length, byte* buffer, nuint* read, int* result);

    [LibraryImport(Library, EntryPoint = "rados_read_op_omap_get_vals2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void ReadOmap(nint operation, byte* startAfter, string prefix, ulong max, nint* iterator, byte* more, int* result);

    [LibraryImport(Library, EntryPoint = "rados_read_op_omap_get_vals_by_keys2")]
    public static partial void ReadOmapKeys(nint operation, byte** keys, nuint count, nuint* keyLengths, nint* iterator, int* result);

    [LibraryImport(Library, EntryPoint = "rados_omap_get_next2")]
    public static partial int NextOmap(nint iterator, out byte* key, out byte* value, out nuint keyLength, out nuint valueLength);

    [LibraryImport(Library, EntryPoint = "rados_omap_get_end")]
    public static partial void EndOmap(nint iterator);
}
