using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <summary>
/// A rados_t. Input-output contexts hold a reference, so rados_shutdown runs when the last of them is gone; it joins librados' threads and so
/// must not run on one of them.
/// </summary>
internal sealed class ClusterHandle : SafeHandle
{
    public ClusterHandle(nint cluster)
        : base(0, ownsHandle: true) => SetHandle(cluster);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Rados.Shutdown(handle);
        return true;
    }
}
