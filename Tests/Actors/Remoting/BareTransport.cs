using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using Mooring.Actors.Remoting;

namespace Mooring.Tests.Actors.Remoting;

/// <summary>A transport on loopback without remoting above it: a test listens, and speaks to it as it likes.</summary>
internal sealed class BareTransport : IAssociationEventListener, IAsyncDisposable
{
    private readonly ActorSystem _system;

    private BareTransport(string settings, TransportSecurity? security)
    {
        var setups = new List<Setup> { BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }")) };
        if (security is not null)
            setups.Add(security);
        _system = ActorSystem.Create("bare", ActorSystemSetup.Create([.. setups]));
        Logged = LogOf(_system);
        Transport = new TcpTransport(_system, ConfigurationFactory.ParseString(settings + "\nhostname = 127.0.0.1, port = 0"));
    }

    public TcpTransport Transport { get; }

    public Address Address { get; private set; } = null!;

    public Occurrences<LogEvent> Logged { get; }

    public Occurrences<AssociationHandle> Associations { get; } = new("the transport");

    public static async Task<BareTransport> ListenAsync(string settings = "", TransportSecurity? security = null)
    {
        var bare = new BareTransport(settings, security);
        (bare.Address, var listener) = await bare.Transport.Listen();
        listener.SetResult(bare);
        return bare;
    }

    /// <summary>What a system logs from now on, warnings and errors.</summary>
    public static Occurrences<LogEvent> LogOf(ActorSystem system)
    {
        var logged = new Occurrences<LogEvent>("the log");
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Recorder<LogEvent>(logged))), typeof(LogEvent));
        return logged;
    }

    public void Notify(IAssociationEvent ev) => Associations.Add(((InboundAssociation)ev).Association);

    public Task<AssociationHandle> AssociateAsync(EndPoint to) => Transport.Associate(new Address("tcp", "other", ((IPEndPoint)to).Address.ToString(), ((IPEndPoint)to).Port));

    /// <summary>Connects as a stranger.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Address.Host, Address.Port!.Value);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        await Transport.Shutdown();
        await _system.Terminate();
    }

    private sealed class Recorder<T> : ReceiveActor
        where T : notnull
    {
        public Recorder(Occurrences<T> all) => Receive<T>(all.Add);
    }
}

/// <summary>Listens to one end of an association.</summary>
internal sealed class Listening : IHandleEventListener
{
    private Listening()
    {
    }

    public Occurrences<IHandleEvent> All { get; } = new("the association");

    public static Listening To(AssociationHandle association)
    {
        var listening = new Listening();
        association.ReadHandlerSource.SetResult(listening);
        return listening;
    }

    public void Notify(IHandleEvent ev) => All.Add(ev);

    public Task DisassociatedAsync() => All.First(e => e is Disassociated, "end", ActorSpec.Limit);

    public async Task<ByteString> PayloadAsync() => ((InboundPayload)await All.First(e => e is InboundPayload, "payload", ActorSpec.Limit)).Payload;
}
