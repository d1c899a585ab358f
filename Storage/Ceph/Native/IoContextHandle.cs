using System.Runtime.InteropServices;
using Mooring.Messages;

namespace Mooring.Storage.Ceph.Native;

/// <summary>A rados_ioctx_t: one pool and namespace of a cluster.</summary>
internal sealed class IoContextHandle : SafeHandle
{
    private readonly ClusterHandle _cluster;

    public IoContextHandle(nint io, ClusterHandle cluster)
        : base(0, ownsHandle: true)
    {
        var added = false;
        cluster.DangerousAddRef(ref added);
        _cluster = cluster;
        SetHandle(io);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Keeps the context, and so the cluster, until the result is disposed: for operations that run on after the call that began them.</summary>
    public Reference Hold()
    {
        try
        {
            var added = false;
            DangerousAddRef(ref added);
            return new Reference(this);
        }
        catch (ObjectDisposedException e)
        {
            throw new BlockStoreException(new OperationError(ErrorKind.Unavailable, "the connection is closed"), e);
        }
    }

    protected override bool ReleaseHandle()
    {
        Rados.DestroyIoContext(handle);
        _cluster.DangerousRelease();
        return true;
    }

    /// <summary>A reference that is given back by disposing it once.</summary>
    public readonly struct Reference(IoContextHandle io) : IDisposable
    {
        public void Dispose() => io.DangerousRelease();
    }
}
