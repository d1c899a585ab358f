using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Event;

/// <summary>
/// The bus that everything in an actor system may publish to: log events, dead letters, cluster events and what the application
/// adds. Subscribers are removed when they terminate.
/// </summary>
public class EventStream : LoggingBus
{
    private readonly bool _debug;
    private readonly Lock _gate = new();
    private HashSet<IActorRef>? _waitingForUnsubscriber = [];
    private IActorRef? _unsubscriber;

    public EventStream(bool debug) => _debug = debug;

    public override bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        if (_debug) Publish(new Debug(SimpleName(this), GetType(), $"subscribing {subscriber} to channel {channel}"));
        var subscribed = base.Subscribe(subscriber, channel);
        if (subscribed) WatchSubscriber(subscriber);
        return subscribed;
    }

    public override bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        var unsubscribed = base.Unsubscribe(subscriber, channel);
        if (_debug) Publish(new Debug(SimpleName(this), GetType(), $"unsubscribing {subscriber} from channel {channel}"));
        if (unsubscribed && !HasSubscriptions(subscriber)) UnwatchSubscriber(subscriber);
        return unsubscribed;
    }

    public override bool Unsubscribe(IActorRef subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        var unsubscribed = base.Unsubscribe(subscriber);
        if (_debug) Publish(new Debug(SimpleName(this), GetType(), $"unsubscribing {subscriber} from all channels"));
        if (unsubscribed) UnwatchSubscriber(subscriber);
        return unsubscribed;
    }

    /// <summary>Starts the actor that removes terminated subscribers; those from before that are handed to it.</summary>
    public void StartUnsubscriber(ActorSystemImpl system)
    {
        lock (_gate)
        {
            if (_unsubscriber is not null) return;
            var props = Props.Create(() => new EventStreamUnsubscriber(this, _debug)).WithDispatcher("akka.actor.internal-dispatcher");
            _unsubscriber = system.SystemActorOf(props, "eventStreamUnsubscriber");
            foreach (var subscriber in _waitingForUnsubscriber!)
                _unsubscriber.Tell(new EventStreamUnsubscriber.Register(subscriber), ActorRefs.NoSender);
            _waitingForUnsubscriber = null;
        }
    }

    private void WatchSubscriber(IActorRef subscriber)
    {
        // loggers that are no actors never terminate
        if (subscriber is MinimalActorRef) return;
        lock (_gate)
        {
            if (_unsubscriber is null) _waitingForUnsubscriber!.Add(subscriber);
            else _unsubscriber.Tell(new EventStreamUnsubscriber.Register(subscriber), ActorRefs.NoSender);
        }
    }

    private void UnwatchSubscriber(IActorRef subscriber)
    {
        if (subscriber is MinimalActorRef) return;
        lock (_gate)
        {
            if (_unsubscriber is null) _waitingForUnsubscriber!.Remove(subscriber);
            else _unsubscriber.Tell(new EventStreamUnsubscriber.UnregisterIfNoMoreSubscriptions(subscriber), ActorRefs.NoSender);
        }
    }
}
