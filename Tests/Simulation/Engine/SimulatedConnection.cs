using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Akka.Simulation;

/// <summary>One end of a connection.</summary>
internal sealed class SimulatedConnection : AssociationHandle
{
    private readonly SimulationWorld _world;
    private readonly string _frame;
    private readonly Queue<ByteString?> _stalled = new();
    private readonly Queue<IHandleEvent> _early = new();
    private IHandleEventListener? _listener;
    private TimeSpan _lastArrival;
    private bool _finished;
    private bool _broken;
    private bool _ended;

    public SimulatedConnection(SimulationWorld world, SimulatedProcess owner, Address local, Address remote)
        : base(local, remote)
    {
        (_world, Owner, _frame) = (world, owner, $"frame from {owner.Name}");
        ReadHandlerSource.Task.ContinueWith(listener => Begin(listener.Result), TaskContinuationOptions.ExecuteSynchronously);
    }

    public SimulatedProcess Owner { get; }

    public SimulatedConnection Other { get; set; } = null!;

    public override bool Write(ByteString payload) => !_broken && Send(payload);

    [Obsolete("as in the base class")]
    public override void Disassociate()
    {
        if (!_broken)
            Send(null);
        _ended = true;
        _world.Network.Remove(this);
    }

    // Two connections between the same addresses are not the same, as the base class has it.
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => HashCode.Combine(LocalAddress, RemoteAddress);

    /// <summary>Both ends notice that the connection is gone.</summary>
    public void Break()
    {
        BreakHere();
        Other.BreakHere();
    }

    // Nothing stands for the end.
    private bool Send(ByteString? frame)
    {
        if (Owner.IsDead || _finished)
            return !_finished;
        _finished = frame is null;
        Pass(frame);
        return true;
    }

    private void Pass(ByteString? frame)
    {
        if (_stalled.Count > 0)
        {
            _stalled.Enqueue(frame);
            return;
        }
        if (_world.Network.IsCut(Owner.Host, Other.Owner.Host))
        {
            _stalled.Enqueue(frame);
            _world.Network.WhenHealed(Owner.Host, Other.Owner.Host, SendAgain);
            return;
        }
        var arrival = _world.Now + _world.Network.Delay();
        if (arrival <= _lastArrival)
            arrival = _lastArrival + new TimeSpan(1);
        _lastArrival = arrival;
        _world.Schedule(Other.Owner, arrival - _world.Now, _frame, () => Other.Arrive(frame));
    }

    private void SendAgain()
    {
        var waiting = _stalled.ToList();
        _stalled.Clear();
        foreach (var frame in waiting)
            Pass(frame);
    }

    private void Arrive(ByteString? frame)
    {
        if (frame is null)
            End();
        else
            Tell(new InboundPayload(frame));
    }

    private void End()
    {
        Tell(new Disassociated(DisassociateInfo.Unknown));
        _ended = true;
        _world.Network.Remove(this);
    }

    private void BreakHere()
    {
        if (_broken)
            return;
        _broken = true;
        _stalled.Clear();
        _world.Network.Remove(this);
        _world.Schedule(Owner, TimeSpan.Zero, "connection broken", End);
    }

    private void Begin(IHandleEventListener listener)
    {
        _listener = listener;
        while (_early.TryDequeue(out var arrived))
            listener.Notify(arrived);
    }

    private void Tell(IHandleEvent arrived)
    {
        if (_ended)
            return;
        if (_listener is null)
            _early.Enqueue(arrived);
        else
            _listener.Notify(arrived);
    }
}
