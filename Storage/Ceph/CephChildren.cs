using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>The clones of an image.</summary>
internal static unsafe class CephChildren
{
    /// <summary>CEPH_NOSNAP: the image itself.</summary>
    public const ulong Head = unchecked((ulong)-2);

    /// <summary>The clones of one of its snapshots, or of all of them; blocks. Leaves the image at its head.</summary>
    public static List<VolumeId> Of(CephImages images, ImageHandle image, string what, ulong? snapshot)
    {
        if (snapshot is null)
            return List(images, image, what);
        images.Check(Rbd.SetSnapshot(image, snapshot.Value), what);
        try
        {
            return List(images, image, what);
        }
        finally
        {
            _ = Rbd.SetSnapshot(image, Head);
        }
    }

    private static List<VolumeId> List(CephImages images, ImageHandle image, string what)
    {
        nuint count = 16;
        while (true)
        {
            var buffer = new Rbd.LinkedImage[count];
            fixed (Rbd.LinkedImage* children = buffer)
            {
                var result = Rbd.ListChildren(image, children, &count);
                if (result == CephErrors.Range)
                    continue;
                images.Check(result, what);
                var found = new List<VolumeId>();
                for (nuint i = 0; i < count; i++)
                {
                    var (pool, ns, name) =
                        (NativeText.Read(children[i].PoolName), NativeText.Read(children[i].Namespace), NativeText.Read(children[i].ImageName));
                    found.Add(children[i].Trash != 0 ? CephTrash.NameOf(pool, ns, name, NativeText.Read(children[i].ImageId)) : new VolumeId(pool, ns, name));
                }
                Rbd.FreeChildren(children, count);
                return found;
            }
        }
    }
}
