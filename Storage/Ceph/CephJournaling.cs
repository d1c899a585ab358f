using Mooring.Messages;
using Mooring.Storage.Ceph.Native;

namespace Mooring.Storage.Ceph;

/// <summary>
/// What is left when switching an image's journal on or off was cut short. librbd makes the journal before it enters the feature, and removes it before it
/// takes the feature away: a feature without a journal cannot be opened to write, a journal without a feature not be made. The image's other clients are
/// fenced by then, or have nothing to do with it.
/// </summary>
internal sealed class CephJournaling(CephImages images, CephCatalog catalog)
{
    /// <summary>RBD_FEATURE_JOURNALING.</summary>
    public const ulong Feature = 64;

    /// <summary>The object that says what the journal is (journal::Journaler).</summary>
    public const string Header = "journal.";

    // Those of its entries.
    private const string Data = "journal_data.";
    private const ulong SplayWidthMax = 256;

    /// <summary>Makes both agree; blocks. Does nothing when they do.</summary>
    /// <returns>Whether it has taken the feature away.</returns>
    public bool Mend(VolumeId volume, string what)
    {
        var io = images.ContextOf(volume);
        // This thread belongs to a slot and may wait.
        if (catalog.FindAsync(volume, CancellationToken.None).GetAwaiter().GetResult() is not { } id)
            return false;
        var info = catalog.GetAsync(volume, CancellationToken.None).GetAwaiter().GetResult();
        var (has, there) = (info.Features.Contains("journaling"), ReadOperation.StatAsync(io, Header + id).GetAwaiter().GetResult());
        if (there != CephErrors.NotFound)
            images.Check(there, what);
        if (has == (there != CephErrors.NotFound) || IsOpen(volume, what))
            return false;
        if (has)
        {
            images.Check(
                new WriteOperation().Execute("rbd", "set_features", new CephEncoder().Number(0UL).Number(Feature).Written).Run(io, CephHeaders.Prefix + id), what);
        }
        else
        {
            Remove(io, id, what);
        }
        return has;
    }

    // Whoever has it open may be in the middle of that.
    private bool IsOpen(VolumeId volume, string what) => images.Use(volume, readOnly: true, what, image => CephImageUsers.Watchers(image).Count > 0);

    // One that was just made has no more than its first set of objects; the header goes last.
    private void Remove(IoContextHandle io, ImageId id, string what)
    {
        var prefix = $"{Data}{Rados.GetPoolId(io)}.{id}.";
        for (ulong i = 0; i < SplayWidthMax; i++)
        {
            var result = new WriteOperation().Remove().Run(io, prefix + i);
            if (result == CephErrors.NotFound)
                break;
            images.Check(result, what);
        }
        images.Check(new WriteOperation().Remove().Run(io, Header + id), what);
    }
}
