using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Mooring.StorageNode.Http;

/// <summary>What the web server listens on for the virtual IP: always there, served only while this node owns the address.</summary>
internal sealed class VirtualEndPoint(IPEndPoint address) : EndPoint
{
    public IPEndPoint Address => address;

    public override string ToString() => address.ToString();
}

/// <summary>
/// The virtual IP's side of the web server: whoever puts the address on gives the listening socket and may cut it off at once, from any
/// thread. The server itself runs all the time, so that a takeover starts nothing.
/// </summary>
internal sealed class VirtualListener(EndPoint endpoint) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(1024);
    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
    private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    private Socket[] _sockets = [];

    /// <inheritdoc/>
    public EndPoint EndPoint => endpoint;

    /// <inheritdoc/>
    public bool CanBind(EndPoint where) => ReferenceEquals(where, endpoint);

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint where, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection) ? connection : null;

    /// <summary>Serves the connections of these sockets, and of those before no more.</summary>
    /// <param name="sockets">They listen.</param>
    public void Serve(params Socket[] sockets)
    {
        foreach (var before in Interlocked.Exchange(ref _sockets, sockets))
            before.Dispose();
        foreach (var socket in sockets)
            _ = ServeAsync(socket);
    }

    /// <summary>Closes the sockets and every connection (by RST), without waiting for anybody.</summary>
    public void Cut()
    {
        Serve();
        foreach (var connection in _open.Keys)
            connection.Abort(new ConnectionAbortedException("the virtual IP has left this node"));
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Cut();
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _contexts.Dispose();
        return UnbindAsync();
    }

    private async Task ServeAsync(Socket socket)
    {
        while (true)
        {
            try
            {
                var connection = _contexts.Create(await socket.AcceptAsync());
                _open[connection] = true;
                connection.ConnectionClosed.Register(() => _open.TryRemove(connection, out _));
                // Accepted before the socket was closed, found after the others were cut off.
                if (!Volatile.Read(ref _sockets).Contains(socket) || !_accepted.Writer.TryWrite(connection))
                    connection.Abort(new ConnectionAbortedException("the virtual IP has left this node"));
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;
            }
            catch (SocketException)
            {
                // One that went away before it was accepted, or too many open files: a moment later there is room again.
                await Task.Delay(10);
            }
        }
    }
}
