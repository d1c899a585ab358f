using Akka.Actor;
using Akka.Util;

namespace Akka.Routing;

/// <summary>Selects who gets a message.</summary>
public abstract class RoutingLogic : INoSerializationVerificationNeeded
{
    /// <returns><see cref="Routee.NoRoutee"/> when there is none.</returns>
    public abstract Routee Select(object message, Routee[] routees);
}

/// <summary>One by chance.</summary>
public sealed class RandomLogic : RoutingLogic
{
    public override Routee Select(object message, Routee[] routees) =>
        routees is null or { Length: 0 } ? Routee.NoRoutee : routees[ThreadLocalRandom.Current.Next(routees.Length)];
}

/// <summary>One after another.</summary>
public sealed class RoundRobinRoutingLogic : RoutingLogic
{
    private int _next;

    public RoundRobinRoutingLogic() : this(-1)
    {
    }

    public RoundRobinRoutingLogic(int next) => _next = next;

    public override Routee Select(object message, Routee[] routees) =>
        routees is null or { Length: 0 } ? Routee.NoRoutee : routees[(uint)Interlocked.Increment(ref _next) % (uint)routees.Length];
}

/// <summary>All of them.</summary>
public sealed class BroadcastRoutingLogic : RoutingLogic
{
    public override Routee Select(object message, Routee[] routees) =>
        routees is null or { Length: 0 } ? Routee.NoRoutee : new SeveralRoutees(routees);
}
