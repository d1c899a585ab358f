using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Cluster;

/// <summary>
/// Turns changes of the membership into events for subscribers. <see cref="Cluster.State"/> is updated before an event is sent, so
/// that a subscriber never sees an older state than the event it handles.
/// </summary>
internal sealed class ClusterDomainEventPublisher : ActorBase
{
    private readonly Cluster _cluster;
    private readonly MembershipState _empty;
    private readonly Dictionary<IActorRef, ImmutableHashSet<Type>> _subscribers = [];
    private MembershipState _state;

    public ClusterDomainEventPublisher(Cluster cluster)
    {
        _cluster = cluster;
        _empty = new MembershipState(Gossip.Empty, cluster.SelfUniqueAddress);
        _state = _empty;
    }

    protected override void PostStop()
    {
        Publish(ClusterEvent.ClusterShuttingDown.Instance);
        PublishChanges(_empty);
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InternalClusterAction.PublishChanges changes:
                PublishChanges(changes.State);
                return true;
            case InternalClusterAction.Subscribe subscribe:
                Subscribe(subscribe);
                return true;
            case InternalClusterAction.Unsubscribe unsubscribe:
                Unsubscribe(unsubscribe.Subscriber, unsubscribe.To);
                return true;
            case InternalClusterAction.SendCurrentClusterState send:
                send.Receiver.Tell(ClusterEvent.StateOf(_state));
                return true;
            case Terminated terminated:
                _subscribers.Remove(terminated.ActorRef);
                return true;
            default:
                return false;
        }
    }

    private void PublishChanges(MembershipState state)
    {
        var before = _state;
        _state = state;
        _cluster.UpdateState(ClusterEvent.StateOf(state));
        foreach (var change in ClusterEvent.Diff(before, state)) Publish(change);
    }

    private void Publish(ClusterEvent.IClusterDomainEvent e)
    {
        var type = e.GetType();
        foreach (var (subscriber, types) in _subscribers)
            if (Matches(types, type))
                subscriber.Tell(e);
    }

    private void Subscribe(InternalClusterAction.Subscribe subscribe)
    {
        if (subscribe.InitialStateMode == ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot)
        {
            subscribe.Subscriber.Tell(ClusterEvent.StateOf(_state));
        }
        else
        {
            foreach (var e in ClusterEvent.Diff(_empty, _state))
                if (Matches(subscribe.To, e.GetType()))
                    subscribe.Subscriber.Tell(e);
        }
        if (_subscribers.TryGetValue(subscribe.Subscriber, out var types))
        {
            _subscribers[subscribe.Subscriber] = types.Union(subscribe.To);
            return;
        }
        _subscribers[subscribe.Subscriber] = subscribe.To;
        Context.Watch(subscribe.Subscriber);
    }

    private void Unsubscribe(IActorRef subscriber, Type? to)
    {
        if (!_subscribers.TryGetValue(subscriber, out var types)) return;
        var left = to is null ? [] : types.Remove(to);
        if (left.IsEmpty)
        {
            _subscribers.Remove(subscriber);
            Context.Unwatch(subscriber);
        }
        else
        {
            _subscribers[subscriber] = left;
        }
    }

    private static bool Matches(ImmutableHashSet<Type> types, Type type)
    {
        foreach (var t in types)
            if (t.IsAssignableFrom(type))
                return true;
        return false;
    }
}
