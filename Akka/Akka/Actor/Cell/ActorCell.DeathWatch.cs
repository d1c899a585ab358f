using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Util;

namespace Akka.Actor;

public partial class ActorCell
{
    // Most actors watch nobody and are watched by nobody: nothing is allocated for them.
    private Dictionary<IActorRef, object?>? _watching;
    private HashSet<IActorRef>? _watchedBy;
    private Dictionary<IActorRef, object?>? _terminatedQueued;
    private bool _subscribedToAddressTerminated;

    public IActorRef Watch(IActorRef subject)
    {
        var watchee = (IInternalActorRef)subject;
        if (watchee.Equals(_self)) return watchee;
        if (_watching is not null && _watching.TryGetValue(watchee, out var previous))
        {
            RequireSameMessage(watchee, previous, null);
            return watchee;
        }
        StartWatching(watchee, null);
        return watchee;
    }

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        if (message is null) throw new ArgumentNullException(nameof(message), "message must not be null");
        var watchee = (IInternalActorRef)subject;
        if (watchee.Equals(_self)) return watchee;
        if (_watching is not null && _watching.TryGetValue(watchee, out var previous))
        {
            RequireSameMessage(watchee, previous, message);
            return watchee;
        }
        StartWatching(watchee, message);
        return watchee;
    }

    private void StartWatching(IInternalActorRef watchee, object? message)
    {
        (_watching ??= [])[watchee] = message;
        MaintainAddressTerminatedSubscription(watchee);
        watchee.SendSystemMessage(new Watch(watchee, _self));
    }

    private void RequireSameMessage(IActorRef watchee, object? previous, object? requested)
    {
        if (Equals(previous, requested)) return;
        throw new InvalidOperationException(
            $"Watch({_self}, {watchee}) termination message was not overwritten from [{previous ?? "default"}] to [{requested ?? "default"}]. " +
            "If this was intended, unwatch first before using `Watch` / `WatchWith` with another message.");
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        var watchee = (IInternalActorRef)subject;
        if (watchee.Equals(_self)) return watchee;
        if (_watching is not null && RemoveFrom(_watching, watchee))
        {
            watchee.SendSystemMessage(new Unwatch(watchee, _self));
            MaintainAddressTerminatedSubscription(watchee);
        }
        // also forgets a Terminated that already lies in the mailbox
        if (_terminatedQueued is not null) RemoveFrom(_terminatedQueued, watchee);
        return watchee;
    }

    /// <summary>A reference without a uid stands for every incarnation.</summary>
    private static bool RemoveFrom(Dictionary<IActorRef, object?> set, IActorRef actor)
    {
        if (set.Remove(actor)) return true;
        if (actor.Path.Uid != UndefinedUid) return set.Remove(new UidlessKey(actor));
        var same = set.Keys.FirstOrDefault(key => key.Path.Equals(actor.Path));
        return same is not null && set.Remove(same);
    }

    /// <summary>Finds what was watched through a reference without a uid.</summary>
    private sealed class UidlessKey : MinimalActorRef
    {
        public UidlessKey(IActorRef actor) => Path = actor.Path.WithUid(UndefinedUid);

        public override ActorPath Path { get; }

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }

    private bool TryGetWatched(IActorRef actor, out object? message)
    {
        message = null;
        if (_watching is null) return false;
        if (_watching.TryGetValue(actor, out message)) return true;
        return actor.Path.Uid != UndefinedUid && _watching.TryGetValue(new UidlessKey(actor), out message);
    }

    /// <summary>Handles a queued <see cref="Terminated"/>: exactly once, and not after Unwatch.</summary>
    protected void ReceivedTerminated(Terminated t)
    {
        if (_terminatedQueued is null || !_terminatedQueued.Remove(t.ActorRef, out var message)) return;
        if (message is null)
        {
            ReceiveMessage(t);
            return;
        }
        _currentMessage = message;
        ReceiveMessage(message);
    }

    /// <summary>A child or a watched actor is dead: queue <see cref="Terminated"/> behind the messages that it sent before.</summary>
    protected void WatchedActorTerminated(IActorRef actor, bool existenceConfirmed, bool addressTerminated)
    {
        if (TryGetWatched(actor, out var message))
        {
            RemoveFrom(_watching!, actor);
            MaintainAddressTerminatedSubscription(actor);
            if (!IsTerminating)
            {
                TerminatedQueuedFor(actor, message is null ? Option<object>.None : new Option<object>(message));
                _self.Tell(new Terminated(actor, existenceConfirmed, addressTerminated), actor);
            }
        }
        if (Children.TryGet(actor, out _)) HandleChildTerminated(actor);
    }

    public void TerminatedQueuedFor(IActorRef subject, Option<object> customMessage) =>
        (_terminatedQueued ??= []).TryAdd(subject, customMessage.HasValue ? customMessage.Value : null);

    protected void TellWatchersWeDied()
    {
        if (_watchedBy is null) return;
        try
        {
            // Remote watchers last: a local parent must not see its child vanish after a message that a remote watcher sent about it.
            foreach (var watcher in _watchedBy)
                if (((IInternalActorRef)watcher).IsLocal) NotifyWatcher(watcher);
            foreach (var watcher in _watchedBy)
                if (!((IInternalActorRef)watcher).IsLocal) NotifyWatcher(watcher);
        }
        finally
        {
            _watchedBy = null;
            if (_subscribedToAddressTerminated) MaintainAddressTerminatedSubscription();
        }
    }

    private void NotifyWatcher(IActorRef watcher)
    {
        // the parent is told in any case
        if (watcher.Equals(_parent)) return;
        ((IInternalActorRef)watcher).SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true, addressTerminated: false));
    }

    protected void UnwatchWatchedActors(ActorBase? actor)
    {
        if (_watching is null) return;
        try
        {
            foreach (var watchee in _watching.Keys)
                ((IInternalActorRef)watchee).SendSystemMessage(new Unwatch((IInternalActorRef)watchee, _self));
        }
        finally
        {
            _watching = null;
            _terminatedQueued = null;
            if (_subscribedToAddressTerminated) MaintainAddressTerminatedSubscription();
        }
    }

    protected void AddWatcher(IActorRef watchee, IActorRef watcher)
    {
        var watcheeSelf = watchee.Equals(_self);
        var watcherSelf = watcher.Equals(_self);
        if (watcheeSelf && !watcherSelf)
        {
            if (!(_watchedBy ??= []).Add(watcher)) return;
            MaintainAddressTerminatedSubscription(watcher);
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug($"now watched by {watcher}");
        }
        else if (!watcheeSelf && watcherSelf)
        {
            Watch(watchee);
        }
        else
        {
            Publish(new Warning(_self.Path.ToString(), GetType(), $"BUG: illegal Watch({watchee},{watcher}) for {_self}"));
        }
    }

    protected void RemWatcher(IActorRef watchee, IActorRef watcher)
    {
        var watcheeSelf = watchee.Equals(_self);
        var watcherSelf = watcher.Equals(_self);
        if (watcheeSelf && !watcherSelf)
        {
            if (_watchedBy is null || !_watchedBy.Remove(watcher)) return;
            MaintainAddressTerminatedSubscription(watcher);
            if (_systemImpl.Settings.DebugLifecycle) PublishDebug($"no longer watched by {watcher}");
        }
        else if (!watcheeSelf && watcherSelf)
        {
            Unwatch(watchee);
        }
        else
        {
            Publish(new Warning(_self.Path.ToString(), GetType(), $"BUG: illegal Unwatch({watchee},{watcher}) for {_self}"));
        }
    }

    /// <summary>A whole node is gone: with it its watchers of this actor, and the actors there that this one watches.</summary>
    protected void AddressTerminated(Address address)
    {
        if (_watchedBy is not null)
        {
            _watchedBy.RemoveWhere(watcher => watcher.Path.Address.Equals(address));
            MaintainAddressTerminatedSubscription();
        }
        if (_watching is null) return;
        // Through the system queue, as if each had notified: nothing may change the children in the middle of another message.
        foreach (var watchee in _watching.Keys.Where(watchee => watchee.Path.Address.Equals(address)).ToArray())
            _self.SendSystemMessage(new DeathWatchNotification(watchee, existenceConfirmed: ChildExists(watchee), addressTerminated: true));
    }

    private bool ChildExists(IActorRef actor) => Children.TryGet(actor, out _);

    /// <summary>Only actors with remote watchers or watchees need to hear of lost nodes.</summary>
    private void MaintainAddressTerminatedSubscription(IActorRef? changed = null)
    {
        if (changed is IActorRefScope { IsLocal: true }) return;
        var wanted = HasNonLocal(_watching?.Keys) || HasNonLocal(_watchedBy);
        if (wanted == _subscribedToAddressTerminated) return;
        _subscribedToAddressTerminated = wanted;
        var topic = AddressTerminatedTopic.Get(_systemImpl);
        if (wanted) topic.Subscribe(_self);
        else topic.Unsubscribe(_self);
    }

    private static bool HasNonLocal(IEnumerable<IActorRef>? actors)
    {
        if (actors is null) return false;
        foreach (var actor in actors)
            if (actor is IActorRefScope { IsLocal: false }) return true;
        return false;
    }
}
