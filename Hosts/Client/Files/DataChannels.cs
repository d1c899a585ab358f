using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Mooring.Messages.Wire;

namespace Mooring.Client;

/// <summary>Connections to data nodes; those that ended a request well are used again.</summary>
internal sealed class DataChannels(FileClientOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentBag<DataChannel>> _idle = new();
    private readonly X509ChainPolicy? _trust = options.CaFile is null ? null : Connections.TrustIn(options.CaFile);
    private volatile bool _disposed;

    public async Task<DataChannel> TakeAsync(string address, CancellationToken cancellationToken)
    {
        if (_idle.TryGetValue(address, out var bag))
        {
            while (bag.TryTake(out var kept))
            {
                if (kept.IsUsable)
                    return kept;
                kept.Dispose();
            }
        }
        return await DataChannel.OpenAsync(address, options, _trust, cancellationToken).ConfigureAwait(false);
    }

    public void Return(DataChannel channel)
    {
        var bag = _idle.GetOrAdd(channel.Address, _ => []);
        if (_disposed || bag.Count >= options.IdleConnectionCountMax)
            channel.Dispose();
        else
            bag.Add(channel);
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var bag in _idle.Values)
        {
            while (bag.TryTake(out var channel))
                channel.Dispose();
        }
    }
}

/// <summary>One connection to a data node.</summary>
internal sealed class DataChannel : IDisposable
{
    private readonly Socket _socket;
    private readonly TimeSpan _answerTimeout;

    private DataChannel(string address, Socket socket, Stream stream, TimeSpan answerTimeout)
    {
        (Address, _socket, _answerTimeout) = (address, socket, answerTimeout);
        Frames = new FrameConnection(stream, FrameConnection.StandardPayloadBytesMax);
    }

    public string Address { get; }

    public FrameConnection Frames { get; }

    /// <summary>Whether the other side has neither closed it nor sent anything unasked.</summary>
    public bool IsUsable => !_socket.Poll(0, SelectMode.SelectRead);

    public static async Task<DataChannel> OpenAsync(string address, FileClientOptions options, X509ChainPolicy? trust, CancellationToken cancellationToken)
    {
        var cut = address.LastIndexOf(':');
        if (cut < 0 || !int.TryParse(address.AsSpan(cut + 1), out var port))
            throw new IOException($"'{address}' is not the address of a data node");
        Socket? socket = null;
        try
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bounded.CancelAfter(options.ConnectTimeout);
            socket = await Connections.ConnectAsync(address[..cut], port, bounded.Token).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (trust is not null)
                stream = await Connections.SecureAsync(stream, address[..cut], trust, bounded.Token).ConfigureAwait(false);
            return new DataChannel(address, socket, stream, options.AnswerTimeout);
        }
        catch (Exception e)
        {
            socket?.Dispose();
            if (e is IOException { InnerException: AuthenticationException })
                throw new MooringUnreachableException(e.Message, null, e);
            if (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
                throw new IOException($"{address} cannot be reached: {e.Message}", e);
            throw;
        }
    }

    /// <summary>The next frame; an error that it holds is thrown.</summary>
    public async Task<Frame> ReadAsync(CancellationToken cancellationToken)
    {
        var frame = await BoundedAsync(Frames.ExpectAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return frame.Kind == FrameKind.Error ? throw Failure(frame) : frame;
    }

    public async Task<T> BoundedAsync<T>(ValueTask<T> task, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
            return await task.ConfigureAwait(false);
        try
        {
            return await task.AsTask().WaitAsync(_answerTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new IOException($"{Address} was silent for {_answerTimeout.TotalSeconds:0.#} s");
        }
    }

    public static MooringException Failure(Frame frame)
    {
        var reader = new WireReader(frame.Payload.Span);
        return new MooringException(WireRecords.ReadError(ref reader));
    }

    public void Dispose() => _ = Frames.DisposeAsync().AsTask();
}
