using System.Net;
using System.Net.Sockets;
using Mooring.Actors;
using Mooring.Actors.Files;
using Mooring.Messages;
using Mooring.StorageNode.Tls;

namespace Mooring.StorageNode.Files;

/// <summary>Takes connections for files on the node's data port, up to a bound, for one incarnation of the node.</summary>
internal sealed class DataListener : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NodeName _node;
    private readonly FileSettings _settings;
    private readonly ServedAreas _areas;
    private readonly NodeTls? _tls;
    private readonly CancellationTokenSource _stopped = new();
    private int _open;

    private DataListener(Socket socket, NodeName node, FileSettings settings, ServedAreas areas, NodeTls? tls)
    {
        (_socket, _node, _settings, _areas, _tls) = (socket, node, settings, areas, tls);
        _ = AcceptAsync();
    }

    /// <summary>Listens.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="areas">The areas that it serves.</param>
    /// <param name="tls">What it speaks; null for none.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="NodeStartException">The address cannot be bound.</exception>
    public static DataListener Start(MooringServices services, ServedAreas areas, NodeTls? tls)
    {
        var endpoint = IPEndPoint.Parse(services.Settings.Files.Address);
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(512);
            return new DataListener(socket, services.Settings.Node, services.Settings.Files, areas, tls);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new NodeStartException($"cannot listen on {endpoint}: {e.Message}", e);
        }
    }

    /// <summary>Opens a connection to another data node.</summary>
    /// <param name="address"><c>host:port</c>.</param>
    /// <param name="tls">What is spoken; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    public static async Task<Stream> ConnectAsync(string address, NodeTls? tls, CancellationToken cancellationToken)
    {
        var endpoint = IPEndPoint.Parse(address);
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            var plain = new NetworkStream(socket, ownsSocket: true);
            return tls is null ? plain : await tls.ConnectAsync(plain, endpoint.Address.ToString(), cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _stopped.CancelAsync();
    }

    private async Task AcceptAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var accepted = await _socket.AcceptAsync(_stopped.Token);
                accepted.NoDelay = true;
                if (Volatile.Read(ref _open) >= _settings.ConnectionCountMax)
                    accepted.Dispose();
                else
                    _ = ServeAsync(accepted);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
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

    private async Task ServeAsync(Socket accepted)
    {
        Interlocked.Increment(ref _open);
        try
        {
            var plain = new NetworkStream(accepted, ownsSocket: true);
            var stream = _tls is null ? plain : await _tls.AcceptAsync(plain, _stopped.Token);
            await using var connection = new DataConnection(stream, _node, _settings, _areas, TimeProvider.System);
            await connection.RunAsync(_stopped.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Who does not speak TLS could fill the disk.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Console.Error.WriteLine($"a connection for files failed: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
