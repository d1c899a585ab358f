using Akka.Cluster;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Checks;

/// <summary>
/// What one sender sends to one entity arrives at most once, and in the order in which it was sent unless the entity moves meanwhile; and when all
/// is well and no shard moves everything arrives.
/// </summary>
public sealed class OrderCheck(SimulationRun run)
{
    private readonly Dictionary<(string Sender, string Entity), Dictionary<UniqueAddress, long>> _received = [];
    private readonly HashSet<(string Sender, string Entity, long Number)> _arrived = [];
    private readonly Dictionary<(string Sender, string Entity), long> _last = [];
    private readonly Dictionary<(string Sender, string Entity, long Number), TimeSpan> _sentAt = [];
    private readonly Dictionary<string, (UniqueAddress Node, TimeSpan Since)> _lives = [];

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
        var isFirst = _arrived.Add((sender, entity, number));
        // It may live elsewhere by now: what was on its way to the old one is not held against that, nor what a node got that another part of a
        // cluster that came apart gave up afterwards.
        var onNodes = _received.TryGetValue((sender, entity), out var known) ? known : _received[(sender, entity)] = [];
        var givenUp = GivenUp.Contains(node);
        var last = givenUp ? before : onNodes.Where(n => !GivenUp.Contains(n.Key)).Select(n => n.Value).DefaultIfEmpty().Max();
        if (!_lives.TryGetValue(entity, out var home) || !home.Node.Equals(node))
            _lives[entity] = home = (node, run.World.Now);
        // What was on its way to where the entity lived before comes by way of there: docs/akka-net.md.
        var byTheOldHome = isFirst && _sentAt[(sender, entity, number)] <= home.Since;
        if (number <= last && !byTheOldHome)
        {
            run.World.Trace($"{entity} got message {number} of {sender} after message {last}");
            run.Violations.Add($"{entity} got message {number} of {sender} after message {last}");
        }
        onNodes[node] = Math.Max(onNodes.GetValueOrDefault(node), number);
    }

    /// <summary>A message is sent.</summary>
    /// <param name="entity">To whom.</param>
    /// <param name="sender">Who sends it.</param>
    /// <param name="number">Which one it is.</param>
    public void Sent(string entity, string sender, long number) => _sentAt[(sender, entity, number)] = run.World.Now;

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
