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

    /// <summary>Some of them, for a line of text.</summary>
    public static string Names(IReadOnlyList<VolumeId> children) => ObstacleNames.Of([.. children.Select(c => c.ToString())]);

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
                    // One in the trash has its name no more, but is in the way.
                    var name = NativeText.Read(children[i].ImageName);
                    var id = NativeText.Read(children[i].ImageId);
                    found.Add(new VolumeId(
                        NativeText.Read(children[i].PoolName), NativeText.Read(children[i].Namespace), children[i].Trash != 0 ? $"{name} (in the trash, id {id})" : name));
                }
                Rbd.FreeChildren(children, count);
                return found;
            }
        }
    }
}
