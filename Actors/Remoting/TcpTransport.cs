using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Akka.Remote.Transport;

namespace Mooring.Actors.Remoting;

/// <summary>
/// Akka.Remote over TCP in place of Akka.NET's own transport (DotNetty), and with its frames, so that either understands the other. With a
/// <see cref="TransportSecurity"/> among the system's setups every connection speaks TLS; the addresses are <c>akka.tcp</c> all the same, and a handshake that
/// fails ends that connection and nothing else.
/// </summary>
/// <remarks>
/// Named by <c>akka.remote.dot-netty.tcp.transport-class</c>. Of that section it reads <c>hostname</c>, <c>port</c>, <c>public-hostname</c>, <c>public-port</c>,
/// <c>connection-timeout</c> (connecting and TLS together; for who connects: to the end of its first frame), <c>maximum-frame-size</c>,
/// <c>write-buffer-high-water-mark</c> (4 MiB unless it says more than nothing), <c>backlog</c>, <c>tcp-nodelay</c>, <c>tcp-keepalive</c> and <c>dns-use-ipv6</c>, and of <c>akka.remote</c>
/// <c>flush-wait-on-shutdown</c>; <c>applied-adapters</c> is read by Akka.Remote. <c>enable-ssl</c> is refused, and nothing else is read.
/// </remarks>
public sealed class TcpTransport : Transport
{
    // Who has connected and not sent a first frame. A node does that within milliseconds.
    private const int StrangerCountMax = 256;

    private const int BufferedBytes = 4 << 20;

    private const int ToldAddressesMax = 100;

    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromMinutes(1);

    // When there are no more open files.
    private static readonly TimeSpan AcceptAgainAfter = TimeSpan.FromMilliseconds(10);

    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<TcpConnection, bool> _connections = new();
    private readonly LinkedList<Socket> _strangers = new();
    private readonly Dictionary<IPAddress, TimeSpan> _told = [];
    private readonly ILoggingAdapter _log;
    private readonly TransportSecurity? _security;
    private readonly TimeSpan _connectionTimeout;
    private readonly TcpConnectionLimits _limits;
    private readonly bool _noDelay;
    private readonly bool _keepAlive;
    private Socket? _socket;
    private Address? _address;

    /// <summary>Made by remoting.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="config">The transport's section of the configuration.</param>
    /// <exception cref="ConfigurationException">It asks for what this transport does otherwise.</exception>
    public TcpTransport(ActorSystem system, Config config)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(config);
        // It would be read as "encrypted" by whoever wrote it.
        if (config.GetBoolean("enable-ssl", false))
            throw new ConfigurationException($"{nameof(TcpTransport)} speaks TLS with a {nameof(TransportSecurity)} among the actor system's setups, not with enable-ssl");
        (System, Config, SchemeIdentifier) = (system, config, "tcp");
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size", null) ?? 128000;
        _log = Logging.GetLogger(system, this);
        _security = system.Settings.Setup.Get<TransportSecurity>() is { HasValue: true } security ? security.Value : null;
        _connectionTimeout = config.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(15));
        _limits = new TcpConnectionLimits(
            (int)MaximumPayloadBytes,
            config.GetByteSize("write-buffer-high-water-mark", null) is > 0 and var mark ? mark : BufferedBytes,
            _connectionTimeout,
            system.Settings.Config.GetTimeSpan("akka.remote.flush-wait-on-shutdown", TimeSpan.FromSeconds(2)));
        (_noDelay, _keepAlive) = (config.GetBoolean("tcp-nodelay", true), config.GetBoolean("tcp-keepalive", true));
    }

    /// <inheritdoc/>
    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var hostname = Config.GetString("hostname", null) is { Length: > 0 } given ? given : IPAddress.Any.ToString();
        var port = Config.GetInt("port", 2552);
        try
        {
            var family = Config.GetBoolean("dns-use-ipv6", false) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
            var ip = IPAddress.TryParse(hostname, out var parsed) ? parsed : (await Dns.GetHostAddressesAsync(hostname, family).ConfigureAwait(false))[0];
            _socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _socket.Bind(new IPEndPoint(ip, port));
            _socket.Listen(Config.GetInt("backlog", 4096));
        }
        catch (SocketException e)
        {
            _socket?.Dispose();
            throw new RemoteTransportException($"cannot listen on {hostname}:{port}: {e.Message}", e);
        }
        _address = new Address(
            SchemeIdentifier,
            System.Name,
            HostOf(Config.GetString("public-hostname", null) is { Length: > 0 } known ? known : hostname),
            Config.GetInt("public-port", 0) is > 0 and var outside ? outside : ((IPEndPoint)_socket.LocalEndPoint!).Port);
        _ = AcceptAsync(_socket);
        return (_address, _listener);
    }

    /// <inheritdoc/>
    public override bool IsResponsibleFor(Address remote) => true;

    /// <inheritdoc/>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        ArgumentNullException.ThrowIfNull(remoteAddress);
        using var limit = Bounded();
        Socket? socket = null;
        try
        {
            EndPoint endpoint = IPAddress.TryParse(remoteAddress.Host, out var ip)
                ? new IPEndPoint(ip, remoteAddress.Port!.Value)
                : new DnsEndPoint(remoteAddress.Host, remoteAddress.Port!.Value);
            socket = ip is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endpoint, limit.Token).ConfigureAwait(false);
            var stream = Prepare(socket);
            if (_security is not null)
                stream = await _security.Connect(stream, remoteAddress.Host, limit.Token).ConfigureAwait(false);
            return Begin(new TcpConnection(socket, stream, _address!, remoteAddress, _limits, _log));
        }
        catch (Exception e)
        {
            socket?.Dispose();
            // Without a cause: Akka.Remote says the message alone then, and not where in the code it happened.
            throw new InvalidAssociationException($"no connection to {remoteAddress}: {WhyNot(e, limit)}");
        }
    }

    /// <inheritdoc/>
    public override async Task<bool> Shutdown()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        _socket?.Dispose();
        foreach (var connection in _connections.Keys)
            connection.Close();
        await Task.WhenAll(_connections.Keys.Select(connection => connection.Ended)).ConfigureAwait(false);
        return true;
    }

    private static string HostOf(string hostname) => IPAddress.TryParse(hostname, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : hostname;

    private CancellationTokenSource Bounded()
    {
        var bounded = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        bounded.CancelAfter(_connectionTimeout);
        return bounded;
    }

    private string WhyNot(Exception e, CancellationTokenSource limit) =>
        _stopped.IsCancellationRequested ? "remoting ends" : limit.IsCancellationRequested ? $"not within {_connectionTimeout.TotalSeconds:0.#} s" : e.Message;

    private Stream Prepare(Socket socket)
    {
        socket.NoDelay = _noDelay;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, _keepAlive);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private TcpConnection Begin(TcpConnection connection)
    {
        _connections.TryAdd(connection, true);
        connection.Begin(() => _connections.TryRemove(connection, out _));
        // It may have been opened while all others were closed.
        if (_stopped.IsCancellationRequested)
            connection.Close();
        return connection;
    }

    private async Task AcceptAsync(Socket socket)
    {
        using var pause = new PeriodicTimer(AcceptAgainAfter);
        var listener = await _listener.Task.ConfigureAwait(false);
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                _ = MeetAsync(await socket.AcceptAsync(_stopped.Token).ConfigureAwait(false), listener);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // One that went away before it was accepted, or too many open files.
                await pause.WaitForNextTickAsync().ConfigureAwait(false);
            }
        }
    }

    // Remoting hears of who has connected when it has sent a first frame: until then it costs a place among a bounded number.
    private async Task MeetAsync(Socket socket, IAssociationEventListener listener)
    {
        var place = TakePlace(socket);
        // The next one is not kept waiting by the arithmetic of this one's handshake.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var limit = Bounded();
        IPAddress? from = null;
        try
        {
            var remote = (IPEndPoint)socket.RemoteEndPoint!;
            from = remote.Address;
            var stream = Prepare(socket);
            await stream.ReadAsync(Memory<byte>.Empty, limit.Token).ConfigureAwait(false);
            // Nodes that try whether this one lives leave without a word.
            if (socket.Available == 0)
            {
                GiveBack(place);
                socket.Dispose();
                return;
            }
            if (_security is not null)
                stream = await _security.Accept(stream, limit.Token).ConfigureAwait(false);
            var address = new Address(SchemeIdentifier, System.Name, HostOf(remote.Address.ToString()), remote.Port);
            var connection = new TcpConnection(socket, stream, _address!, address, _limits, _log);
            await connection.ReceiveFirstAsync(limit.Token).ConfigureAwait(false);
            // From now on it gives way to nobody.
            if (!GiveBack(place))
                throw new IOException("too late");
            listener.Notify(new InboundAssociation(Begin(connection)));
        }
        catch (Exception e)
        {
            socket.Dispose();
            Tell(from, GiveBack(place) ? WhyNot(e, limit) : "it was silent for longest while others came");
        }
    }

    // Who has waited for longest gives way: who is a node does not wait.
    private LinkedListNode<Socket> TakePlace(Socket socket)
    {
        lock (_strangers)
        {
            if (_strangers.First is { } longest && _strangers.Count == StrangerCountMax)
            {
                _strangers.Remove(longest);
                longest.Value.Dispose();
            }
            return _strangers.AddLast(socket);
        }
    }

    // False when it was taken away.
    private bool GiveBack(LinkedListNode<Socket> place)
    {
        lock (_strangers)
        {
            if (place.List is null)
                return false;
            _strangers.Remove(place);
            return true;
        }
    }

    // Once in a while for each address, of a bounded number of them: strangers must not fill the disk.
    private void Tell(IPAddress? from, string why)
    {
        if (from is null || _stopped.IsCancellationRequested)
            return;
        var now = System.Scheduler.MonotonicClock;
        lock (_told)
        {
            foreach (var (address, at) in _told)
            {
                if (now - at > TellAgainAfter)
                    _told.Remove(address);
            }
            if (_told.Count == ToldAddressesMax || !_told.TryAdd(from, now))
                return;
        }
        _log.Warning("a connection from {0} was closed before it was a node's: {1}", from, why);
    }
}
