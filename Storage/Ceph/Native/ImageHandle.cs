using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <summary>An open rbd_image_t. Closing blocks; it happens on the thread that disposes it.</summary>
internal sealed class ImageHandle : SafeHandle
{
    private readonly IoContextHandle _io;

    public ImageHandle(nint image, IoContextHandle io)
        : base(0, ownsHandle: true)
    {
        var added = false;
        io.DangerousAddRef(ref added);
        _io = io;
        SetHandle(image);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        // What a close can report (a failed last flush) was reported by the explicit flush before it.
        _ = Rbd.Close(handle);
        _io.DangerousRelease();
        return true;
    }
}
