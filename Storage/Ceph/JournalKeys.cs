using System.Globalization;
using System.Text;

namespace Mooring.Storage.Ceph;

/// <summary>
/// Where the event log keeps a stream: one of a fixed number of objects <c>mooring.journal.NN</c>, by the stream's hash, and the keys in its omap.
/// <c>h/STREAM</c> the highest number, <c>e/STREAM/NUMBER</c> an event, <c>s/STREAM/NUMBER</c> what is known of a snapshot,
/// <c>d/STREAM/NUMBER</c> a small snapshot's bytes. A larger one is an object <c>mooring.snapshot.STREAM/NUMBER</c>.
/// </summary>
internal readonly struct JournalKeys
{
    /// <summary>Part of the layout: changing it loses the journal. Few, so that appends of many volumes meet in one write: a write costs three
    /// replicas their transaction, whatever is in it.</summary>
    public const int Objects = 4;

    private const int NumberDigits = 20;
    private readonly string _stream;

    public JournalKeys(string stream)
    {
        // A slash in a stream's name would make one stream's keys begin like another's.
        _stream = stream.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);
        Index = (int)(StableHash.Of(stream) % Objects);
    }

    /// <summary>Which of the objects.</summary>
    public int Index { get; }

    /// <summary>The object's name.</summary>
    public string Object => NameOf(Index);

    public byte[] Highest => Encoding.UTF8.GetBytes("h/" + _stream);

    public string EventPrefix => $"e/{_stream}/";

    public string SnapshotPrefix => $"s/{_stream}/";

    public static string NameOf(int index) => $"mooring.journal.{index:D2}";

    /// <summary>The value of <see cref="Highest"/>: nothing for 0, which an absent key equals.</summary>
    public static byte[] Text(long number) => number == 0 ? [] : Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads what <see cref="Text"/> wrote.</summary>
    public static long Number(ReadOnlySpan<byte> value) => value.IsEmpty ? 0 : long.Parse(value, CultureInfo.InvariantCulture);

    /// <summary>The number at the end of an event's or a snapshot's key.</summary>
    public static long NumberOf(byte[] key) => Number(key.AsSpan(key.Length - NumberDigits));

    public string EventText(long number) => EventPrefix + Digits(number);

    public byte[] Event(long number) => Encoding.UTF8.GetBytes(EventText(number));

    public byte[] Snapshot(long number) => Encoding.UTF8.GetBytes(SnapshotPrefix + Digits(number));

    public byte[] SnapshotData(long number) => Encoding.UTF8.GetBytes($"d/{_stream}/{Digits(number)}");

    public string SnapshotObject(long number) => $"mooring.snapshot.{_stream}/{Digits(number)}";

    private static string Digits(long number) => number.ToString("D20", CultureInfo.InvariantCulture);
}
