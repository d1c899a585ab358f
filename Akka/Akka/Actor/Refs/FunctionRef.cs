using System.Collections.Immutable;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A reference that calls a function for each message, on the sender's thread. It can be watched, and stopped by its owner.</summary>
internal sealed class FunctionRef : MinimalActorRef
{
    private readonly EventStream _eventStream;
    private readonly Action<IActorRef, object> _tell;
    // null: stopped
    private ImmutableHashSet<IActorRef>? _watchedBy = [];
    private ImmutableHashSet<IActorRef> _watching = [];

    public FunctionRef(ActorPath path, IActorRefProvider provider, EventStream eventStream, Action<IActorRef, object> tell)
    {
        Path = path;
        Provider = provider;
        _eventStream = eventStream;
        _tell = tell;
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    public override bool IsTerminated => Volatile.Read(ref _watchedBy) is null;

    public bool IsWatching(IActorRef actorRef) => Volatile.Read(ref _watching).Contains(actorRef);

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (IsTerminated) _eventStream.Publish(new DeadLetter(message, sender ?? Provider.DeadLetters, this));
        else _tell(sender, message);
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch when !Equals(watch.Watcher, this):
                if (!ChangeWatchers(watchers => watchers.Add(watch.Watcher)))
                    watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
                break;
            case Unwatch unwatch:
                ChangeWatchers(watchers => watchers.Remove(unwatch.Watcher));
                break;
            case DeathWatchNotification notification:
                if (ImmutableInterlocked.Update(ref _watching, w => w.Remove(notification.Actor)))
                    Tell(new Terminated(notification.Actor, notification.ExistenceConfirmed, notification.AddressTerminated), notification.Actor);
                break;
        }
    }

    public IActorRef Watch(IActorRef actorRef)
    {
        ImmutableInterlocked.Update(ref _watching, w => w.Add(actorRef));
        ((IInternalActorRef)actorRef).SendSystemMessage(new Watch((IInternalActorRef)actorRef, this));
        return actorRef;
    }

    public IActorRef Unwatch(IActorRef actorRef)
    {
        ImmutableInterlocked.Update(ref _watching, w => w.Remove(actorRef));
        ((IInternalActorRef)actorRef).SendSystemMessage(new Unwatch((IInternalActorRef)actorRef, this));
        return actorRef;
    }

    public override void Stop()
    {
        var watchers = Interlocked.Exchange(ref _watchedBy, null);
        if (watchers is null) return;
        foreach (var watcher in watchers)
            ((IInternalActorRef)watcher).SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
        foreach (var watchee in Interlocked.Exchange(ref _watching, []))
            ((IInternalActorRef)watchee).SendSystemMessage(new Unwatch((IInternalActorRef)watchee, this));
    }

    private bool ChangeWatchers(Func<ImmutableHashSet<IActorRef>, ImmutableHashSet<IActorRef>> change)
    {
        while (Volatile.Read(ref _watchedBy) is { } before)
        {
            var after = change(before);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _watchedBy, after, before), before)) return true;
        }
        return false;
    }
}
