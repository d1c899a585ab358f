using System.Net.Sockets;
using Petabridge.Cmd.Wire;

namespace Petabridge.Cmd.Client;

/// <summary>A console's connection to a node. One command at a time.</summary>
internal sealed class CmdClient : IAsyncDisposable
{
    private const int FrameBytesMax = 1 << 20;

    private static readonly TimeSpan CancelWait = TimeSpan.FromSeconds(2);

    // A node that does not know a token looks it up.
    private static readonly TimeSpan HelloWait = TimeSpan.FromSeconds(3), AdmissionWait = TimeSpan.FromSeconds(15);

    private readonly Stream _stream;
    private long _lastId;

    private CmdClient(Stream stream) => _stream = stream;

    /// <summary>What the node offers.</summary>
    public IReadOnlyList<PaletteShape> Palettes { get; private set; } = [];

    /// <summary>Connects and learns the palettes.</summary>
    /// <param name="host">The node's address.</param>
    /// <param name="port">Its port for consoles.</param>
    /// <param name="token">What is shown where one is asked for.</param>
    /// <param name="secureAsync">Makes the connection one that nobody else reads; null where it is not.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="IOException">It is not reached, refuses, or speaks another protocol.</exception>
    public static async Task<CmdClient> ConnectAsync(
        string host, int port, string? token, Func<Stream, CancellationToken, Task<Stream>>? secureAsync, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"{host}:{port} is not reached: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        using var limit = new CancellationTokenSource(token is null && secureAsync is null ? HelloWait : AdmissionWait);
        var client = new CmdClient(new NetworkStream(socket, ownsSocket: true));
        try
        {
            if (secureAsync is not null)
                client = new CmdClient(await secureAsync(client._stream, limit.Token).ConfigureAwait(false));
            await client.SendAsync(new ClientFrame(WireNames.Hello, WireNames.Version, Token: token), limit.Token).ConfigureAwait(false);
            var answer = await client.ReceiveAsync(limit.Token).ConfigureAwait(false);
            client.Palettes = answer.Palettes ?? throw new IOException($"{host}:{port} does not speak this console's protocol");
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs one command line and waits for its end.</summary>
    /// <param name="words">Palette, command, arguments.</param>
    /// <param name="output">Gets text as it comes; the second value says that a line goes on in the next piece.</param>
    /// <param name="cancellationToken">Tells the node to stop the command, and ends with the status <c>cancelled</c>.</param>
    /// <returns>The status, and the error's text when it is not <c>ok</c>.</returns>
    /// <exception cref="IOException">The connection broke; whether the command took effect is not known.</exception>
    public async Task<(string Status, string Error)> RunAsync(IReadOnlyList<string> words, Action<string, bool> output, CancellationToken cancellationToken)
    {
        var id = ++_lastId;
        await SendAsync(
            new ClientFrame(WireNames.Run, Id: id, Palette: words[0], Command: words.ElementAtOrDefault(1) ?? "", Arguments: [.. words.Skip(2)]),
            CancellationToken.None).ConfigureAwait(false);
        using var limit = new CancellationTokenSource();
        await using var cancel = cancellationToken.Register(() =>
        {
            limit.CancelAfter(CancelWait);
            _ = SendQuietlyAsync(new ClientFrame(WireNames.Cancel, Id: id));
        }).ConfigureAwait(false);
        var error = "";
        while (true)
        {
            ServerFrame frame;
            try
            {
                frame = await ReceiveAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return (WireNames.Cancelled, "");
            }
            if (frame.Id != id)
                continue;
            if (frame.Status is null or WireNames.Ok)
            {
                if (frame.Text is { Length: > 0 } text)
                    output(text, frame.More);
            }
            else
            {
                error += frame.Text;
            }
            if (frame.Status is { } status && !frame.More)
                return (status, error);
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task SendAsync(ClientFrame frame, CancellationToken cancellationToken) =>
        await _stream.WriteAsync(FrameCodec.Encode(frame, WireJson.Relaxed.ClientFrame), cancellationToken).ConfigureAwait(false);

    private async Task SendQuietlyAsync(ClientFrame frame)
    {
        try
        {
            await SendAsync(frame, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The reader finds the connection broken too, and says so.
        }
    }

    private async Task<ServerFrame> ReceiveAsync(CancellationToken cancellationToken)
    {
        ServerFrame frame;
        try
        {
            var body = await FrameCodec.ReadAsync(_stream, FrameBytesMax, cancellationToken).ConfigureAwait(false)
                ?? throw new IOException("the node closed the connection");
            frame = FrameCodec.Decode(body, WireJson.Relaxed.ServerFrame);
        }
        catch (InvalidDataException e)
        {
            throw new IOException("the node does not speak this console's protocol", e);
        }
        return frame.Type == WireNames.Error ? throw new IOException($"the node refuses: {frame.Text}") : frame;
    }
}
