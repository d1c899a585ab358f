using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage.Files;

namespace Mooring.Actors.Files;

/// <summary>Opens a connection to a data node.</summary>
/// <param name="address"><c>host:port</c>.</param>
/// <param name="cancellationToken">Gives up.</param>
/// <returns>The connection.</returns>
public delegate Task<Stream> ConnectData(string address, CancellationToken cancellationToken);

/// <summary>
/// A writer's connection to one reader, over which committed metadata go (F5). It is opened again whenever it breaks: what a reader misses
/// meanwhile it finds on the image.
/// </summary>
internal sealed class ReaderLink : IAsyncDisposable
{
    private const int PendingMax = 1024;

    private readonly DataNodeAddress _reader;
    private readonly Func<string> _sign;
    private readonly ConnectData _connect;
    private readonly FileSettings _settings;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, TaskCompletionSource> _pending = [];
    private FrameConnection? _connection;
    private long _number;
    private long _brokenSince;

    public ReaderLink(DataNodeAddress reader, Func<string> sign, ConnectData connect, FileSettings settings, TimeProvider clock)
    {
        (_reader, _sign, _connect, _settings, _clock) = (reader, sign, connect, settings, clock);
        _brokenSince = clock.GetTimestamp();
        _ = KeepAsync();
    }

    /// <summary>The reader.</summary>
    public DataNodeAddress Reader => _reader;

    /// <summary>Whether it has been out of reach for longer than it may.</summary>
    public bool Lags
    {
        get
        {
            lock (_lock)
                return _connection is null && _clock.GetElapsedTime(_brokenSince) > _settings.ReaderLagMax;
        }
    }

    /// <summary>Hands a batch over and waits until the reader has it; gives up soon, since nothing depends on it.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>Completes when the reader has it or is passed over.</returns>
    public async Task PushAsync(AreaBatch batch)
    {
        FrameConnection connection;
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long number;
        lock (_lock)
        {
            if (_connection is null || _pending.Count >= PendingMax)
                return;
            connection = _connection;
            number = ++_number;
            _pending[number] = taken;
        }
        try
        {
            await connection.WriteAsync(FrameKind.PushBatch, w => w.Int64(number), batch.Bytes, _stopped.Token)
                .AsTask().WaitAsync(_settings.PushTimeout, _clock, _stopped.Token).ConfigureAwait(false);
            await taken.Task.WaitAsync(_settings.PushTimeout, _clock, _stopped.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            await BreakAsync(connection).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        FrameConnection? connection;
        lock (_lock)
            connection = _connection;
        if (connection is not null)
            await BreakAsync(connection).ConfigureAwait(false);
    }

    private async Task KeepAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            FrameConnection? connection = null;
            try
            {
                connection = await OpenAsync().ConfigureAwait(false);
                await TakeAcknowledgementsAsync(connection).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or TimeoutException or OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                // Tried again below.
            }
            if (connection is not null)
                await BreakAsync(connection).ConfigureAwait(false);
            await Pause.ForAsync(_clock, _settings.PushTimeout, _stopped.Token).ConfigureAwait(false);
        }
    }

    private async Task<FrameConnection> OpenAsync()
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        var opening = _connect(_reader.Address, bounded.Token);
        Stream stream;
        try
        {
            stream = await opening.WaitAsync(_settings.CheckTimeout, _clock, bounded.Token).ConfigureAwait(false);
        }
        catch
        {
            await bounded.CancelAsync().ConfigureAwait(false);
            throw;
        }
        var connection = new FrameConnection(stream, FrameConnection.StandardPayloadBytesMax);
        try
        {
            await connection.WriteAsync(FrameKind.PushOpen, w => w.Text(_sign()), _stopped.Token).ConfigureAwait(false);
            var answer = await connection.ExpectAsync(_stopped.Token).AsTask().WaitAsync(_settings.CheckTimeout, _clock, _stopped.Token).ConfigureAwait(false);
            if (answer.Kind != FrameKind.PushAcknowledged)
                throw new WireException("the reader does not take metadata");
            lock (_lock)
                _connection = connection;
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task TakeAcknowledgementsAsync(FrameConnection connection)
    {
        while (await connection.ReadAsync(_stopped.Token).ConfigureAwait(false) is { Kind: FrameKind.PushAcknowledged } frame)
        {
            var number = new WireReader(frame.Payload.Span).Size();
            List<TaskCompletionSource> done = [];
            lock (_lock)
            {
                while (_pending.Count > 0 && _pending.First() is var (first, taken) && first <= number)
                {
                    _pending.Remove(first);
                    done.Add(taken);
                }
            }
            done.ForEach(taken => taken.TrySetResult());
        }
    }

    private async Task BreakAsync(FrameConnection connection)
    {
        List<TaskCompletionSource> lost = [];
        lock (_lock)
        {
            if (_connection == connection)
            {
                _connection = null;
                _brokenSince = _clock.GetTimestamp();
                lost.AddRange(_pending.Values);
                _pending.Clear();
            }
        }
        lost.ForEach(taken => taken.TrySetResult());
        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
