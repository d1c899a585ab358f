using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Remote.Serialization;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>The state of an association.</summary>
internal enum AssociationState
{
    /// <summary>No connection and none wanted; the first message wants one.</summary>
    Idle,

    /// <summary>A connection is being made; messages wait.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Active,

    /// <summary>A connection could not be made; for a while messages go to dead letters.</summary>
    Gated,
}

/// <summary>
/// All communication with one remote address. Messages leave in the order in which they were told, on one connection at a time; system messages
/// are numbered and kept until the peer has acknowledged them, so that they survive the loss of a connection. An incarnation of the
/// peer (its uid) that was quarantined is never talked to again.
/// This part holds the queues and the pump that empties them; <c>Association.Connecting.cs</c> holds connections and their states.
/// </summary>
internal sealed partial class Association(Remoting remoting, Address remoteAddress, WireTransport transport, Address localAddress) : IRunnable
{
    private const int BatchBytes = 64 * 1024;
    private const int DropsBetweenWarnings = 10_000;

    private readonly ConcurrentQueue<OutboundMessage> _urgent = new();
    private readonly ConcurrentQueue<OutboundMessage> _ordinary = new();
    private readonly Queue<Unacknowledged> _unacknowledged = new();
    private readonly Lock _sync = new();
    private int _waiting;
    private int _pumping;
    private long _dropped;
    private ulong _systemSequence;
    private Link? _resentOn;
    private bool _ackDue;
    private bool _heartbeatDue;
    private TaskCompletionSource? _flushed;

    public Address RemoteAddress { get; } = remoteAddress;

    /// <summary>The association was removed for being idle; references have to ask for a new one.</summary>
    public bool IsForgotten { get; private set; }

    private bool HasQueued => !_urgent.IsEmpty || !_ordinary.IsEmpty;

    /// <summary>Puts a message on its way. Never blocks; what finds no room becomes a dead letter.</summary>
    public void Send(in OutboundMessage outbound)
    {
        if (outbound.Message is ISystemMessage)
        {
            _ordinary.Enqueue(outbound);
            Interlocked.Increment(ref _waiting);
        }
        else if (_state == AssociationState.Gated)
        {
            DeadLetter(outbound);
            return;
        }
        else if (outbound.Message is IPriorityMessage)
        {
            _urgent.Enqueue(outbound);
            Interlocked.Increment(ref _waiting);
        }
        else
        {
            var waiting = Interlocked.Increment(ref _waiting);
            if (waiting > remoting.Settings.OutboundBufferSize)
            {
                Overflow(outbound);
                return;
            }

            if (waiting == remoting.Settings.LogBufferSizeExceeding)
                remoting.Log.Warning("[{0}] messages wait for [{1}]", waiting, RemoteAddress);
            _ordinary.Enqueue(outbound);
        }

        Wake();
    }

    /// <summary>Ends when all that was told before has left, or cannot leave.</summary>
    public Task Flush()
    {
        lock (_sync)
        {
            if (_state == AssociationState.Gated || IsDrained())
                return Task.CompletedTask;
            return (_flushed ??= new TaskCompletionSource()).Task;
        }
    }

    /// <summary>The pump runs on the dispatcher of remoting, once at a time.</summary>
    public void Run() => _ = Pump();

    public void Execute() => Run();

    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _pumping, 1, 0) == 0)
            remoting.Dispatcher.Schedule(this);
    }

    private async Task Pump()
    {
        using var batch = new WireWriter(BatchBytes);
        try
        {
            while (true)
            {
                var progressed = await PumpOnce(batch).ConfigureAwait(false);
                if (progressed)
                    continue;
                ReleaseFlush();
                Volatile.Write(ref _pumping, 0);
                Interlocked.MemoryBarrier();
                if (!HasWork() || Interlocked.CompareExchange(ref _pumping, 1, 0) != 0)
                    return;
            }
        }
        catch (Exception cause)
        {
            // A defect here must not silence the peer for ever.
            remoting.Log.Error(cause, "Sending to [{0}] failed unexpectedly", RemoteAddress);
            Volatile.Write(ref _pumping, 0);
            LoseLink(_link, cause);
            Wake();
        }
    }

    private bool HasWork() =>
        _state switch
        {
            AssociationState.Active => HasQueued || _ackDue || _heartbeatDue || _resentOn != _link,
            AssociationState.Connecting => false,
            AssociationState.Idle => HasQueued || HasUnacknowledged(),
            _ => HasQueued,
        };

    /// <summary>Does a piece of work; false when there is none in this state.</summary>
    private async ValueTask<bool> PumpOnce(WireWriter batch)
    {
        switch (_state)
        {
            case AssociationState.Active when _link is { } link:
                FillBatch(batch, link);
                if (batch.Length == 0)
                    return false;
                try
                {
                    await link.Write(batch.WrittenMemory).ConfigureAwait(false);
                }
                catch (Exception cause) when (cause is IOException or ObjectDisposedException or InvalidOperationException)
                {
                    LoseLink(link, cause);
                }

                batch.Reset(BatchBytes);
                return true;

            case AssociationState.Idle when HasQueued || HasUnacknowledged():
                StartConnecting(hadLink: false);
                return false;

            case AssociationState.Gated:
                return DrainWhileGated();

            default:
                return false;
        }
    }

    private void FillBatch(WireWriter batch, Link link)
    {
        if (_ackDue)
        {
            _ackDue = false;
            var delivered = link.Ledger.Delivered;
            Link.AppendFrame(batch, FrameKind.SystemAck, writer => writer.WriteVarUInt(delivered));
        }

        if (_heartbeatDue)
        {
            _heartbeatDue = false;
            Link.AppendFrame(batch, FrameKind.Heartbeat, null);
        }

        // One scope for the whole batch: references of this system are written with the address of this system.
        Akka.Serialization.Serialization.WithTransport(remoting.System, (Association: this, Batch: batch, Link: link), static state => state.Association.EncodeMessages(state.Batch, state.Link));
    }

    private bool EncodeMessages(WireWriter batch, Link link)
    {
        if (_resentOn != link)
        {
            _resentOn = link;
            foreach (var unacknowledged in UnacknowledgedNow())
                Encode(batch, link, unacknowledged.Outbound, unacknowledged.Sequence);
        }

        while (batch.Length < BatchBytes && (_urgent.TryDequeue(out var outbound) || _ordinary.TryDequeue(out outbound)))
        {
            Interlocked.Decrement(ref _waiting);
            if (outbound.Message is not ISystemMessage)
                Encode(batch, link, outbound, 0);
            else if (Retain(outbound) is { } retained)
                Encode(batch, link, outbound, retained.Sequence);
        }

        return true;
    }

    private void Encode(WireWriter batch, Link link, in OutboundMessage outbound, ulong systemSequence)
    {
        var before = batch.Length;
        try
        {
            link.Encoder.Encode(batch, outbound, systemSequence);
            if (remoting.Settings.LogSend)
                remoting.Log.Debug("sending message {0} to [{1}] from [{2}]", outbound.Message, outbound.Recipient, outbound.Sender);
        }
        catch (Exception cause)
        {
            // Serializers are not ours: whatever they throw costs this message only.
            batch.Truncate(before);
            remoting.Log.Error(cause, "Message of type [{0}] to [{1}] could not be sent: {2}", outbound.Message.GetType(), outbound.Recipient, cause.Message);
            remoting.Events.Publish(new AssociationErrorEvent(cause, localAddress, RemoteAddress, link.Inbound, LogLevel.ErrorLevel));
        }
    }

    private bool DrainWhileGated()
    {
        var any = false;
        while (_urgent.TryDequeue(out var outbound) || _ordinary.TryDequeue(out outbound))
        {
            any = true;
            Interlocked.Decrement(ref _waiting);
            if (outbound.Message is ISystemMessage && !IsQuarantined)
                Retain(outbound);
            else
                DeadLetter(outbound);
        }

        return any;
    }

    private void Overflow(in OutboundMessage outbound)
    {
        Interlocked.Decrement(ref _waiting);
        if ((Interlocked.Increment(ref _dropped) - 1) % DropsBetweenWarnings == 0)
        {
            remoting.Log.Warning(
                "Outbound buffer for [{0}] is full (akka.remote.outbound-buffer-size = {1}); messages go to dead letters, [{2}] so far",
                RemoteAddress,
                remoting.Settings.OutboundBufferSize,
                Interlocked.Read(ref _dropped));
        }

        DeadLetter(outbound);
    }

    private void DeadLetter(in OutboundMessage outbound)
    {
        var sender = outbound.Sender ?? remoting.System.DeadLetters;
        remoting.System.DeadLetters.Tell(new DeadLetter(outbound.Message, sender, outbound.Recipient), sender);
    }

    /// <summary>Numbers a system message and keeps it until it is acknowledged.</summary>
    private Unacknowledged? Retain(in OutboundMessage outbound)
    {
        bool overflow;
        var retained = default(Unacknowledged);
        lock (_sync)
        {
            overflow = _unacknowledged.Count >= remoting.Settings.SysMsgBufferSize;
            if (!overflow)
            {
                retained = new Unacknowledged(++_systemSequence, outbound);
                _unacknowledged.Enqueue(retained);
            }
        }

        if (!overflow)
            return retained;
        DeadLetter(outbound);
        GiveUp($"more than {remoting.Settings.SysMsgBufferSize} system messages are not acknowledged (akka.remote.system-message-buffer-size)");
        return null;
    }

    private void Acknowledged(ulong sequence)
    {
        lock (_sync)
        {
            while (_unacknowledged.TryPeek(out var first) && first.Sequence <= sequence)
                _unacknowledged.Dequeue();
        }

        ReleaseFlush();
    }

    private Unacknowledged[] UnacknowledgedNow()
    {
        lock (_sync)
            return [.. _unacknowledged];
    }

    private bool HasUnacknowledged()
    {
        lock (_sync)
            return _unacknowledged.Count > 0;
    }

    private bool IsDrained() => _unacknowledged.Count == 0 && Volatile.Read(ref _waiting) <= 0 && Volatile.Read(ref _pumping) == 0;

    private void ReleaseFlush()
    {
        if (_flushed is null)
            return;
        lock (_sync)
        {
            var done = _state switch
            {
                AssociationState.Gated => true,
                AssociationState.Connecting => false,
                _ => _unacknowledged.Count == 0 && !HasQueued,
            };
            if (!done || _flushed is null)
                return;
            var flushed = _flushed;
            _flushed = null;
            remoting.Dispatcher.Schedule(() => flushed.TrySetResult()); // who waits must not run inside our lock
        }
    }

    private readonly record struct Unacknowledged(ulong Sequence, OutboundMessage Outbound);
}
