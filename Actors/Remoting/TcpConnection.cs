using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Mooring.Actors.Remoting;

/// <summary>
/// One end of a connection of <see cref="TcpTransport"/>. What is written goes into a bounded buffer, and from there as much at once as the socket takes; two
/// tasks, no threads. A frame is the length of its payload, four bytes with the lowest first, and the payload.
/// </summary>
internal sealed class TcpConnection : AssociationHandle
{
    private const int LengthBytes = sizeof(int);

    // What Akka's protocol puts around the payload that it has compared with maximum-frame-size.
    private const int EnvelopeBytes = 64;

    // The first frame says who it is from. It is read of anybody, and kept.
    private const int FirstFrameBytesMax = 16 << 10;

    private const int SegmentBytes = 64 << 10;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly TcpConnectionLimits _limits;
    private readonly ILoggingAdapter _log;
    private readonly PipeReader _input;
    private readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: SegmentBytes, useSynchronizationContext: false));
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private ByteString? _first;
    private long _unsent;
    private volatile bool _closing;

    public TcpConnection(Socket socket, Stream stream, Address local, Address remote, TcpConnectionLimits limits, ILoggingAdapter log)
        : base(local, remote)
    {
        (_socket, _stream, _limits, _log) = (socket, stream, limits, log);
        _input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: SegmentBytes, minimumReadSize: SegmentBytes / 4));
        // Whatever waits for the socket ends with it.
        _end.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
    }

    /// <summary>Completes when the connection is closed; never fails.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Reads the first frame of who has connected; it is delivered like all others.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">There is none.</exception>
    public async Task ReceiveFirstAsync(CancellationToken cancellationToken) =>
        _first = await ReceiveAsync(FirstFrameBytesMax, cancellationToken).ConfigureAwait(false) ?? throw new IOException("it went away");

    /// <summary>Begins to send, and to receive as soon as somebody listens.</summary>
    /// <param name="ended">Called when the connection is closed.</param>
    public void Begin(Action ended) => Ended = RunAsync(ended);

    /// <inheritdoc/>
    public override bool Write(ByteString payload)
    {
        lock (_gate)
        {
            // One frame of any size fits in a buffer that is not full.
            if (_closing || Interlocked.Read(ref _unsent) >= _limits.BufferedBytesMax)
                return false;
            var writer = _output.Writer;
            BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(LengthBytes), payload.Length);
            writer.Advance(LengthBytes);
            writer.Write(payload.Span);
            Interlocked.Add(ref _unsent, LengthBytes + payload.Length);
            // Complete at once: the pipe has no bound of its own.
            var flushed = writer.FlushAsync();
            return flushed.IsCompletedSuccessfully;
        }
    }

    /// <inheritdoc/>
    [Obsolete("as in the base class")]
    public override void Disassociate() => Close();

    /// <summary>Sends what was written and ends the sending; closes when the other side has read it and ends, too, or after a while.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closing)
                return;
            _closing = true;
            _output.Writer.Complete();
            _end.CancelAfter(_limits.FlushMax);
        }
    }

    // Two connections between the same addresses are not the same, as the base class has it.
    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LocalAddress, RemoteAddress);

    private async Task RunAsync(Action ended)
    {
        var sending = SendAsync();
        IHandleEventListener? listener = null;
        try
        {
            // Whoever asked for the connection may have given up meanwhile. It is an actor that is about to listen: it must not do the reading.
            listener = await ReadHandlerSource.Task.WaitAsync(_limits.ListenerMax, _end.Token).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (_first is { } first)
                listener.Notify(new InboundPayload(first));
            _first = null;
            while (await ReceiveAsync(_limits.PayloadBytesMax + EnvelopeBytes, default).ConfigureAwait(false) is { } frame)
            {
                if (!_closing)
                    listener.Notify(new InboundPayload(frame));
            }
        }
        catch (InvalidDataException e)
        {
            _log.Error("the connection to {0} ends: {1}", RemoteAddress, e.Message);
        }
        catch (Exception e)
        {
            _log.Debug("the connection to {0} ends: {1}", RemoteAddress, e.Message);
        }
        if (!_closing)
            listener?.Notify(new Disassociated(DisassociateInfo.Unknown));
        Close();
        await _end.CancelAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        await _input.CompleteAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        ended();
    }

    private async Task SendAsync()
    {
        var reader = _output.Reader;
        try
        {
            for (var written = default(ReadResult); !written.IsCompleted;)
            {
                written = await reader.ReadAsync().ConfigureAwait(false);
                foreach (var segment in written.Buffer)
                    await _stream.WriteAsync(segment).ConfigureAwait(false);
                Interlocked.Add(ref _unsent, -written.Buffer.Length);
                reader.AdvanceTo(written.Buffer.End);
            }
            if (_stream is SslStream tls)
                await tls.ShutdownAsync().ConfigureAwait(false);
            // Closed at once, it would take back what the other side has not read yet if anything has come in that was not read here.
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e)
        {
            _log.Debug("nothing more is sent to {0}: {1}", RemoteAddress, e.Message);
            // The reading ends by it.
            await _end.CancelAsync().ConfigureAwait(false);
        }
        await reader.CompleteAsync().ConfigureAwait(false);
    }

    // Null at the end.
    private async ValueTask<ByteString?> ReceiveAsync(int bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (Take(ref buffer, bytesMax) is { } payload)
            {
                // What is behind it comes at the next call.
                _input.AdvanceTo(buffer.Start);
                return payload;
            }
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                return null;
        }
    }

    // Null when there is no whole frame. Empty ones say nothing.
    private static ByteString? Take(ref ReadOnlySequence<byte> buffer, int bytesMax)
    {
        while (true)
        {
            var reader = new SequenceReader<byte>(buffer);
            if (!reader.TryReadLittleEndian(out int length))
                return null;
            if (length < 0 || length > bytesMax)
                throw new InvalidDataException($"a frame of {unchecked((uint)length)} bytes came, more than {bytesMax}");
            if (reader.Remaining < length)
                return null;
            var payload = buffer.Slice(LengthBytes, length);
            buffer = buffer.Slice(payload.End);
            if (length > 0)
                return UnsafeByteOperations.UnsafeWrap(payload.ToArray());
        }
    }
}

/// <summary>The bounds of a connection.</summary>
/// <param name="PayloadBytesMax">Of one frame.</param>
/// <param name="BufferedBytesMax">What waits to be sent before nothing more is taken.</param>
/// <param name="ListenerMax">How long remoting takes to listen.</param>
/// <param name="FlushMax">How long a connection that is closed has for what was written.</param>
internal sealed record TcpConnectionLimits(int PayloadBytesMax, long BufferedBytesMax, TimeSpan ListenerMax, TimeSpan FlushMax);
