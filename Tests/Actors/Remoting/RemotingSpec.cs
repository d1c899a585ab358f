using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Akka.Remote.Transport;
using Akka.Remote.Transport.DotNetty;
using Google.Protobuf;

namespace Mooring.Tests.Actors.Remoting;

/// <summary>Actor systems that talk over Mooring's transport: with each other, with Akka.NET's own, by TLS, and with those who are no nodes.</summary>
public sealed class RemotingSpec : IAsyncDisposable
{
    private const string Ours = "Mooring.Actors.Remoting.TcpTransport, Mooring.Actors";
    private const string DotNetty = "Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote";

    // Bytes of which a client and a server of TLS see at once that they are none.
    private static readonly byte[] NoHello = [22, 3, 1, 0, 5, .. "hello"u8];

    private static readonly TimeSpan Limit = ActorSpec.Limit;

    private readonly TestAuthority _authority = new(), _another = new();
    private readonly List<ActorSystem> _systems = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var system in _systems)
            await system.Terminate().WaitAsync(Limit);
        _authority.Dispose();
        _another.Dispose();
    }

    [Theory]
    [InlineData(Ours, Ours)]
    [InlineData(Ours, DotNetty)]
    [InlineData(DotNetty, Ours)]
    public async Task Two_systems_talk_and_large_messages_arrive(string first, string second)
    {
        var (one, other) = (Start(transport: first), Start(transport: second));
        var large = new byte[3 << 20];
        Random.Shared.NextBytes(large);
        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            Assert.Equal("a word", await EchoAsync(from, to, "a word"));
            Assert.Equal(large, await EchoAsync(from, to, large));
        }
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_where_it_is_sent_and_the_connection_stays()
    {
        var (one, other) = (Start(), Start());
        await EchoAsync(one, other, "a word");
        var (logged, ends) = (BareTransport.LogOf(one), Events<DisassociatedEvent>(one));

        one.ActorSelection(Echo(other)).Tell(new byte[(4 << 20) + 1]);

        Assert.Equal("a word", await EchoAsync(one, other, "a word"));
        Assert.Contains("oversized", Assert.Single(logged.All, e => e is Error).Cause.Message, StringComparison.Ordinal);
        Assert.Empty(ends.All);
    }

    [Theory]
    [InlineData(Ours, false)]
    [InlineData(Ours, true)]
    [InlineData(DotNetty, false)]
    public async Task Messages_keep_their_order_though_the_buffer_is_full_now_and_then(string receiver, bool tls)
    {
        const int Count = 100_000;
        var one = Start("akka.remote.dot-netty.tcp.write-buffer-high-water-mark = 64 KiB", tls ? _authority.Node("one") : null);
        var other = Start(tls: tls ? _authority.Node("other") : null, transport: receiver);
        var done = new TaskCompletionSource<int>();
        other.ActorOf(Props.Create(() => new Ordered(Count, done)), "ordered");
        var ordered = await one.ActorSelection(new RootActorPath(AddressOf(other)) / "user" / "ordered").ResolveOne(Limit);

        for (var number = 0; number < Count; number++)
            ordered.Tell(number);

        Assert.Equal(Count, await done.Task.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_refused_connection_is_published_as_an_error_at_once()
    {
        var system = Start("akka.remote.dot-netty.tcp.connection-timeout = 10m");
        var errors = Events<AssociationErrorEvent>(system);
        using var listening = TcpTransportSpec.Listen();
        var nobody = new Address("akka.tcp", "node", "127.0.0.1", ((IPEndPoint)listening.LocalEndpoint).Port);
        listening.Stop();

        system.ActorSelection(new RootActorPath(nobody) / "user" / "echo").Tell("anybody?");

        var error = await errors.First(_ => true, "error", Limit);
        Assert.Equal(nobody, error.RemoteAddress);
        Assert.Contains("Connection refused", error.Cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_of_one_CA_talk_by_TLS_and_their_addresses_are_as_without()
    {
        var (one, other) = (Start(tls: _authority.Node("one")), Start(tls: _authority.Node("other")));

        Assert.Equal("a word", await EchoAsync(one, other, "a word"));
        Assert.Equal("a word", await EchoAsync(other, one, "a word"));
        Assert.Equal("akka.tcp", AddressOf(one).Protocol);
    }

    [Fact]
    public async Task Who_has_no_certificate_of_the_CA_reaches_no_node()
    {
        using var foreign = _another.Node("node");
        await using var bare = await BareTransport.ListenAsync("connection-timeout = 10m", _authority.Node("one").Remoting);
        foreach (var shown in (X509Certificate2?[])[null, foreign.Current])
        {
            using var socket = await bare.ConnectAsync();
            // Whether the client hears of it in its handshake or after that is TLS's own affair.
            var refused = await Record.ExceptionAsync(async () =>
            {
                await using var tls = await TestAuthority.ConnectAsync(new NetworkStream(socket), shown);
                await tls.WriteAsync(TcpTransportSpec.Frame(1));
                Assert.Equal(0, await tls.ReadAsync(new byte[1]).AsTask().WaitAsync(Limit));
            });
            Assert.True(refused is null or IOException or System.Security.Authentication.AuthenticationException, refused?.ToString());
        }
        using (var plain = await bare.ConnectAsync())
        {
            await plain.SendAsync(NoHello);
            await TcpTransportSpec.EndOfAsync(plain);
        }
        Assert.Empty(bare.Associations.All);

        using var trusted = await bare.ConnectAsync();
        await using var known = await TestAuthority.ConnectAsync(new NetworkStream(trusted), _authority.Node("other").Current);
        await known.WriteAsync(TcpTransportSpec.Frame(1));
        await TcpTransportSpec.AssociationAsync(bare);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_node_speaks_to_who_has_no_certificate_of_the_CA(bool speaksTls)
    {
        await using var bare = await BareTransport.ListenAsync("connection-timeout = 10m", _authority.Node("one").Remoting);
        using var listening = TcpTransportSpec.Listen();
        using var foreign = _another.Node("node");
        var refused = Assert.ThrowsAsync<InvalidAssociationException>(() => bare.AssociateAsync(listening.LocalEndpoint).WaitAsync(Limit));
        using var socket = await listening.AcceptSocketAsync();
        if (speaksTls)
            await Record.ExceptionAsync(() => TestAuthority.AcceptAsync(new NetworkStream(socket), foreign.Current));
        else
            await socket.SendAsync(NoHello);

        Assert.Contains("no TLS", (await refused).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Ours, true)]
    [InlineData(Ours, false)]
    // What it was replaced for.
    [InlineData(DotNetty, true)]
    public async Task A_call_that_is_cut_off_in_its_handshake_fails_and_the_system_lives(string transport, bool reset)
    {
        var system = Start(tls: _authority.Node("one"), transport: transport);
        var errors = Events<AssociationErrorEvent>(system);
        using var listening = TcpTransportSpec.Listen();
        var peer = new Address(AddressOf(system).Protocol, "node", "127.0.0.1", ((IPEndPoint)listening.LocalEndpoint).Port);
        system.ActorSelection(new RootActorPath(peer) / "user" / "echo").Tell("anybody?");
        var socket = await listening.AcceptSocketAsync();
        await socket.ReceiveAsync(new byte[10]);

        if (reset)
            socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();

        if (transport == DotNetty)
        {
            await system.WhenTerminated.WaitAsync(Limit);
            return;
        }
        await errors.First(e => e.RemoteAddress == peer, "error", Limit);
        var other = Start(tls: _authority.Node("other"));
        Assert.Equal("a word", await EchoAsync(system, other, "a word"));
        Assert.False(system.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_caller_that_is_cut_off_in_its_handshake_is_told_of_once_and_the_system_lives()
    {
        var system = Start(tls: _authority.Node("one"));
        var logged = BareTransport.LogOf(system);
        var hello = await HelloAsync();
        for (var i = 0; i < 20; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, AddressOf(system).Port!.Value);
            await socket.SendAsync(hello.AsMemory(0, i % 2 == 0 ? hello.Length / 2 : hello.Length));
            if (i % 4 < 2)
                socket.LingerState = new LingerOption(true, 0);
        }

        var other = Start(tls: _authority.Node("other"));
        Assert.Equal("a word", await EchoAsync(system, other, "a word"));
        Assert.Equal("a word", await EchoAsync(other, system, "a word"));
        await logged.First(_ => true, "word of it", Limit);
        Assert.Single(logged.All);
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_at_the_next_connection_on_either_side()
    {
        var node = _authority.Node("one");
        var peers = _authority.Node("other").Current;
        await using var bare = await BareTransport.ListenAsync("", node.Remoting);
        using var listening = TcpTransportSpec.Listen();
        await ShowsAsync(node.Current.SerialNumber);

        await ShowsAsync(_authority.Issue("one"));

        async Task ShowsAsync(string serial)
        {
            using var called = await bare.ConnectAsync();
            await using (var tls = await TestAuthority.ConnectAsync(new NetworkStream(called), peers))
                Assert.Equal(serial, tls.RemoteCertificate!.GetSerialNumberString());
            var calling = bare.AssociateAsync(listening.LocalEndpoint);
            using var caller = await listening.AcceptSocketAsync();
            await using (var tls = await TestAuthority.AcceptAsync(new NetworkStream(caller), peers))
            {
                Assert.Equal(serial, tls.RemoteCertificate!.GetSerialNumberString());
                var association = await calling;
                Assert.True(association.Write(ByteString.CopyFromUtf8("one")));
                var frame = new byte[7];
                await tls.ReadExactlyAsync(frame).AsTask().WaitAsync(Limit);
                Assert.Equal("\u0003\0\0\0one", System.Text.Encoding.Latin1.GetString(frame));
            }
        }
    }

    private static Address AddressOf(ActorSystem system) => ((RemoteActorRefProvider)((ExtendedActorSystem)system).Provider).DefaultAddress;

    private static ActorPath Echo(ActorSystem system) => new RootActorPath(AddressOf(system)) / "user" / "echo";

    private static Task<T> EchoAsync<T>(ActorSystem from, ActorSystem to, T message) => from.ActorSelection(Echo(to)).Ask<T>(message!, Limit);

    private static Occurrences<T> Events<T>(ActorSystem system)
        where T : notnull
    {
        var events = new Occurrences<T>(system.Name);
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Recorder<T>(events))), typeof(T));
        return events;
    }

    // The first words of a client of TLS.
    private static async Task<byte[]> HelloAsync()
    {
        using var listening = TcpTransportSpec.Listen();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listening.LocalEndpoint);
        using var socket = await listening.AcceptSocketAsync();
        await using var tls = new SslStream(client.GetStream());
        var shaking = tls.AuthenticateAsClientAsync("node");
        var hello = new byte[10_000];
        var count = await socket.ReceiveAsync(hello);
        socket.Dispose();
        await Record.ExceptionAsync(() => shaking);
        return hello[..count];
    }

    private ActorSystem Start(string settings = "", Mooring.StorageNode.Tls.NodeTls? tls = null, string transport = Ours)
    {
        var config = ConfigurationFactory.ParseString(settings).WithFallback(ConfigurationFactory.ParseString(
            $$"""
            akka {
              loglevel = WARNING
              stdout-loglevel = OFF
              loggers = []
              log-dead-letters = off
              actor.provider = remote
              remote {
                log-remote-lifecycle-events = off
                dot-netty.tcp {
                  transport-class = "{{transport}}"
                  hostname = 127.0.0.1
                  port = 0
                  maximum-frame-size = 4 MiB
                  enable-ssl = {{(transport == DotNetty && tls is not null ? "on" : "off")}}
                }
              }
              coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
            }
            """));
        Setup[] setups = tls is null ? []
            : transport == Ours ? [tls.Remoting]
            : [new DotNettySslSetup(tls.Current, suppressValidation: true)];
        var system = ActorSystem.Create("node", ActorSystemSetup.Create([BootstrapSetup.Create().WithConfig(config), .. setups]));
        system.ActorOf(Props.Create(() => new Echoing()), "echo");
        _systems.Add(system);
        return system;
    }

    private sealed class Echoing : ReceiveActor
    {
        public Echoing() => ReceiveAny(message => Sender.Tell(message));
    }

    private sealed class Ordered : ReceiveActor
    {
        private int _next;

        public Ordered(int count, TaskCompletionSource<int> done) => Receive<int>(number =>
        {
            if (number != _next++)
                done.TrySetException(new InvalidOperationException($"{number} came in place of {_next - 1}"));
            else if (_next == count)
                done.TrySetResult(count);
        });
    }

    private sealed class Recorder<T> : ReceiveActor
        where T : notnull
    {
        public Recorder(Occurrences<T> all) => Receive<T>(all.Add);
    }
}
