using Akka.Actor;
using Akka.Event;
using Akka.Remote.Serialization;

namespace Akka.Remote;

internal sealed partial class Association
{
    /// <summary>How long a connection attempt of ours has precedence over one of the peer that crosses it.</summary>
    private static readonly TimeSpan s_precedence = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_collisionPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_goodbyeLimit = TimeSpan.FromMilliseconds(500);

    private volatile AssociationState _state = AssociationState.Idle;
    private volatile Link? _link;
    private int? _remoteUid;
    private int? _quarantinedUid;
    private InboundLedger _ledger = new();
    private int _acceptedFromPeer;
    private int _generation;
    private bool _dialing;
    private bool _shuttingDown;
    private TimeSpan _dialStarted;
    private TimeSpan _lastConnected = remoting.Now;
    private TimeSpan _quarantinedSince;
    private long _bytesAtLastTick;

    public AssociationState State => _state;

    public int? RemoteUid
    {
        get
        {
            lock (_sync)
                return _remoteUid;
        }
    }

    private bool IsQuarantined => _quarantinedUid is { } uid && (_remoteUid is null || _remoteUid == uid);

    /// <summary>Decides about a connection that the peer opened: nothing when it is welcome, otherwise why not.</summary>
    public CloseReason Judge(Hello hello)
    {
        lock (_sync)
        {
            if (_quarantinedUid == hello.FromUid)
                return CloseReason.Quarantined;
            if (_remoteUid is { } known && known != hello.FromUid)
                return CloseReason.None;
            if (_link is { Inbound: false } own && own.AcceptNumber > hello.AcceptedBefore)
                return CloseReason.Collision; // when the peer wrote this, it had not accepted our connection yet; now it has
            var oursGoesFirst = _dialing && remoting.Now - _dialStarted < s_precedence && Address.Comparer.Compare(localAddress, RemoteAddress) < 0;
            return oursGoesFirst ? CloseReason.Collision : CloseReason.None;
        }
    }

    /// <summary>What the peer is told when its connection is welcome.</summary>
    public Welcome WelcomeFor(Hello hello)
    {
        lock (_sync)
        {
            MeetIncarnation(hello.FromUid);
            return new Welcome(localAddress, remoting.Uid, ++_acceptedFromPeer, _ledger.Delivered);
        }
    }

    /// <summary>The connection is usable from now on; it takes the place of an older one.</summary>
    public void Establish(Link link, int uid, ulong deliveredToPeer)
    {
        Link? replaced;
        lock (_sync)
        {
            if (_quarantinedUid == uid || _shuttingDown)
            {
                link.Dispose();
                return;
            }

            MeetIncarnation(uid);
            replaced = _link;
            link.Ledger = _ledger;
            link.Predecessor = replaced?.ReadingEnded ?? Task.CompletedTask;
            _link = link;
            _state = AssociationState.Active;
            _dialing = false;
            _generation++;
            _lastConnected = remoting.Now;
            _bytesAtLastTick = 0;
        }

        replaced?.Connection.Close();
        Acknowledged(deliveredToPeer);
        remoting.Events.Publish(new AssociatedEvent(localAddress, RemoteAddress, link.Inbound));
        _ = ReadLoop(link);
        Wake();
    }

    /// <summary>Ends the communication with an incarnation for good.</summary>
    public void Quarantine(int? uid, string reason)
    {
        Link? link;
        Unacknowledged[] undeliverable;
        lock (_sync)
        {
            uid ??= _remoteUid;
            if (uid is null || (_remoteUid is not null && _remoteUid != uid) || _quarantinedUid == uid)
                return; // nobody to quarantine, an incarnation of the past, or done before
            _quarantinedUid = uid;
            _quarantinedSince = remoting.Now;
            link = _link;
            _link = null;
            if (link is not null)
                link.Deaf = true;
            undeliverable = [.. _unacknowledged];
            _unacknowledged.Clear();
        }

        remoting.Log.Info("Association to [{0}] with uid [{1}] is quarantined: {2}", RemoteAddress, uid, reason);
        foreach (var unacknowledged in undeliverable)
            DeadLetter(unacknowledged.Outbound);
        CloseGate();
        remoting.Events.Publish(new QuarantinedEvent(RemoteAddress, uid.Value));
        if (link is not null)
        {
            _ = SayGoodbye(link, CloseReason.Quarantined);
            remoting.Events.Publish(new DisassociatedEvent(localAddress, RemoteAddress, link.Inbound));
        }
    }

    /// <summary>The clock of remoting: heartbeats of the connection, limits, oblivion. True when the association may be forgotten.</summary>
    public bool Tick()
    {
        if (_link is { } link)
        {
            if (link.HeardSinceTick)
            {
                link.HeardSinceTick = false;
                link.FailureDetector.HeartBeat();
            }

            if (!link.FailureDetector.IsAvailable)
            {
                LoseLink(link, new RemoteTransportException($"No heartbeat of {RemoteAddress} on the connection"));
                return false;
            }

            if (link.BytesWritten == _bytesAtLastTick)
            {
                _heartbeatDue = true;
                Wake();
            }

            _bytesAtLastTick = link.BytesWritten;
            _lastConnected = remoting.Now;
            return false;
        }

        return CheckSilence(remoting.Now - _lastConnected);
    }

    /// <summary>Says good-bye and ends; nothing is sent any more.</summary>
    public async Task Shutdown()
    {
        Link? link;
        lock (_sync)
        {
            _shuttingDown = true;
            link = _link;
            _link = null;
            _state = AssociationState.Gated;
            _generation++;
        }

        Wake();
        if (link is not null)
        {
            await SayGoodbye(link, CloseReason.Shutdown).ConfigureAwait(false);
            remoting.Events.Publish(new DisassociatedEvent(localAddress, RemoteAddress, link.Inbound));
        }
    }

    /// <summary>Ends all without a word, as the death of the process does.</summary>
    public void Kill()
    {
        Link? link;
        lock (_sync)
        {
            _shuttingDown = true;
            link = _link;
            _link = null;
            _state = AssociationState.Gated;
            _generation++;
        }

        link?.Connection.Close();
    }

    /// <summary>Breaks the connection as the network does; it is replaced.</summary>
    public void BreakConnection() => _link?.Connection.Close();

    private void StartConnecting(bool hadLink)
    {
        int generation;
        lock (_sync)
        {
            if (_shuttingDown || _dialing || _state == AssociationState.Active)
                return;
            generation = BeginDialing();
        }

        _ = ConnectLoop(generation, hadLink);
    }

    // Called with the lock held.
    private int BeginDialing()
    {
        _state = AssociationState.Connecting;
        _dialing = true;
        return ++_generation;
    }

    private async Task ConnectLoop(int generation, bool hadLink)
    {
        var pauses = remoting.Settings.ReconnectPauses;
        for (var attempt = 0; ; attempt++)
        {
            Exception? failure = null;
            try
            {
                if (await TryConnect(generation).ConfigureAwait(false) || !StillDialing(generation))
                    return;
            }
            catch (Exception cause)
            {
                failure = cause; // whatever it is, there is no connection; it is published when the gate closes
            }

            if (failure is ConnectionRefusedException && hadLink)
                PublishRefused();
            var giveUp = attempt >= pauses.Count || failure is ConnectionRefusedException || (failure is not null && !hadLink);
            if (giveUp)
            {
                FailConnecting(generation, failure ?? new RemoteTransportException($"Connections with {RemoteAddress} keep crossing each other"));
                return;
            }

            await remoting.Delay(attempt < pauses.Count ? pauses[attempt] : s_collisionPause).ConfigureAwait(false);
            if (!StillDialing(generation))
                return;
        }
    }

    private bool StillDialing(int generation)
    {
        lock (_sync)
            return _generation == generation && _dialing && !_shuttingDown;
    }

    /// <summary>One attempt; false when the peer's own attempt goes first, an exception when it failed.</summary>
    private async Task<bool> TryConnect(int generation)
    {
        Hello hello;
        lock (_sync)
        {
            _dialStarted = remoting.Now;
            hello = new Hello(localAddress, remoting.Uid, RemoteAddress, _acceptedFromPeer, _remoteUid, _ledger.Delivered);
        }

        var connection = await transport.Connect(RemoteAddress, CancellationToken.None).ConfigureAwait(false);
        var link = new Link(remoting, connection, inbound: false, transport.MaximumPayloadBytes);
        var limit = remoting.After(remoting.Settings.HandshakeTimeout, connection.Close);
        var handedOver = false;
        try
        {
            await link.WriteFrame(FrameKind.Hello, hello.Write).ConfigureAwait(false);
            var answer = await link.Reader.Next().ConfigureAwait(false)
                ?? throw new RemoteTransportException($"{RemoteAddress} closed the connection before it answered");
            switch (answer.Kind)
            {
                case FrameKind.Welcome:
                    handedOver = await Welcomed(link, Welcome.Read(answer.Body.Span), generation).ConfigureAwait(false);
                    return true;
                case FrameKind.Reject:
                    return Rejected(Reject.Read(answer.Body.Span));
                default:
                    throw new WireProtocolException($"{RemoteAddress} answers with a frame of kind {answer.Kind}");
            }
        }
        finally
        {
            limit.Cancel();
            if (!handedOver)
                link.Dispose();
        }
    }

    private async Task<bool> Welcomed(Link link, Welcome welcome, int generation)
    {
        bool refused;
        lock (_sync)
        {
            refused = _quarantinedUid == welcome.FromUid;
            if (!refused && (_generation != generation || _shuttingDown))
                return false;
        }

        if (refused)
        {
            await link.WriteFrame(FrameKind.Goodbye, writer => writer.WriteByte((byte)CloseReason.Quarantined)).ConfigureAwait(false);
            throw new RemoteTransportException($"{RemoteAddress} is still the quarantined incarnation {welcome.FromUid}");
        }

        link.AcceptNumber = welcome.AcceptNumber;
        link.Reader.AllowFullFrames();
        link.Decoder = new MessageDecoder(remoting.Provider, welcome.From, remoting.Settings.PathTableSize);
        Establish(link, welcome.FromUid, welcome.DeliveredFromPeer);
        return true;
    }

    private bool Rejected(Reject reject)
    {
        switch (reject.Reason)
        {
            case CloseReason.Collision:
                return false;
            case CloseReason.Quarantined:
                QuarantinedByPeer(reject.FromUid);
                return true;
            default:
                throw new RemoteTransportException($"{RemoteAddress} rejects the connection: {reject.Reason} {reject.Text}");
        }
    }

    private void QuarantinedByPeer(int uid)
    {
        remoting.Events.Publish(new ThisActorSystemQuarantinedEvent(localAddress, RemoteAddress));
        lock (_sync)
            _remoteUid ??= uid;
        Quarantine(uid, "the remote system has quarantined this system; no further associations are possible until this system is restarted");
    }

    private void PublishRefused()
    {
        int? uid;
        lock (_sync)
            uid = _remoteUid;
        if (uid is not null)
            remoting.System.EventStream.Publish(new PeerConnectionRefused(RemoteAddress, uid.Value));
    }

    private void FailConnecting(int generation, Exception failure)
    {
        lock (_sync)
        {
            if (_generation != generation || !_dialing || _shuttingDown)
                return;
        }

        CloseGate();
        remoting.Events.Publish(new AssociationErrorEvent(failure, localAddress, RemoteAddress, false, LogLevel.InfoLevel));
        remoting.Log.Warning(
            "Association with remote system {0} has failed; address is now gated for {1} ms. Reason: [{2}]",
            RemoteAddress,
            remoting.Settings.RetryGateClosedFor.TotalMilliseconds,
            failure.Message);
    }

    private void CloseGate()
    {
        int generation;
        lock (_sync)
        {
            _state = AssociationState.Gated;
            _dialing = false;
            generation = ++_generation;
        }

        remoting.After(remoting.Settings.RetryGateClosedFor, () => OpenGate(generation));
        Wake();
    }

    private void OpenGate(int generation)
    {
        lock (_sync)
        {
            if (_generation != generation || _state != AssociationState.Gated || _shuttingDown)
                return;
            _state = AssociationState.Idle;
        }

        Wake();
    }

    /// <summary>The connection is gone: tries at once to get another one.</summary>
    private void LoseLink(Link? link, Exception? cause)
    {
        if (link is null)
            return;
        int generation;
        lock (_sync)
        {
            if (_link != link)
                return;
            _link = null;
            _lastConnected = remoting.Now;
            generation = BeginDialing();
        }

        link.Connection.Close();
        if (cause is not null && link.PeerCloses == CloseReason.None)
            remoting.Events.Publish(new AssociationErrorEvent(cause, localAddress, RemoteAddress, link.Inbound, LogLevel.DebugLevel));
        remoting.Events.Publish(new DisassociatedEvent(localAddress, RemoteAddress, link.Inbound));
        if (link.PeerCloses == CloseReason.Quarantined)
            QuarantinedByPeer(_remoteUid ?? 0); // closes the gate, which ends the dialing that has not begun
        else
            _ = ConnectLoop(generation, hadLink: true);
    }

    // Called with the lock held. A new incarnation knows nothing of what was sent to the old one.
    private void MeetIncarnation(int uid)
    {
        if (_remoteUid == uid)
            return;
        if (_remoteUid is not null)
        {
            remoting.Log.Info("[{0}] is a new incarnation with uid [{1}], it was [{2}]", RemoteAddress, uid, _remoteUid);
            foreach (var unacknowledged in _unacknowledged)
                DeadLetter(unacknowledged.Outbound);
            _unacknowledged.Clear();
            _systemSequence = 0;
        }

        _remoteUid = uid;
        _ledger = new InboundLedger();
    }

    private bool CheckSilence(TimeSpan silence)
    {
        bool pending;
        int? uid;
        lock (_sync)
        {
            pending = _unacknowledged.Count > 0;
            uid = _remoteUid;
            if (_quarantinedUid is not null && remoting.Now - _quarantinedSince > remoting.Settings.QuarantineDuration)
                _quarantinedUid = null;
            if (!pending && !HasQueued && _quarantinedUid is null && !_dialing && silence > remoting.Settings.ForgetIdlePeerAfter)
            {
                IsForgotten = true;
                return true;
            }
        }

        if (pending && silence > (uid is null ? remoting.Settings.InitialSysMsgDeliveryTimeout : remoting.Settings.QuarantineSilentSystemTimeout))
            GiveUp($"system messages could not be delivered for {silence.TotalSeconds:0} s");
        return false;
    }

    /// <summary>System messages cannot be delivered: what depends on them would be wrong for ever, so the peer is quarantined.</summary>
    private void GiveUp(string reason)
    {
        Unacknowledged[] undeliverable;
        lock (_sync)
        {
            undeliverable = [.. _unacknowledged];
            _unacknowledged.Clear();
        }

        foreach (var unacknowledged in undeliverable)
            DeadLetter(unacknowledged.Outbound);
        Quarantine(null, reason);
    }

    private async Task SayGoodbye(Link link, CloseReason reason)
    {
        var limit = remoting.After(s_goodbyeLimit, link.Connection.Close);
        try
        {
            await link.WriteFrame(FrameKind.Goodbye, writer => writer.WriteByte((byte)reason)).ConfigureAwait(false);
            link.Connection.FinishWriting();
            await link.ReadingEnded.ConfigureAwait(false); // the peer has read everything when it closes, too
        }
        catch (Exception cause) when (cause is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer is gone already: nobody is there to be told.
        }
        finally
        {
            limit.Cancel();
            link.Connection.Close();
        }
    }

    private async Task ReadLoop(Link link)
    {
        Exception? failure = null;
        try
        {
            await link.Predecessor.ConfigureAwait(false);
            do
            {
                while (!link.Connection.IsClosed && link.Reader.TryRead(out var frame))
                    Receive(link, frame);
                link.HeardSinceTick = true;
                if (_ackDue)
                    Wake();
            }
            while (link.PeerCloses == CloseReason.None && !link.Connection.IsClosed && await link.Reader.Fill().ConfigureAwait(false));
        }
        catch (Exception cause)
        {
            failure = cause; // broken connection or broken protocol: both end this connection, and only it
        }
        finally
        {
            link.Dispose();
        }

        LoseLink(link, failure);
    }

    private void Receive(Link link, Frame frame)
    {
        var reader = new WireReader(frame.Body.Span);
        switch (frame.Kind)
        {
            case FrameKind.Message:
                Deliver(link, ref reader);
                break;
            case FrameKind.SystemMessage:
                // Sent again after a reconnect it may come twice; it is not delivered twice.
                var sequence = reader.ReadVarUInt();
                var isNew = sequence > link.Ledger.Delivered;
                Deliver(link, ref reader, isNew);
                if (isNew)
                    link.Ledger.Delivered = sequence;
                _ackDue = true;
                break;
            case FrameKind.SystemAck:
                Acknowledged(reader.ReadVarUInt());
                break;
            case FrameKind.Heartbeat:
                break;
            case FrameKind.Goodbye:
                link.PeerCloses = (CloseReason)reader.ReadByte();
                break;
            default:
                throw new WireProtocolException($"A frame of kind {frame.Kind} in the midst of a connection with {RemoteAddress}");
        }
    }

    private void Deliver(Link link, ref WireReader reader, bool wanted = true)
    {
        var inbound = link.Decoder!.Decode(ref reader);
        if (!wanted || link.Deaf)
            return;
        if (link.Misaddressed)
            remoting.Log.Error("Dropping message for non-local recipient [{0}] arriving at [{1}]", inbound.Recipient.Path.ToStringWithoutAddress(), localAddress);
        else
            remoting.Inbound.Deliver(inbound);
    }
}
