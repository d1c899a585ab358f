using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Mooring.StorageNode.Http;

/// <summary>One listening HTTP endpoint that can be cut off at once, from any thread.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConnectionContext> _connections = new();
    private readonly WebApplication _app;
    private Socket? _listener;

    private HttpServer(WebApplication app) => _app = app;

    /// <summary>Starts to listen.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="gateway">What to serve.</param>
    /// <param name="bodyBytesMax">The largest request body, in bytes.</param>
    /// <param name="bind">Makes the bound socket.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The endpoint, listening.</returns>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static async Task<HttpServer> StartAsync(
        IPEndPoint endpoint, Gateway gateway, long bodyBytesMax, Func<EndPoint, Socket> bind, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        HttpServer? server = null;
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = where => server!._listener = bind(where));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = bodyBytesMax;
            kestrel.Listen(endpoint, listen => listen.Use(next => connection => server!.TrackAsync(next, connection)));
        });
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        server = new HttpServer(app);
        gateway.Map(app);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            server.Cut();
            await app.DisposeAsync();
            throw;
        }
        return server;
    }

    /// <summary>Closes the listening socket and every connection, without waiting for anybody.</summary>
    public void Cut()
    {
        _listener?.Dispose();
        foreach (var connection in _connections.Values)
            connection.Abort(new ConnectionAbortedException("the virtual IP has left this node"));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Cut();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // Asked for: nothing is waited for.
        }
        await _app.DisposeAsync();
    }

    private async Task TrackAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        _connections[connection.ConnectionId] = connection;
        try
        {
            await next(connection);
        }
        finally
        {
            _connections.TryRemove(connection.ConnectionId, out _);
        }
    }
}
