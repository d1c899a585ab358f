using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Remote.Transport.DotNetty;

/// <summary>TCP with the sockets of the platform. The name of the class and of its settings are those that configurations know.</summary>
internal sealed class TcpTransport : WireTransport, IDisposable
{
    private readonly ILoggingAdapter _log;
    private readonly string _hostname;
    private readonly string _publicHostname;
    private readonly int _port;
    private readonly int _publicPort;
    private readonly int _backlog;
    private readonly TcpOptions _options;
    private readonly TimeSpan _connectionTimeout;
    private readonly TlsSettings? _tls;
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;

    public TcpTransport(ExtendedActorSystem system, Config config)
        : base(system, config)
    {
        _log = Logging.GetLogger(system, this);
        _hostname = config.GetString("hostname", "") ?? "";
        _publicHostname = config.GetString("public-hostname", "") ?? "";
        _port = Port(config, "port");
        _publicPort = Port(config, "public-port");
        _backlog = config.GetInt("backlog", 4096);
        _connectionTimeout = config.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(15));
        MaximumPayloadBytes = (int)Math.Clamp(config.GetByteSize("maximum-frame-size", null) ?? 128000, 0, int.MaxValue / 2);
        if (MaximumPayloadBytes < 32000)
            throw new ConfigurationException("dot-netty.tcp.maximum-frame-size must be at least 32000 bytes");
        _tls = TlsSettings.Create(config);
        _options = new TcpOptions(
            config.GetBoolean("tcp-nodelay", true),
            config.GetBoolean("tcp-keepalive", true),
            (int)(config.GetByteSize("send-buffer-size", null) ?? 0),
            (int)(config.GetByteSize("receive-buffer-size", null) ?? 0));
    }

    public override string SchemeIdentifier => _tls is null ? "tcp" : "ssl.tcp";

    public override int MaximumPayloadBytes { get; }

    public override Task<Address> Listen(Action<WireConnection> onInbound)
    {
        var endpoint = new IPEndPoint(ListenAddress(), _port);
        // No ReuseAddress: on Unix it would let two systems listen on one port, and each would get half of the connections.
        var listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(endpoint);
            listener.Listen(_backlog);
        }
        catch (SocketException cause)
        {
            listener.Dispose();
            throw new RemoteTransportException($"Failed to listen on {endpoint}: {cause.Message}", cause);
        }

        _listener = listener;
        _ = AcceptLoop(listener, onInbound);
        var bound = (IPEndPoint)listener.LocalEndPoint!;
        var host = _publicHostname.Length > 0 ? _publicHostname : _hostname.Length > 0 && !IPAddress.Any.ToString().Equals(_hostname, StringComparison.Ordinal) ? _hostname : OwnAddress();
        return Task.FromResult(new Address($"{RemoteSettings.AkkaScheme}.{SchemeIdentifier}", System.Name, host, _publicPort > 0 ? _publicPort : bound.Port));
    }

    public override async Task<WireConnection> Connect(Address remote, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        var timer = new Cancelable(System.Scheduler.Advanced);
        System.Scheduler.Advanced.ScheduleOnce(_connectionTimeout, limit.Cancel, timer);
        Socket? socket = null;
        try
        {
            var endpoint = await Resolve(remote, limit.Token).ConfigureAwait(false);
            socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endpoint, limit.Token).ConfigureAwait(false);
            if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
                throw new ConnectionRefusedException($"Connection to {remote} met itself: nobody listens there"); // TCP simultaneous open on loopback
            _options.Apply(socket);
            return _tls is null
                ? new TcpConnection(socket)
                : new TcpConnection(socket, await _tls.AuthenticateAsClient(new NetworkStream(socket, ownsSocket: true), remote.Host!, limit.Token).ConfigureAwait(false));
        }
        catch (SocketException cause) when (cause.SocketErrorCode == SocketError.ConnectionRefused)
        {
            socket?.Dispose();
            throw new ConnectionRefusedException($"Connection refused by {remote}", cause);
        }
        catch (OperationCanceledException cause)
        {
            socket?.Dispose();
            throw new RemoteTransportException($"No connection to {remote} within {_connectionTimeout.TotalSeconds:0.###} s", cause);
        }
        catch (Exception)
        {
            socket?.Dispose();
            throw;
        }
        finally
        {
            timer.Cancel();
        }
    }

    public override void StopListening() => _listener?.Dispose();

    public override Task Shutdown()
    {
        StopListening();
        _stopping.Cancel();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _listener?.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptLoop(Socket listener, Action<WireConnection> onInbound)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync().ConfigureAwait(false);
                _options.Apply(socket);
                if (_tls is null)
                    onInbound(new TcpConnection(socket));
                else
                    _ = AcceptTls(_tls, socket, onInbound);
            }
            catch (ObjectDisposedException)
            {
                return; // StopListening
            }
            catch (SocketException) when (!listener.IsBound || _stopping.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException cause) when (cause.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted or SocketError.InvalidArgument)
            {
                return; // closed while it waited
            }
            catch (SocketException cause)
            {
                // Out of descriptors, or the peer was gone before we came: the listener itself is fine.
                _log.Warning("Accepting a connection failed: {0}", cause.Message);
                if (cause.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                    await Pause().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Beside the loop: a peer that says nothing holds up nobody but itself, and that not for long.</summary>
    private async Task AcceptTls(TlsSettings tls, Socket socket, Action<WireConnection> onInbound)
    {
        var peer = socket.RemoteEndPoint;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var timer = new Cancelable(System.Scheduler.Advanced);
        System.Scheduler.Advanced.ScheduleOnce(_connectionTimeout, limit.Cancel, timer);
        try
        {
            onInbound(new TcpConnection(socket, await tls.AuthenticateAsServer(new NetworkStream(socket, ownsSocket: true), limit.Token).ConfigureAwait(false)));
        }
        catch (RemoteTransportException cause)
        {
            _log.Warning("Connection from [{0}] is refused. {1}", peer, cause.Message);
        }
        catch (OperationCanceledException)
        {
            _log.Warning("Connection from [{0}] is refused. No TLS handshake within {1:0.###} s", peer, _connectionTimeout.TotalSeconds);
        }
        finally
        {
            timer.Cancel();
        }
    }

    private Task Pause()
    {
        var done = new TaskCompletionSource();
        System.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(100), () => done.TrySetResult());
        return done.Task;
    }

    private IPAddress ListenAddress()
    {
        if (_hostname.Length == 0)
            return IPAddress.Any;
        if (IPAddress.TryParse(_hostname, out var address))
            return address;
        try
        {
            return Preferred(Dns.GetHostAddresses(_hostname));
        }
        catch (SocketException cause)
        {
            throw new RemoteTransportException($"Cannot resolve the hostname to listen on [{_hostname}]: {cause.Message}", cause);
        }
    }

    private static async Task<IPEndPoint> Resolve(Address remote, CancellationToken cancellation)
    {
        if (remote.Host is null || remote.Port is null)
            throw new RemoteTransportException($"Address {remote} has no host and port");
        if (IPAddress.TryParse(remote.Host.Trim('[', ']'), out var address))
            return new IPEndPoint(address, remote.Port.Value);
        return new IPEndPoint(Preferred(await Dns.GetHostAddressesAsync(remote.Host, cancellation).ConfigureAwait(false)), remote.Port.Value);
    }

    private static IPAddress Preferred(IPAddress[] addresses) =>
        addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)
        ?? addresses.FirstOrDefault()
        ?? throw new SocketException((int)SocketError.HostNotFound);

    private static string OwnAddress()
    {
        try
        {
            return Preferred(Dns.GetHostAddresses(Dns.GetHostName())).ToString();
        }
        catch (SocketException)
        {
            return IPAddress.Loopback.ToString(); // a machine without a name of its own
        }
    }

    private static int Port(Config config, string key)
    {
        var port = config.GetInt(key, 0);
        return port is >= 0 and <= 65535 ? port : throw new ConfigurationException($"dot-netty.tcp.{key} must be between 0 and 65535, not {port}");
    }

    private sealed record TcpOptions(bool NoDelay, bool KeepAlive, int SendBuffer, int ReceiveBuffer)
    {
        public void Apply(Socket socket)
        {
            socket.NoDelay = NoDelay;
            if (KeepAlive)
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            if (SendBuffer > 0)
                socket.SendBufferSize = SendBuffer;
            if (ReceiveBuffer > 0)
                socket.ReceiveBufferSize = ReceiveBuffer;
        }
    }
}

/// <summary>A connected socket.</summary>
internal sealed class TcpConnection(Socket socket, Stream? secured = null) : WireConnection
{
    public override Stream Stream { get; } = secured ?? new NetworkStream(socket, ownsSocket: true);

    public override string Peer { get; } = socket.RemoteEndPoint?.ToString() ?? "unknown";

    public override void FinishWriting()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception cause) when (cause is SocketException or ObjectDisposedException)
        {
            // The peer was faster to close.
        }
    }

    protected override void CloseOnce() => Stream.Dispose();
}
