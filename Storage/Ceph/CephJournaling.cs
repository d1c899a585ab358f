using System.Text;
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

    private const string TagPrefix = "tag_", NobodysTag = "<orphan>";
    private const int TagsAtOnce = 1000;
    private static readonly byte[] ClientKey = "client_"u8.ToArray();

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

    /// <summary>
    /// Whether a mirrored image gave up being the primary one only by half; blocks. librbd enters a tag that nobody owns, by which it takes the image for
    /// such a one, and then the event by which others hear of it. Copies have such tags as well, that come after one of another cluster.
    /// </summary>
    public static bool IsGivenUpByHalf(CephImages images, IoContextHandle io, ImageId id, string what)
    {
        var (tag, client) = (Array.Empty<byte>(), ReadOperation.OmapAsync(io, Header + id, [ClientKey]));
        for (var (after, more) = ("", true); more;)
        {
            (var result, var tags, more) = ReadOperation.OmapAsync(io, Header + id, after, TagPrefix, TagsAtOnce).GetAwaiter().GetResult();
            images.Check(result, what);
            if (tags.Count == 0)
                break;
            (after, tag) = (Encoding.ASCII.GetString(tags[^1].Key), tags[^1].Value);
        }
        // cls::journal::Tag, TagData.
        var decoder = new CephDecoder(tag);
        decoder.Version();
        var number = decoder.Long();
        decoder.Long();
        decoder.Number();
        return (decoder.Text(), decoder.Text()) == (NobodysTag, "") && Committed(client.GetAwaiter().GetResult().Entries) != number;
    }

    // cls::journal::Client: where the image's own commits stand.
    private static long? Committed(List<OmapEntry> clients)
    {
        var decoder = new CephDecoder(clients is [var client, ..] ? client.Value : []);
        decoder.Version();
        decoder.Text();
        decoder.Text();
        decoder.Version();
        if (decoder.Number() == 0)
            return null;
        decoder.Version();
        decoder.Long();
        return decoder.Long();
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
