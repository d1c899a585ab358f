using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using Mooring.Actors.Remoting;

namespace Mooring.Tests.Actors.Remoting;

/// <summary>The transport by itself, with peers that a test holds in its hand. A wait that is not bounded by what is tested would last for minutes.</summary>
public sealed class TcpTransportSpec
{
    private const int StrangerCountMax = 256;

    private const string Patient = "connection-timeout = 10m";

    private static readonly TimeSpan Limit = ActorSpec.Limit;

    [Fact]
    public async Task A_frame_is_its_length_lowest_byte_first_and_its_payload()
    {
        await using var bare = await BareTransport.ListenAsync();
        using var peer = await bare.ConnectAsync();

        await peer.SendAsync("\u0003\0\0\0one\0\0\0\0\u0005\0\0\0th"u8.ToArray());
        await peer.SendAsync("ree"u8.ToArray());
        var association = await AssociationAsync(bare);
        var heard = Listening.To(association);
        await heard.All.First(e => e is InboundPayload { Payload.Length: 5 }, "second payload", Limit);
        Assert.Equal(["one", "three"], heard.All.All.Select(e => ((InboundPayload)e).Payload.ToStringUtf8()));

        Assert.True(association.Write(ByteString.CopyFromUtf8("four")));
        Assert.True(association.Write(ByteString.CopyFromUtf8("five")));
        Assert.Equal("\u0004\0\0\0four\u0004\0\0\0five", Encoding.Latin1.GetString(await ReadAsync(peer, 16)));
    }

    [Theory]
    [InlineData(100_065)]
    [InlineData(-1)]
    public async Task A_frame_that_is_too_long_ends_its_connection_and_is_logged_once(int length)
    {
        await using var bare = await BareTransport.ListenAsync("maximum-frame-size = 100000b");
        using var peer = await bare.ConnectAsync();
        await peer.SendAsync(Frame(1));
        var heard = Listening.To(await AssociationAsync(bare));
        await peer.SendAsync(Frame(100_064));
        await heard.All.First(e => e is InboundPayload { Payload.Length: 100_064 }, "longest payload", Limit);

        await peer.SendAsync(Header(length));

        await heard.DisassociatedAsync();
        Assert.Equal("", await EndOfAsync(peer));
        await bare.Logged.First(e => e is Error, "word of it", Limit);
        Assert.Single(bare.Logged.All);
    }

    [Fact]
    public async Task What_is_written_waits_up_to_a_bound_and_goes_out_in_order_when_the_peer_reads()
    {
        await using var bare = await BareTransport.ListenAsync("write-buffer-high-water-mark = 1 MiB");
        using var listening = Listen();
        var association = await bare.AssociateAsync(listening.LocalEndpoint);
        using var peer = await listening.AcceptSocketAsync();

        // The sockets take some; after that one buffer's worth, and a frame.
        var written = 0;
        byte[] Payload(int number) => [.. BitConverter.GetBytes(number), .. new byte[9_996]];
        while (association.Write(UnsafeByteOperations.UnsafeWrap(Payload(written))))
        {
            written++;
            Assert.True(written < 10_000, "100 MB were taken of which nobody has read any");
        }
        for (var number = 0; number < written; number++)
            Assert.Equal((byte[])[.. Header(10_000), .. Payload(number)], await ReadAsync(peer, 10_004));

        await Eventually(() => association.Write(ByteString.CopyFromUtf8("more")));
        Assert.Equal("\u0004\0\0\0more", Encoding.Latin1.GetString(await ReadAsync(peer, 8)));
    }

    [Fact]
    public async Task A_frame_that_is_longer_than_the_buffer_is_taken_when_there_is_nothing_else()
    {
        await using var bare = await BareTransport.ListenAsync("write-buffer-high-water-mark = 1 KiB");
        using var listening = Listen();
        var association = await bare.AssociateAsync(listening.LocalEndpoint);
        using var peer = await listening.AcceptSocketAsync();

        Assert.True(association.Write(ByteString.CopyFrom(new byte[100_000])));

        Assert.Equal(Frame(100_000), await ReadAsync(peer, 100_004));
    }

    [Fact]
    public async Task Nothing_is_read_before_somebody_listens()
    {
        await using var bare = await BareTransport.ListenAsync();
        using var peer = await bare.ConnectAsync();
        await peer.SendAsync(Frame(1));
        var association = await AssociationAsync(bare);

        // More than the buffers of both sockets and the transport's own take.
        peer.Blocking = false;
        var sent = 0;
        while (sent < 100 << 20 && await Task.WhenAny(peer.SendAsync(Frame(60_000)), Task.Delay(500)) is Task<int> one)
            sent += await one;
        Assert.True(sent < 100 << 20, "somebody reads");

        var heard = Listening.To(association);
        await heard.All.First(e => e is InboundPayload { Payload.Length: 60_000 }, "what waited", Limit);
    }

    [Fact]
    public async Task A_connection_that_nobody_listens_to_is_closed()
    {
        await using var bare = await BareTransport.ListenAsync("connection-timeout = 200ms");
        using var listening = Listen();
        await bare.AssociateAsync(listening.LocalEndpoint);
        using var peer = await listening.AcceptSocketAsync();

        Assert.Equal("", await EndOfAsync(peer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_dies_is_noticed(bool reset)
    {
        await using var bare = await BareTransport.ListenAsync(Patient);
        using var listening = Listen();
        var association = await bare.AssociateAsync(listening.LocalEndpoint);
        var peer = await listening.AcceptSocketAsync();
        var heard = Listening.To(association);

        if (reset)
            peer.LingerState = new LingerOption(true, 0);
        peer.Dispose();

        await heard.DisassociatedAsync();
        Assert.False(association.Write(ByteString.CopyFromUtf8("too late")));
        Assert.Single(heard.All.All);
    }

    [Fact]
    public async Task What_was_written_arrives_before_the_end()
    {
        await using var bare = await BareTransport.ListenAsync(Patient);
        using var listening = Listen();
        var association = await bare.AssociateAsync(listening.LocalEndpoint);
        using var peer = await listening.AcceptSocketAsync();
        var heard = Listening.To(association);
        // Not read by the time of the end: closed at once, the socket would take back what it has sent.
        await peer.SendAsync(Frame(1000));

        Assert.True(association.Write(ByteString.CopyFrom(new byte[3 << 20])));
        Disassociate(association);
        Disassociate(association);

        Assert.False(association.Write(ByteString.CopyFromUtf8("too late")));
        Assert.Equal(Frame(3 << 20), await ReadAsync(peer, (3 << 20) + 4));
        Assert.Equal("", await EndOfAsync(peer));
        peer.Dispose();
        await ((TcpConnection)association).Ended.WaitAsync(Limit);
        Assert.DoesNotContain(heard.All.All, e => e is Disassociated);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_does_not_keep_a_connection_from_being_closed()
    {
        await using var bare = await BareTransport.ListenAsync(Patient);
        using var listening = Listen();
        var association = await bare.AssociateAsync(listening.LocalEndpoint);
        using var peer = await listening.AcceptSocketAsync();
        while (association.Write(ByteString.CopyFrom(new byte[100_000])))
        {
        }

        Disassociate(association);

        await ((TcpConnection)association).Ended.WaitAsync(Limit);
    }

    [Fact]
    public async Task A_refusal_is_told_at_once()
    {
        await using var bare = await BareTransport.ListenAsync(Patient);
        using var listening = Listen();
        var nobody = listening.LocalEndpoint;
        listening.Stop();

        var refused = await Assert.ThrowsAsync<InvalidAssociationException>(() => bare.AssociateAsync(nobody).WaitAsync(Limit));

        Assert.Equal(($"no connection to tcp://other@{nobody}: Connection refused", null), (refused.Message, refused.InnerException));
    }

    [Fact]
    public async Task All_connections_and_the_port_are_closed_at_the_end()
    {
        var bare = await BareTransport.ListenAsync(Patient);
        using var listening = Listen();
        await bare.AssociateAsync(listening.LocalEndpoint);
        using var outbound = await listening.AcceptSocketAsync();
        using var inbound = await bare.ConnectAsync();
        await inbound.SendAsync(Frame(1));
        Listening.To(await AssociationAsync(bare));
        using var silent = await bare.ConnectAsync();

        await bare.DisposeAsync();

        foreach (var peer in (Socket[])[outbound, inbound, silent])
            Assert.Equal("", await EndOfAsync(peer));
        await Assert.ThrowsAsync<SocketException>(bare.ConnectAsync);
        await Assert.ThrowsAsync<InvalidAssociationException>(() => bare.AssociateAsync(listening.LocalEndpoint));
    }

    [Theory]
    [InlineData("")]
    [InlineData("half a frame")]
    public async Task A_stranger_who_says_nothing_is_let_go_after_a_while(string said)
    {
        await using var bare = await BareTransport.ListenAsync("connection-timeout = 200ms");
        using var stranger = await bare.ConnectAsync();
        if (said.Length > 0)
            await stranger.SendAsync(Frame(1000).AsMemory(0, 500));

        await EndOfAsync(stranger);

        Assert.Empty(bare.Associations.All);
    }

    [Fact]
    public async Task Strangers_who_say_nothing_are_bounded_in_number_and_keep_nobody_out()
    {
        await using var bare = await BareTransport.ListenAsync(Patient);
        using var early = await bare.ConnectAsync();
        await early.SendAsync(Frame(1));
        var heard = Listening.To(await AssociationAsync(bare));
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i < StrangerCountMax + 50; i++)
                strangers.Add(await bare.ConnectAsync());
            // Half of a frame is nothing.
            await strangers[StrangerCountMax].SendAsync(Frame(1000).AsMemory(0, 500));
            for (var i = 0; i < 50; i++)
                await EndOfAsync(strangers[i]);
            Assert.DoesNotContain(strangers.Skip(50), s => s.Poll(TimeSpan.Zero, SelectMode.SelectRead));
            // All of them come from one address.
            Assert.Single(bare.Logged.All);

            using var late = await bare.ConnectAsync();
            await late.SendAsync(Frame(1));
            await bare.Associations.Until(() => Task.FromResult(bare.Associations.All.Count), n => n == 2, "second association", Limit);
            await early.SendAsync(Frame(2));
            await heard.All.First(e => e is InboundPayload { Payload.Length: 2 }, "what the first still says", Limit);
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task A_stranger_may_not_say_much_and_who_leaves_without_a_word_is_not_talked_about()
    {
        await using var bare = await BareTransport.ListenAsync(Patient);
        (await bare.ConnectAsync()).Dispose();
        using var stranger = await bare.ConnectAsync();

        await stranger.SendAsync(Header((16 << 10) + 1));

        await EndOfAsync(stranger);
        var logged = await bare.Logged.First(_ => true, "word of the stranger", Limit);
        Assert.Equal("a connection from 127.0.0.1 was closed before it was a node's: a frame of 16385 bytes came, more than 16384", logged.ToString().Split("] ")[^1]);
        Assert.Single(bare.Logged.All);
    }

    [Fact]
    public async Task The_address_is_the_public_one()
    {
        await using var bare = await BareTransport.ListenAsync("public-hostname = node.example, public-port = 99");

        Assert.Equal("tcp://bare@node.example:99", bare.Address.ToString());
    }

    [Fact]
    public async Task Who_asks_for_TLS_by_its_old_name_is_told()
    {
        await Assert.ThrowsAsync<ConfigurationException>(() => BareTransport.ListenAsync("enable-ssl = on"));
    }

    internal static TcpListener Listen()
    {
        var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        return listening;
    }

    internal static byte[] Frame(int payloadBytes) => [.. Header(payloadBytes), .. new byte[payloadBytes]];

    internal static async Task<AssociationHandle> AssociationAsync(BareTransport bare) => await bare.Associations.First(_ => true, "association", Limit);

    /// <summary>Waits until a connection has ended.</summary>
    /// <returns>What came before the end.</returns>
    internal static async Task<string> EndOfAsync(Socket socket)
    {
        var came = new List<byte>();
        var buffer = new byte[1 << 16];
        try
        {
            while (await socket.ReceiveAsync(buffer).WaitAsync(Limit) is > 0 and var count)
                came.AddRange(buffer.AsSpan(0, count));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
        return Encoding.Latin1.GetString([.. came]);
    }

    private static byte[] Header(int payloadBytes)
    {
        var header = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(header, payloadBytes);
        return header;
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Limit);
        return bytes;
    }

    private static async Task Eventually(Func<bool> holds)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < Limit);
            await Task.Delay(5);
        }
    }

    private static void Disassociate(AssociationHandle association) => association.Disassociate("the test says so", NoLogger.Instance);
}
