using System.Net.Sockets;
using Akka.Actor;
using Akka.Remote.Transport;

namespace Akka.Simulation;

/// <summary>
/// The network between hosts: what is sent arrives later, on each connection in order, unless the way is cut; then it waits and is sent
/// again when the way is healed, as TCP does, or the connection breaks. Everything is named by the addresses of hosts.
/// </summary>
public sealed class SimulatedNetwork
{
    private static readonly TimeSpan SynRetry = TimeSpan.FromSeconds(1);

    private readonly SimulationWorld _world;
    private readonly Random _chance;
    private readonly HashSet<(string From, string To)> _cuts = [];
    private readonly HashSet<string> _withoutPower = [];
    private readonly Dictionary<(string Host, int Port), Listener> _listeners = [];
    private readonly List<SimulatedConnection> _connections = [];
    private readonly Dictionary<(string From, string To), List<Action>> _waiting = [];

    internal SimulatedNetwork(SimulationWorld world) => (_world, _chance) = (world, world.Stream("network"));

    /// <summary>The shortest time that anything takes on its way.</summary>
    public TimeSpan DelayMin { get; set; } = TimeSpan.FromMicroseconds(80);

    /// <summary>The longest time that it takes, unless it is slowed down.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMicroseconds(400);

    /// <summary>Added to every way, in both directions.</summary>
    public TimeSpan DelayExtra { get; set; }

    /// <summary>How many connections are open, counted at both ends.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Cuts the way from one host to another.</summary>
    /// <param name="from">Whose packets are lost.</param>
    /// <param name="to">On the way to whom.</param>
    public void Cut(string from, string to) => _cuts.Add((from, to));

    /// <summary>Whether the way is cut, or one of its ends has no power.</summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">To whom.</param>
    /// <returns>Whether nothing arrives.</returns>
    public bool IsCut(string from, string to) => _cuts.Contains((from, to)) || _withoutPower.Contains(from) || _withoutPower.Contains(to);

    /// <summary>Heals the way from one host to another: what waits is sent again.</summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">To whom.</param>
    public void Heal(string from, string to)
    {
        if (!_cuts.Remove((from, to)) || !_waiting.Remove((from, to), out var waiting))
            return;
        foreach (var send in waiting)
            send();
    }

    /// <summary>Heals everything.</summary>
    public void HealAll()
    {
        foreach (var (from, to) in _cuts.ToList())
            Heal(from, to);
    }

    /// <summary>How long something takes from one host to another now.</summary>
    /// <returns>The time.</returns>
    public TimeSpan Delay() => DelayExtra + DelayMin + ((DelayMax - DelayMin) * _chance.NextDouble());

    /// <summary>Sends something for which order does not matter, such as a call of a store: it waits while the way is cut.</summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">To whom.</param>
    /// <param name="receiver">The process that gets it; null for what is outside of all processes.</param>
    /// <param name="what">Its name in the trace.</param>
    /// <param name="arrive">What happens when it is there.</param>
    public void Send(string from, string to, SimulatedProcess? receiver, string what, Action arrive)
    {
        if (IsCut(from, to))
            WhenHealed(from, to, () => Send(from, to, receiver, what, arrive));
        else
            _world.Schedule(receiver, Delay(), what, arrive);
    }

    /// <summary>Tries whether an endpoint takes connections, without one.</summary>
    /// <param name="from">Who tries.</param>
    /// <param name="host">The endpoint's host.</param>
    /// <param name="port">Its port.</param>
    /// <param name="timeout">When it is given up.</param>
    /// <returns>What came of it; completes as work of that process.</returns>
    public Task<EndpointAnswer> Probe(SimulatedProcess from, string host, int port, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(from);
        var answer = new TaskCompletionSource<EndpointAnswer>();
        Syn(from, host, port, _world.Now + timeout, (came, _) => answer.TrySetResult(came));
        return answer.Task;
    }

    /// <summary>Breaks one of the open connections between processes, chosen by chance.</summary>
    /// <param name="chance">The chance.</param>
    /// <returns>What was broken; null when there was none.</returns>
    public string? BreakOne(Random chance)
    {
        ArgumentNullException.ThrowIfNull(chance);
        if (_connections.Count == 0)
            return null;
        var connection = _connections[chance.Next(_connections.Count)];
        connection.Break();
        return $"{connection.Owner.Name} to {connection.RemoteAddress}";
    }

    internal void HostIsUp(string host) => _withoutPower.Remove(host);

    internal void ProcessIsDead(SimulatedProcess process, bool silently)
    {
        if (silently)
            _withoutPower.Add(process.Host);
        foreach (var (key, _) in _listeners.Where(l => l.Value.Process == process).ToList())
            _listeners.Remove(key);
        foreach (var connection in _connections.Where(c => c.Owner == process).ToList())
        {
            _connections.Remove(connection);
            // The kernel of a killed process ends its connections. A host without power says nothing; its peers' packets find no connection
            // when it is up again.
            var other = connection.Other;
            Send(process.Host, other.Owner.Host, other.Owner, "connection reset", other.Break);
        }
    }

    internal void Listen(Address local, SimulatedProcess process, Action<AssociationHandle> accept)
    {
        if (!_listeners.TryAdd((local.Host!, local.Port!.Value), new Listener(process, local, accept)))
            throw new InvalidAssociationException($"{local} is in use");
    }

    internal void StopListening(Address local, SimulatedProcess process)
    {
        if (_listeners.TryGetValue((local.Host!, local.Port!.Value), out var listener) && listener.Process == process)
            _listeners.Remove((local.Host!, local.Port!.Value));
    }

    internal Task<AssociationHandle> Connect(SimulatedProcess from, Address local, Address remote, TimeSpan timeout)
    {
        var result = new TaskCompletionSource<AssociationHandle>();
        Syn(from, remote.Host!, remote.Port ?? 0, _world.Now + timeout, (answer, listener) =>
        {
            if (answer == EndpointAnswer.Accepts)
                result.TrySetResult(Accept(from, local, remote, listener!));
            else if (answer == EndpointAnswer.Refuses)
                result.TrySetException(new InvalidAssociationException($"{remote} refuses", new SocketException((int)SocketError.ConnectionRefused)));
            else
                result.TrySetException(new InvalidAssociationException($"no connection to {remote} in time"));
        });
        return result.Task;
    }

    internal void Remove(SimulatedConnection connection) => _connections.Remove(connection);

    internal void WhenHealed(string from, string to, Action send)
    {
        // A host without power forgets what was for it.
        if (_cuts.Contains((from, to)))
        {
            if (!_waiting.TryGetValue((from, to), out var waiting))
                _waiting[(from, to)] = waiting = [];
            waiting.Add(send);
        }
        else
        {
            _world.Schedule(null, SynRetry, "sent again", send);
        }
    }

    private void Syn(SimulatedProcess from, string host, int port, TimeSpan deadline, Action<EndpointAnswer, Listener?> answer)
    {
        var lost = IsCut(from.Host, host) || IsCut(host, from.Host);
        var left = deadline - _world.Now;
        _world.Schedule(null, !lost ? Delay() : left < SynRetry ? left : SynRetry, lost ? "syn lost" : "syn", () =>
        {
            if (_world.Now >= deadline)
                _world.Schedule(from, TimeSpan.Zero, "connection timed out", () => answer(EndpointAnswer.Silence, null));
            else if (lost)
                Syn(from, host, port, deadline, answer);
            else if (_listeners.TryGetValue((host, port), out var listener))
                _world.Schedule(from, Delay(), "connected", () => answer(EndpointAnswer.Accepts, listener));
            else
                _world.Schedule(from, Delay(), "connection refused", () => answer(EndpointAnswer.Refuses, null));
        });
    }

    // The listener's process may have died since its kernel has answered: then the connection breaks.
    private SimulatedConnection Accept(SimulatedProcess from, Address local, Address remote, Listener listener)
    {
        var ours = new SimulatedConnection(_world, from, local, remote);
        var theirs = new SimulatedConnection(_world, listener.Process, listener.Local, local);
        (ours.Other, theirs.Other) = (theirs, ours);
        _connections.Add(ours);
        if (listener.Process.IsDead)
        {
            ours.Break();
            return ours;
        }
        _connections.Add(theirs);
        _world.Schedule(listener.Process, TimeSpan.Zero, "accept", () => listener.Accept(theirs));
        return ours;
    }

    private sealed record Listener(SimulatedProcess Process, Address Local, Action<AssociationHandle> Accept);
}
