using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Petabridge.Cmd.Wire;

namespace Petabridge.Cmd.Host;

/// <summary>
/// One console. Reads a frame at a time, runs one command at a time, and writes a frame at a time from a bounded queue. Whatever is wrong
/// with what comes in ends this connection and nothing else.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "PostStop disposes of them.")]
internal sealed class CmdConnectionActor : ReceiveActor, IWithTimers
{
    private const int TextCharsMax = 16 * 1024;
    private const int DrainBytesMax = 256 * 1024;

    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    private readonly CmdSettings _settings;
    private readonly IActorRef _host;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Socket _socket;
    private readonly IConsoleGate _gate;
    private readonly CancellationTokenSource _end = new();
    private readonly Queue<byte[]> _output = new();
    private Stream _stream;
    private IConsoleGuest? _guest;
    private long _outputBytes;
    private bool _writing;
    private bool _closing;
    private bool _secured;
    private (long Id, IActorRef Session)? _running;

    public CmdConnectionActor(Socket socket, CmdSettings settings, IConsoleGate gate, IActorRef host)
    {
        _settings = settings;
        _gate = gate;
        _host = host;
        _socket = socket;
        socket.NoDelay = true;
        // A console whose machine has died is noticed although nothing is to be sent.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        _stream = new NetworkStream(socket, ownsSocket: true);
        Receive<Secured>(secured =>
        {
            (_stream, _secured) = (secured.Stream, true);
            ReadNext();
        });
        Receive<Admitted>(admitted =>
        {
            _guest = admitted.Guest;
            _host.Tell(CmdHostActor.LetIn.Instance);
        });
        Receive<CmdHostActor.Full>(full => Refuse(full.Why));
        Receive<NotAdmitted>(refused => Refuse(refused.Why));
        Receive<FrameRead>(OnFrame);
        Receive<ReadFailed>(failed => OnReadFailed(failed.Cause));
        Receive<Written>(_ => OnWritten());
        Receive<WriteFailed>(failed => Drop($"writing failed: {failed.Cause.Message}"));
        Receive<CommandOutput>(OnOutput);
        Receive<CmdHostActor.PalettesListed>(palettes =>
        {
            Write(new ServerFrame(WireNames.Palettes, WireNames.Version, Palettes: palettes.Items));
            AwaitCommand();
            ReadNext();
        });
        Receive<TimedOut>(late =>
        {
            if (_secured)
                Refuse(late.Phase);
            else
                Drop(late.Phase);
        });
        Receive<WriteTimedOut>(_ => Drop("the console does not read"));
        Receive<Lingered>(_ => Context.Stop(Self));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(Socket socket, CmdSettings settings, IConsoleGate gate, IActorRef host) =>
        Akka.Actor.Props.Create(() => new CmdConnectionActor(socket, settings, gate, host));

    protected override void PreStart()
    {
        Timers.StartSingleTimer("silence", new TimedOut("no hello came in time"), _settings.HandshakeTimeout);
        _gate.SecureAsync(_stream, _end.Token).PipeTo(Self, success: stream => new Secured(stream), failure: e => new ReadFailed(e));
    }

    protected override void PostStop()
    {
        _end.Cancel();
        _stream.Dispose();
        _end.Dispose();
        base.PostStop();
    }

    private void ReadNext() => FrameCodec.ReadAsync(_stream, _settings.FrameBytesMax, _end.Token).PipeTo(
        Self, success: body => new FrameRead(body), failure: e => new ReadFailed(e));

    private void OnReadFailed(Exception cause)
    {
        if (cause is InvalidDataException)
            Refuse(cause.Message);
        else
            Drop(cause.Message);
    }

    private void OnFrame(FrameRead read)
    {
        if (_closing)
            return;
        if (read.Body is null)
        {
            Context.Stop(Self);
            return;
        }
        ClientFrame frame;
        try
        {
            frame = FrameCodec.Decode(read.Body, WireJson.Relaxed.ClientFrame);
        }
        catch (InvalidDataException e)
        {
            Refuse(e.Message);
            return;
        }
        if (Take(frame) is { } problem)
            Refuse(problem);
        // Nothing more is read from who is not let in.
        else if (_guest is not null)
            ReadNext();
    }

    private string? Take(ClientFrame frame)
    {
        if (_guest is not { } guest)
        {
            if (frame.Type != WireNames.Hello)
                return "the first frame is not a hello";
            if (frame.Version != WireNames.Version)
                return $"version {frame.Version} of the protocol is not spoken here, but {WireNames.Version}";
            Timers.Cancel("silence");
            _gate.AdmitAsync(frame.Token, ((IPEndPoint)_socket.RemoteEndPoint!).Address, _end.Token).PipeTo(
                Self,
                success: admitted => new Admitted(admitted),
                failure: e => new NotAdmitted(e is UnauthorizedAccessException ? e.Message : "whether you are let in could not be found out"));
            return null;
        }
        switch (frame.Type)
        {
            case WireNames.Run when _running is not null:
                return "a command is running on this connection";
            case WireNames.Run when frame.Arguments?.Contains(null!) == true:
                return "an argument is null";
            case WireNames.Run:
                Timers.Cancel("silence");
                var run = new CmdHostActor.Dispatch(frame.Palette ?? "", frame.Command ?? "", frame.Arguments ?? []);
                _running = (frame.Id, Context.ActorOf(CommandSession.Props(frame.Id, run, _host, guest)));
                return null;
            case WireNames.Cancel:
                Cancel(frame.Id);
                return null;
            default:
                return $"a frame of type '{frame.Type}' is not known";
        }
    }

    // The command may just have ended: then there is nothing to cancel.
    private void Cancel(long id)
    {
        if (_running is not { } running || running.Id != id)
            return;
        Context.Stop(running.Session);
        OnOutput(new CommandOutput(id, "", true, CommandOutcome.Cancelled));
    }

    private void OnOutput(CommandOutput output)
    {
        if (_running?.Id != output.Id)
            return;
        var status = output.Outcome switch
        {
            CommandOutcome.Failed => WireNames.Failed,
            CommandOutcome.Usage => WireNames.Usage,
            CommandOutcome.Cancelled => WireNames.Cancelled,
            _ => WireNames.Ok,
        };
        // A failure that is not the end, and everything that is no failure, is text like any other.
        var at = 0;
        do
        {
            var length = Math.Min(TextCharsMax, output.Text.Length - at);
            if (at + length < output.Text.Length && char.IsHighSurrogate(output.Text[at + length - 1]))
                length--;
            var piece = output.Text.Substring(at, length);
            at += length;
            Write(new ServerFrame(
                WireNames.Output, Id: output.Id, Text: piece, More: at < output.Text.Length, Status: output.Final ? status : null));
        }
        while (at < output.Text.Length);
        if (!output.Final)
            return;
        _running = null;
        AwaitCommand();
    }

    private void AwaitCommand() => Timers.StartSingleTimer("silence", new TimedOut("the console was silent for too long"), _settings.IdleTimeout);

    // Says why, and closes when that is written.
    private void Refuse(string problem)
    {
        if (_closing)
            return;
        _log.Debug("a console connection is closed: {0}", problem);
        Write(new ServerFrame(WireNames.Error, Text: problem));
        _closing = true;
        Timers.Cancel("silence");
    }

    private void Drop(string why)
    {
        _log.Debug("a console connection is closed: {0}", why);
        Context.Stop(Self);
    }

    private void Write(ServerFrame frame)
    {
        if (_closing)
            return;
        var bytes = FrameCodec.Encode(frame, WireJson.Relaxed.ServerFrame);
        _outputBytes += bytes.Length;
        if (_outputBytes > _settings.OutputBytesMax && _writing)
        {
            Drop($"more than {_settings.OutputBytesMax} bytes of output wait for a console that reads slowly");
            return;
        }
        _output.Enqueue(bytes);
        WriteNext();
    }

    private void WriteNext()
    {
        if (_writing || !_output.TryPeek(out var bytes))
            return;
        _writing = true;
        Timers.StartSingleTimer("write", WriteTimedOut.Instance, _settings.WriteTimeout);
        _stream.WriteAsync(bytes, _end.Token).AsTask().PipeTo(Self, success: () => Written.Instance, failure: e => new WriteFailed(e));
    }

    private void OnWritten()
    {
        _writing = false;
        Timers.Cancel("write");
        _outputBytes -= _output.Dequeue().Length;
        if (_output.Count == 0 && _closing)
            Linger();
        else
            WriteNext();
    }

    // Closing with unread input would reset the connection, and the console might never see why: what it still sends is read, within bounds.
    private void Linger()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Context.Stop(Self);
            return;
        }
        Timers.StartSingleTimer("linger", Lingered.Instance, LingerTime);
        DrainAsync(_stream, _end.Token).PipeTo(Self, success: () => Lingered.Instance, failure: _ => Lingered.Instance);
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        for (var left = DrainBytesMax; left > 0;)
        {
            var read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            left -= read;
        }
    }

    private sealed record Secured(Stream Stream) : INoSerializationVerificationNeeded;

    private sealed record Admitted(IConsoleGuest Guest) : INoSerializationVerificationNeeded;

    private sealed record NotAdmitted(string Why) : INoSerializationVerificationNeeded;

    private sealed record FrameRead(byte[]? Body) : INoSerializationVerificationNeeded;

    private sealed record ReadFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record WriteFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record TimedOut(string Phase) : INoSerializationVerificationNeeded;

    private sealed record Written : INoSerializationVerificationNeeded
    {
        public static readonly Written Instance = new();
    }

    private sealed record Lingered : INoSerializationVerificationNeeded
    {
        public static readonly Lingered Instance = new();
    }

    private sealed record WriteTimedOut : INoSerializationVerificationNeeded
    {
        public static readonly WriteTimedOut Instance = new();
    }
}
