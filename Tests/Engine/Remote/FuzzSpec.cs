using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Remote;
using Akka.Remote.Serialization;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>
/// Whatever arrives on the port, from a stranger or behind a valid greeting: the node lives, its memory stays bounded, and no object of a
/// type that is not allowed comes into being. The seeds are fixed, so that a failure repeats.
/// </summary>
public sealed class FuzzSpec(ITestOutputHelper output) : RemotingTestKit(output, """
    akka.loglevel = OFF
    akka.stdout-loglevel = OFF
    akka.actor.serialization-settings.hyperion.allowed-types = ["Mooring.Tests.Engine.Remote.FuzzSpec+Allowed, Mooring.Tests.Engine"]
    akka.remote.handshake-timeout = 60s
    """)
{
    public sealed record Allowed(string Text);

    /// <summary>Not allowed, with a name that is as long as that of the allowed one. Notes that its code ran.</summary>
    public sealed class Refused
    {
        static Refused() => Trap.Sprung = true;

        public Refused() => Trap.Sprung = true;

        public string? Text { get; set; }
    }

    public static class Trap
    {
        public static volatile bool Sprung;
    }

    [Fact]
    public async Task Random_bytes_from_strangers_do_no_harm()
    {
        var chance = new Random(1);
        for (var round = 0; round < 100; round++)
        {
            var bytes = new byte[chance.Next(4, 2_000)];
            chance.NextBytes(bytes);
            if (round % 2 == 0)
                BinaryPrimitives.WriteInt32LittleEndian(bytes, chance.Next(0, 4_000));
            await Send(bytes);
        }
        await IsAlive();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Damaged_frames_behind_a_valid_greeting_do_no_harm(int seed)
    {
        var chance = new Random(seed);
        var actor = Sys.ActorOf(Props.Create<Echo>(), "echo");
        var valid = Frames(actor);
        for (var round = 0; round < 150; round++)
        {
            var frames = round % 3 == 0 ? Refuse(valid) : valid.ToArray();
            for (var hits = chance.Next(1, 6); hits > 0; hits--)
                frames[chance.Next(frames.Length)] = (byte)chance.Next(256);
            if (chance.Next(3) == 0)
                frames = frames[..chance.Next(frames.Length)];
            await Send([.. Greeting(round), .. frames]);
        }
        Assert.False(Trap.Sprung, "an object of a type that is not allowed was made");
        await IsAlive();
    }

    [Fact]
    public async Task Oversized_frames_take_no_memory()
    {
        await IsAlive();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var connections = new List<NetworkStream>();
        try
        {
            for (var i = 0; i < 50; i++)
            {
                // announces two gigabytes and stays there
                var header = new byte[64];
                BinaryPrimitives.WriteInt32LittleEndian(header, int.MaxValue);
                connections.Add(await Open([.. i % 2 == 0 ? Greeting(i) : [], .. header]));
            }
            foreach (var connection in connections)
                await Closed(connection);
        }
        finally
        {
            connections.ForEach(c => c.Dispose());
        }
        await IsAlive();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 32L << 20);
    }

    [Fact]
    public void A_type_that_is_not_allowed_is_refused_before_any_of_its_code_runs()
    {
        var open = Another().Serialization.FindSerializerForType(typeof(Allowed));
        var mine = Sys.Serialization.FindSerializerForType(typeof(Allowed));
        var bytes = open.ToBinary(new Allowed("text"));
        Assert.Equal(new Allowed("text"), mine.FromBinary(bytes, null!));

        Assert.Throws<SerializationException>(() => mine.FromBinary(Refuse(bytes), null!));

        Assert.False(Trap.Sprung, "code of a type that is not allowed ran");
    }

    [Fact]
    public void The_frame_reader_gives_frames_or_one_kind_of_exception_whatever_it_reads()
    {
        var chance = new Random(7);
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = new byte[chance.Next(0, 300)];
            chance.NextBytes(bytes);
            for (var at = 0; at + 4 < bytes.Length; at += chance.Next(5, 60))
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), chance.Next(-1, 60));
            using var reader = new FrameReader(new Trickle(bytes, chance), 128);
            reader.AllowFullFrames();
            try
            {
                while (reader.Next().AsTask().GetAwaiter().GetResult() is { } frame)
                    Assert.InRange(frame.Body.Length, 0, 127);
            }
            catch (WireProtocolException)
            {
                // what it should be
            }
        }
    }

    /// <summary>The same bytes with the other type's name, as somebody who means harm would write them.</summary>
    private static byte[] Refuse(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        Assert.Contains(nameof(Allowed), text, StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(text.Replace(nameof(Allowed), nameof(Refused), StringComparison.Ordinal));
    }

    /// <summary>A stranger's greeting, from an address of its own each time.</summary>
    private byte[] Greeting(int number)
    {
        using var writer = new WireWriter();
        Link.AppendFrame(writer, FrameKind.Hello, new Hello(new Address("akka.tcp", "fuzz", "127.0.0.1", 20_000 + number), 77, LeftAddress, 0, null, 0).Write);
        return writer.ToArray();
    }

    /// <summary>Messages as a peer sends them: allowed, not allowed, to nobody, a selection, system messages.</summary>
    private byte[] Frames(IActorRef actor)
    {
        var right = Another();
        var encoder = new MessageEncoder((ExtendedActorSystem)right, 128_000, 64);
        var echo = (RemoteActorRef)SeenFrom(right, Sys, actor);
        var nobody = (RemoteActorRef)SeenFrom(right, Sys, Sys.DeadLetters);
        using var writer = new WireWriter();
        ulong sequence = 0;
        foreach (var message in (object[])[
            new Allowed("text"), "text", 7, new byte[100], new List<object> { new Allowed("a"), 2, "three" }, new InvalidOperationException("no"), new Identify(1)])
        {
            encoder.Encode(writer, new OutboundMessage(message, right.DeadLetters, echo), 0);
            encoder.Encode(writer, new OutboundMessage(message, null, nobody), 0);
        }
        encoder.Encode(writer, new OutboundMessage(new Akka.Dispatch.SysMsg.Watch(echo, (IInternalActorRef)right.DeadLetters), null, echo), ++sequence);
        Link.AppendFrame(writer, FrameKind.SystemAck, body => body.WriteVarUInt(3));
        Link.AppendFrame(writer, FrameKind.Heartbeat, null);
        Link.AppendFrame(writer, FrameKind.Goodbye, body => body.WriteByte((byte)CloseReason.Shutdown));
        return writer.ToArray();
    }

    private async Task<NetworkStream> Open(byte[] bytes)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(LeftAddress.Host!, LeftAddress.Port!.Value);
        var stranger = new NetworkStream(socket, ownsSocket: true);
        await stranger.WriteAsync(bytes);
        return stranger;
    }

    /// <summary>Sends all and hangs up; the node has dealt with all of it when it has hung up too.</summary>
    private async Task Send(byte[] bytes)
    {
        await using var stranger = await Open(bytes);
        try
        {
            stranger.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // the node was faster
        }
        await Closed(stranger);
    }

    private static async Task Closed(NetworkStream stranger)
    {
        try
        {
            var buffer = new byte[1_000];
            while (await stranger.ReadAsync(buffer).AsTask().WaitAsync(Limit) > 0)
            {
                // the welcome, acknowledgements, answers
            }
        }
        catch (IOException)
        {
            // reset instead of an orderly end: closed is closed
        }
    }

    private async Task IsAlive()
    {
        var right = Another();
        var echo = SeenFrom(right, Sys, Sys.ActorOf(Props.Create<Echo>()));
        Assert.Equal(new Allowed("alive"), await echo.Ask<Allowed>(new Allowed("alive"), Limit));
    }

    /// <summary>Gives a few bytes at a time, as networks do.</summary>
    private sealed class Trickle(byte[] bytes, Random chance) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chance.Next(1, 40))], cancellationToken);
    }
}
