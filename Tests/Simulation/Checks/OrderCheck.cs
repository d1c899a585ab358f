using Akka.Cluster;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Checks;

/// <summary>
/// What one sender sends to one entity arrives in the order in which it was sent, each at most once, wherever the entity lives by then; and
/// when all is well and no shard moves everything arrives.
/// </summary>
public sealed class OrderCheck(SimulationRun run)
{
    private readonly Dictionary<(string Sender, string Entity), Dictionary<UniqueAddress, long>> _received = [];
    private readonly HashSet<(string Sender, string Entity, long Number)> _arrived = [];
    private readonly Dictionary<(string Sender, string Entity), long> _last = [];

    public long ReceivedCount { get; private set; }

    /// <summary>Members that another one has taken for gone: what those still do is for nobody.</summary>
    public HashSet<UniqueAddress> GivenUp { get; } = [];

    /// <summary>An entity has got a message.</summary>
    /// <param name="node">Its node.</param>
    /// <param name="entity">Its name.</param>
    /// <param name="sender">Who has sent it.</param>
    /// <param name="number">Which one it is.</param>
    /// <param name="before">The last one that the same incarnation of the entity has got of that sender.</param>
    public void Received(UniqueAddress node, string entity, string sender, long number, long before)
    {
        ReceivedCount++;
        run.World.Trace($"{entity} on {node.Address.Host} gets {number} of {sender}");
        _arrived.Add((sender, entity, number));
        // It may live elsewhere by now: what was on its way to the old one is not held against that, nor what a node got that another part of a
        // cluster that came apart gave up afterwards.
        var onNodes = _received.TryGetValue((sender, entity), out var known) ? known : _received[(sender, entity)] = [];
        var givenUp = GivenUp.Contains(node);
        var last = givenUp ? before : onNodes.Where(n => !GivenUp.Contains(n.Key)).Select(n => n.Value).DefaultIfEmpty().Max();
        if (number <= last)
        {
            run.World.Trace($"{entity} got message {number} of {sender} after message {last}");
            run.Violations.Add($"{entity} got message {number} of {sender} after message {last}");
        }
        onNodes[node] = Math.Max(onNodes.GetValueOrDefault(node), number);
    }

    /// <summary>Messages are sent once more: what was sent last before that counts no more.</summary>
    public void SendAgain() => _last.Clear();

    /// <summary>A message was sent when nothing harmful happened any more.</summary>
    public void SentLast(string entity, string sender, long number) => _last[(sender, entity)] = number;

    /// <summary>Whether all that was sent last has arrived.</summary>
    public bool HasAllOfTheLast => _last.Count > 0 && _last.All(l => _arrived.Contains((l.Key.Sender, l.Key.Entity, l.Value)));

    public void CheckAtTheEnd()
    {
        foreach (var ((sender, entity), number) in _last)
        {
            if (!_arrived.Contains((sender, entity, number)))
                run.Violations.Add($"{entity} never got message {number} of {sender}, which was sent when all was healed");
        }
        if (_last.Count == 0)
            run.Violations.Add("nothing was sent to an entity when all was healed");
    }
}
