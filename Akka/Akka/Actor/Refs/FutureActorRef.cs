using Akka.Annotations;
using Akka.Dispatch.SysMsg;
using Akka.Util;

namespace Akka.Actor;

/// <summary>The sender of an Ask: completes a task with the first message that it gets.</summary>
/// <remarks>
/// It gets a path, and an entry in the container of temporary actors, only when somebody looks at the path (a remote transport, death
/// watch, a log line): most Asks stay in the process, where the reference itself is enough.
/// </remarks>
[InternalApi]
public sealed class FutureActorRef<T> : MinimalActorRef
{
    private readonly TaskCompletionSource<T> _result;
    private readonly IActorRefProvider _provider;
    private readonly Lock _gate = new();
    private ActorPath? _path;
    private volatile bool _registered;
    private volatile bool _finished;
    private volatile bool _cancelled;
    private HashSet<IActorRef>? _watchedBy;

    public FutureActorRef(TaskCompletionSource<T> result, ActorPath? path, IActorRefProvider provider)
    {
        _result = result;
        _path = path;
        _provider = provider;
    }

    public override ActorPath Path
    {
        get
        {
            if (Volatile.Read(ref _path) is { } known && (_registered || _finished)) return known;
            lock (_gate)
            {
                _path ??= _provider.TempPath();
                if (_registered || _finished) return _path;
                _registered = true;
                _provider.RegisterTempActor(this, _path);
                return _path;
            }
        }
    }

    public override IActorRefProvider Provider => _provider;

    public override IInternalActorRef Parent => _provider.TempContainer;

    public override bool IsTerminated => _finished;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (!TryFinish(cancelled: false))
        {
            // an answer that comes after a cancelled Ask is expected; any other second answer is a dead letter
            if (!_cancelled) _provider.DeadLetters.Tell(message!, this);
            return;
        }

        _ = message switch
        {
            ISystemMessage => _result.TrySetException(
                new InvalidOperationException($"system message of type '{message.GetType().Name}' is invalid for {nameof(FutureActorRef<T>)}")),
            T answer => _result.TrySetResult(answer),
            null => _result.TrySetResult(default!),
            Status.Failure failure => _result.TrySetException(
                failure.Cause ?? new TaskCanceledException("Task cancelled by actor via Failure message.")),
            Failure failure => _result.TrySetException(
                failure.Exception ?? new TaskCanceledException("Task cancelled by actor via Failure message.")),
            _ => _result.TrySetException(
                new ArgumentException($"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]")),
        };
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch when !Equals(watch.Watcher, this):
                var finished = false;
                lock (_gate)
                {
                    if (_finished) finished = true;
                    else (_watchedBy ??= []).Add(watch.Watcher);
                }
                if (finished) watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
                break;
            case Unwatch unwatch:
                lock (_gate) _watchedBy?.Remove(unwatch.Watcher);
                break;
        }
    }

    public override void Stop() => Fail(new ActorKilledException("Stopped"));

    /// <summary>Ends the Ask without an answer; false when there was one already.</summary>
    internal bool Fail(Exception cause) => TryFinish(cancelled: false) && _result.TrySetException(cause);

    internal bool Cancel(CancellationToken token) => TryFinish(cancelled: true) && _result.TrySetCanceled(token);

    /// <summary>Called once, when the Ask is over: takes its timer and its registration for cancellation away.</summary>
    internal Action? OnFinished { get; set; }

    /// <summary>For an Ask that was over before <see cref="OnFinished"/> was set.</summary>
    internal void ReleaseIfFinished()
    {
        if (_finished) OnFinished?.Invoke();
    }

    // Decides which of the answer, the time-out and the cancellation counts, and releases everything before the task is completed with it:
    // who sees the task completed finds nothing left behind.
    private bool TryFinish(bool cancelled)
    {
        HashSet<IActorRef>? watchers;
        ActorPath? registeredAs = null;
        lock (_gate)
        {
            if (_finished) return false;
            _cancelled = cancelled;
            _finished = true;
            if (_registered) registeredAs = _path;
            watchers = _watchedBy;
            _watchedBy = null;
        }
        if (registeredAs is not null) _provider.UnregisterTempActor(registeredAs);
        OnFinished?.Invoke();
        if (watchers is null) return true;
        foreach (var watcher in watchers)
            ((IInternalActorRef)watcher).SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
        return true;
    }

    // Without a path the reference itself is the identity; a copy that went over the wire resolves to this very instance.
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override ISurrogate ToSurrogate(ActorSystem system) => new Surrogate(Serialization.Serialization.SerializedActorPath(this));
}
