using Akka.Actor;
using Akka.Routing;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>Knows its subscribers on this node, and stops when there have been none for long.</summary>
internal abstract class TopicLike : UntypedActor, IWithTimers
{
    private TimeSpan? _emptySince;

    protected TopicLike(TimeSpan emptyTimeToLive)
    {
        EmptyTimeToLive = emptyTimeToLive;
        _emptySince = Now;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected TimeSpan EmptyTimeToLive { get; }

    protected HashSet<IActorRef> Subscribers { get; } = [];

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private bool IsInUse => Subscribers.Count > 0 || Context.GetChildren().Any();

    protected override void PreStart() =>
        Timers.StartPeriodicTimer(Prune.Instance, Prune.Instance, TimeSpan.FromTicks(Math.Max(EmptyTimeToLive.Ticks / 2, TimeSpan.TicksPerMillisecond)));

    protected abstract void Deliver(object message);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Subscribe subscribe:
                Context.Watch(subscribe.Ref);
                Subscribers.Add(subscribe.Ref);
                Context.Parent.Tell(new Subscribed(new SubscribeAck(subscribe), Sender));
                Note();
                break;
            case Unsubscribe unsubscribe:
                Context.Unwatch(unsubscribe.Ref);
                Subscribers.Remove(unsubscribe.Ref);
                Context.Parent.Tell(new Unsubscribed(new UnsubscribeAck(unsubscribe), Sender));
                Note();
                break;
            case Subscribed or Unsubscribed:
                Context.Parent.Forward(message);
                break;
            case Terminated dead:
                Subscribers.Remove(dead.ActorRef);
                Note();
                break;
            case Prune:
                Note();
                if (_emptySince is { } since && Now - since >= EmptyTimeToLive) Context.Parent.Tell(NoMoreSubscribers.Instance);
                break;
            case TerminateRequest:
                if (IsInUse) Context.Parent.Tell(NewSubscriberArrived.Instance);
                else Context.Stop(Self);
                break;
            default:
                Deliver(message);
                break;
        }
    }

    private void Note() => _emptySince = IsInUse ? null : _emptySince ?? Now;
}

/// <summary>The subscribers of a topic on this node, and below it their groups.</summary>
internal sealed class Topic(TimeSpan emptyTimeToLive, RoutingLogic routingLogic) : TopicLike(emptyTimeToLive)
{
    private readonly HeldBack _held = new();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Subscribe { Group.Length: > 0 } or Unsubscribe { Group.Length: > 0 }:
                ToGroup(message, Sender);
                break;
            case NoMoreSubscribers:
                _held.Begin(Sender.Path.Name);
                Sender.Tell(TerminateRequest.Instance);
                break;
            case NewSubscriberArrived:
                _held.End(Sender.Path.Name, ToGroup);
                break;
            case Terminated dead when dead.ActorRef.Path.Parent.Equals(Self.Path):
                _held.End(dead.ActorRef.Path.Name, ToGroup);
                base.OnReceive(message);
                break;
            default:
                base.OnReceive(message);
                break;
        }
    }

    protected override void Deliver(object message)
    {
        foreach (var subscriber in Subscribers) subscriber.Forward(message);
    }

    private void ToGroup(object message, IActorRef sender)
    {
        var name = TopicName.Encode((message as Subscribe)?.Group ?? ((Unsubscribe)message).Group!);
        if (_held.Hold(name, message, sender)) return;
        var group = Context.Child(name);
        if (group.IsNobody() && message is Unsubscribe unsubscribe)
        {
            Context.Parent.Tell(new Unsubscribed(new UnsubscribeAck(unsubscribe), sender));
            return;
        }
        (group.IsNobody() ? NewGroup(name) : group).Tell(message, sender);
    }

    private IActorRef NewGroup(string name)
    {
        var (timeToLive, logic) = (EmptyTimeToLive, routingLogic);
        var group = Context.ActorOf(Props.Create(() => new Group(timeToLive, logic)), name);
        Context.Watch(group);
        Context.Parent.Tell(new RegisterTopic(group));
        return group;
    }
}

/// <summary>The subscribers of a group on this node, of which one gets a message to the group.</summary>
internal sealed class Group(TimeSpan emptyTimeToLive, RoutingLogic routingLogic) : TopicLike(emptyTimeToLive)
{
    protected override void Deliver(object message)
    {
        if (message is not SendToOneSubscriber(var content) || Subscribers.Count == 0) return;
        routingLogic.Select(content, [.. Subscribers.Select(Routee.FromActorRef)]).Send(content, Sender);
    }
}

/// <summary>Subscriptions that came while their topic was asked to end: they go to it, or to the next one, when that is decided.</summary>
internal sealed class HeldBack
{
    private readonly Dictionary<string, List<(object Message, IActorRef Sender)>> _held = [];

    public void Begin(string name) => _held.TryAdd(name, []);

    public bool Hold(string name, object message, IActorRef sender)
    {
        if (!_held.TryGetValue(name, out var held)) return false;
        held.Add((message, sender));
        return true;
    }

    /// <summary>Hands them out in their order.</summary>
    public void End(string name, Action<object, IActorRef> handle)
    {
        if (!_held.Remove(name, out var held)) return;
        foreach (var (message, sender) in held) handle(message, sender);
    }
}

/// <summary>Topics and groups as names of actors.</summary>
internal static class TopicName
{
    public static string Encode(string name) => Uri.EscapeDataString(name);

    public static string Decode(string name) => Uri.UnescapeDataString(name);
}
