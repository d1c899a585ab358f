using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Petabridge.Cmd.Actors;

namespace Petabridge.Cmd.Host;

/// <summary>The endpoint of an actor system that consoles connect to.</summary>
public sealed class PetabridgeCmd : IExtension
{
    private readonly CmdSettings _settings;
    private readonly IActorRef _host;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private EndPoint? _listensOn;

    internal PetabridgeCmd(ExtendedActorSystem system)
    {
        system.Settings.InjectTopLevelFallback(DefaultConfig());
        _settings = CmdSettings.From(system.Settings.Config.GetConfig("petabridge.cmd"));
        _host = system.SystemActorOf(Props.Create(() => new CmdHostActor(_settings)), "petabridge-cmd");
        RegisterCommandPalette(ActorCommands.Instance);
    }

    /// <summary>Where it listens; null until it was started.</summary>
    internal EndPoint? ListensOn => Volatile.Read(ref _listensOn);

    /// <summary>The endpoint of a system.</summary>
    public static PetabridgeCmd Get(ActorSystem system) => system.WithExtension<PetabridgeCmd, PetabridgeCmdProvider>();

    /// <summary>Adds a palette, before or after the start. Of two with the same name the first stays.</summary>
    /// <returns>Whether it was added.</returns>
    public bool RegisterCommandPalette(CommandPaletteHandler handler)
    {
        lock (_lock)
        {
            if (!_names.Add(handler.Palette.ModuleName))
                return false;
        }
        _host.Tell(new CmdHostActor.Register(handler), ActorRefs.NoSender);
        return true;
    }

    /// <summary>Listens, once; a second call does nothing.</summary>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public void Start() => Start(new OpenGate());

    /// <summary>Listens, once; a second call does nothing.</summary>
    /// <param name="gate">Who is let in.</param>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public void Start(IConsoleGate gate)
    {
        lock (_lock)
        {
            if (_listensOn is not null)
                return;
            var listener = Listen(_settings.Host, _settings.Port);
            Volatile.Write(ref _listensOn, listener.LocalEndPoint!);
            _host.Tell(new CmdHostActor.Serve(listener, gate), ActorRefs.NoSender);
        }
    }

    internal static Config DefaultConfig() => ConfigurationFactory.FromResource<PetabridgeCmd>("Petabridge.Cmd.reference.conf");

    private static Socket Listen(string host, int port)
    {
        Socket? socket = null;
        try
        {
            var address = IPAddress.TryParse(host, out var ip) ? ip : Dns.GetHostAddresses(host)[0];
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException($"the console cannot listen on {host}:{port}: {e.Message}", e);
        }
    }
}

/// <summary>Creates the <see cref="PetabridgeCmd"/> of an actor system.</summary>
public sealed class PetabridgeCmdProvider : ExtensionIdProvider<PetabridgeCmd>
{
    /// <inheritdoc/>
    public override PetabridgeCmd CreateExtension(ExtendedActorSystem system) => new(system);
}
