using Akka.Actor;

namespace Akka.Event;

/// <summary>Watches the subscribers of an event stream and removes those that terminate.</summary>
internal sealed class EventStreamUnsubscriber : ActorBase
{
    private readonly EventStream _eventStream;
    private readonly bool _debug;

    public EventStreamUnsubscriber(EventStream eventStream, bool debug)
    {
        _eventStream = eventStream;
        _debug = debug;
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Register register:
                Log($"watching {register.Subscriber} in order to unsubscribe from EventStream when it terminates");
                Context.Watch(register.Subscriber);
                return true;
            case UnregisterIfNoMoreSubscriptions unregister when !_eventStream.HasSubscriptions(unregister.Subscriber):
                Log($"unwatching {unregister.Subscriber}, since it has no subscriptions");
                Context.Unwatch(unregister.Subscriber);
                return true;
            case UnregisterIfNoMoreSubscriptions:
                return true;
            case Terminated terminated:
                Log($"unsubscribe {terminated.ActorRef} from {_eventStream}, because it was terminated");
                _eventStream.Unsubscribe(terminated.ActorRef);
                return true;
            default:
                return false;
        }
    }

    private void Log(string message)
    {
        if (_debug) _eventStream.Publish(new Debug(nameof(EventStreamUnsubscriber), GetType(), message));
    }

    internal sealed record Register(IActorRef Subscriber) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    internal sealed record UnregisterIfNoMoreSubscriptions(IActorRef Subscriber) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
