using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>What the side that connects says first.</summary>
internal sealed record Hello(Address From, int FromUid, Address To, int AcceptedBefore, int? PeerUid, ulong DeliveredFromPeer)
{
    private const int Magic = 0x31524B41; // "AKR1"

    public void Write(WireWriter writer)
    {
        writer.WriteInt32(Magic);
        writer.WriteAddress(From);
        writer.WriteInt32(FromUid);
        writer.WriteAddress(To);
        writer.WriteVarUInt((uint)AcceptedBefore);
        writer.WriteBoolean(PeerUid is not null);
        writer.WriteInt32(PeerUid ?? 0);
        writer.WriteVarUInt(DeliveredFromPeer);
    }

    public static Hello Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadInt32() != Magic)
            throw new WireProtocolException("The connection does not begin as expected");
        var from = reader.ReadAddress();
        var uid = reader.ReadInt32();
        var to = reader.ReadAddress();
        var accepted = checked((int)reader.ReadVarUInt());
        var knowsPeer = reader.ReadBoolean();
        var peerUid = reader.ReadInt32();
        return new Hello(from, uid, to, accepted, knowsPeer ? peerUid : null, reader.ReadVarUInt());
    }
}

/// <summary>The answer to <see cref="Hello"/> that makes a connection usable.</summary>
internal sealed record Welcome(Address From, int FromUid, int AcceptNumber, ulong DeliveredFromPeer)
{
    public void Write(WireWriter writer)
    {
        writer.WriteAddress(From);
        writer.WriteInt32(FromUid);
        writer.WriteVarUInt((uint)AcceptNumber);
        writer.WriteVarUInt(DeliveredFromPeer);
    }

    public static Welcome Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        return new Welcome(reader.ReadAddress(), reader.ReadInt32(), checked((int)reader.ReadVarUInt()), reader.ReadVarUInt());
    }
}

/// <summary>The answer to <see cref="Hello"/> that ends the connection.</summary>
internal sealed record Reject(CloseReason Reason, int FromUid, string Text)
{
    public void Write(WireWriter writer)
    {
        writer.WriteByte((byte)Reason);
        writer.WriteInt32(FromUid);
        writer.WriteString(Text);
    }

    public static Reject Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        return new Reject((CloseReason)reader.ReadByte(), reader.ReadInt32(), reader.ReadString() ?? "");
    }
}

/// <summary>Up to which number the system messages of one incarnation of a peer were delivered; lives longer than a connection.</summary>
internal sealed class InboundLedger
{
    private ulong _delivered;

    public ulong Delivered
    {
        get => Volatile.Read(ref _delivered);
        set => Volatile.Write(ref _delivered, value);
    }
}

/// <summary>One connection of an association: who is at the other end, and what each direction has to remember.</summary>
internal sealed class Link : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource _readingEnded = new();
    private long _bytesWritten;

    public Link(Remoting remoting, WireConnection connection, bool inbound, int payloadBytesMax)
    {
        Connection = connection;
        Inbound = inbound;
        Encoder = new MessageEncoder(remoting.System, payloadBytesMax, remoting.Settings.PathTableSize);
        Reader = new FrameReader(connection.Stream, payloadBytesMax + (64 * 1024));
        FailureDetector = FailureDetectorLoader.Load(
            remoting.Settings.TransportFailureDetectorConfig.GetString("implementation-class", null),
            remoting.Settings.TransportFailureDetectorConfig,
            remoting.System);
        FailureDetector.HeartBeat();
    }

    public WireConnection Connection { get; }

    /// <summary>Whether the peer opened the connection.</summary>
    public bool Inbound { get; }

    public MessageEncoder Encoder { get; }

    public FrameReader Reader { get; }

    /// <summary>Null until the other side has said who it is.</summary>
    public MessageDecoder? Decoder { get; set; }

    /// <summary>How many connections from us the peer had accepted with this one; tells stale connections from crossing ones.</summary>
    public int AcceptNumber { get; set; }

    /// <summary>The peer meant somebody else: what it sends is not for us.</summary>
    public bool Misaddressed { get; set; }

    /// <summary>The peer was quarantined: what still arrives is not wanted.</summary>
    public bool Deaf { get; set; }

    /// <summary>What was delivered of the incarnation at the other end.</summary>
    public InboundLedger Ledger { get; set; } = new();

    public FailureDetector FailureDetector { get; }

    /// <summary>Set by the reader, cleared by the clock.</summary>
    public bool HeardSinceTick { get; set; }

    /// <summary>Why the peer ends the connection, when it said so.</summary>
    public CloseReason PeerCloses { get; set; }

    /// <summary>The reader of this connection starts only when that of the one before has ended: messages keep their order.</summary>
    public Task Predecessor { get; set; } = Task.CompletedTask;

    public Task ReadingEnded => _readingEnded.Task;

    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    public void EndReading() => _readingEnded.TrySetResult();

    public async ValueTask Write(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await Connection.Stream.WriteAsync(bytes).ConfigureAwait(false);
            Interlocked.Add(ref _bytesWritten, bytes.Length);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask WriteFrame(FrameKind kind, Action<WireWriter> body)
    {
        using var writer = new WireWriter();
        AppendFrame(writer, kind, body);
        await Write(writer.WrittenMemory).ConfigureAwait(false);
    }

    public static void AppendFrame(WireWriter writer, FrameKind kind, Action<WireWriter>? body)
    {
        var start = writer.Length;
        writer.WriteInt32(0);
        writer.WriteByte((byte)kind);
        body?.Invoke(writer);
        writer.WriteInt32At(start, writer.Length - start - 4);
    }

    public void Dispose()
    {
        try
        {
            Connection.Close();
            Reader.Dispose();
        }
        finally
        {
            // Whatever closing says: the reader of the next connection waits for this.
            EndReading();
        }
    }
}
