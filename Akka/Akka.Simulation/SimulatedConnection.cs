using Akka.Remote.Transport;

namespace Akka.Simulation;

/// <summary>One end of a connection.</summary>
internal sealed class SimulatedConnection : WireConnection
{
    private readonly SimulationWorld _world;
    private readonly Random _chance;
    private readonly Queue<byte[]> _stalled = new();
    private TimeSpan _lastArrival;
    private bool _finished;
    private bool _broken;

    public SimulatedConnection(SimulationWorld world, SimulatedProcess owner, string peer, Random chance)
    {
        (_world, Owner, Peer, _chance) = (world, owner, peer, chance);
        Stream = new SimulatedStream(this);
    }

    public SimulatedProcess Owner { get; }

    public SimulatedConnection Other { get; set; } = null!;

    public override Stream Stream { get; }

    public override string Peer { get; }

    public override void FinishWriting() => Send([]);

    /// <summary>Both ends notice that the connection is gone.</summary>
    public void Break()
    {
        BreakHere();
        Other.BreakHere();
    }

    private SimulatedStream Bytes => (SimulatedStream)Stream;

    // Nothing stands for the end of the stream.
    public void Send(byte[] bytes)
    {
        if (Owner.IsDead || _finished)
            return;
        if (_broken)
            throw new IOException("the connection is broken");
        _finished = bytes.Length == 0;
        if (bytes.Length > 1 && _chance.Next(8) == 0)
        {
            var cut = _chance.Next(1, bytes.Length);
            Pass(bytes[..cut]);
            bytes = bytes[cut..];
        }
        Pass(bytes);
    }

    protected override void CloseOnce()
    {
        if (!_broken)
            Send([]);
        Bytes.Fail(new ObjectDisposedException("connection"));
        _world.Network.Remove(this);
    }

    private void Pass(byte[] bytes)
    {
        if (_stalled.Count > 0)
        {
            _stalled.Enqueue(bytes);
            return;
        }
        if (_world.Network.IsCut(Owner.Host, Other.Owner.Host))
        {
            _stalled.Enqueue(bytes);
            _world.Network.WhenHealed(Owner.Host, Other.Owner.Host, SendAgain);
            return;
        }
        var arrival = _world.Now + _world.Network.Delay();
        if (arrival <= _lastArrival)
            arrival = _lastArrival + new TimeSpan(1);
        _lastArrival = arrival;
        _world.Schedule(Other.Owner, arrival - _world.Now, "bytes", () => Other.Bytes.Arrive(bytes));
    }

    private void SendAgain()
    {
        var waiting = _stalled.ToList();
        _stalled.Clear();
        foreach (var bytes in waiting)
            Pass(bytes);
    }

    private void BreakHere()
    {
        if (_broken)
            return;
        _broken = true;
        _stalled.Clear();
        _world.Network.Remove(this);
        _world.Schedule(Owner, TimeSpan.Zero, "connection broken", () => Bytes.Fail(new IOException("connection reset by peer")));
    }
}
