using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Stops an actor and tells when it is gone.</summary>
public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>True when the actor has stopped in time; otherwise the task is cancelled.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var actor = (IInternalActorRef)target;
        var death = DeathWatcher.Watch(actor, out var watcher, timeout);
        target.Tell(stopMessage, ActorRefs.NoSender);
        try
        {
            await death.ConfigureAwait(false);
            return true;
        }
        catch (AskTimeoutException)
        {
            actor.SendSystemMessage(new Unwatch(actor, watcher));
            throw new TaskCanceledException($"{target} did not stop within {timeout}");
        }
    }
}

/// <summary>Watches an actor from outside of actors.</summary>
public static class WatchAsyncSupport
{
    /// <summary>True once the actor has terminated; false when that was cancelled.</summary>
    public static async Task<bool> WatchAsync(this IActorRef target, CancellationToken token = default)
    {
        if (target is not IInternalActorRef actor) throw new InvalidOperationException($"{target} cannot be watched");
        if (actor.IsTerminated && actor.IsLocal) return true;
        var death = DeathWatcher.Watch(actor, out var watcher, Timeout.InfiniteTimeSpan);
        try
        {
            await death.WaitAsync(token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            watcher.Stop();
            actor.SendSystemMessage(new Unwatch(actor, watcher));
            return false;
        }
    }
}

/// <summary>A temporary reference that only waits for a death.</summary>
internal sealed class DeathWatcher : MinimalActorRef
{
    private readonly TaskCompletionSource _death = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IInternalActorRef _target;
    private readonly ICancelable? _timer;

    private DeathWatcher(IInternalActorRef target, TimeSpan timeout)
    {
        _target = target;
        Provider = target.Provider;
        Path = Provider.TempPath();
        if (timeout == Timeout.InfiniteTimeSpan) return;
        var scheduler = Provider.Guardian.System.Scheduler.Advanced;
        _timer = scheduler.ScheduleOnceCancelable(timeout, () => Finish(new AskTimeoutException($"Timeout after {timeout}")));
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    public override IInternalActorRef Parent => Provider.TempContainer;

    public static Task Watch(IInternalActorRef target, out IInternalActorRef watcher, TimeSpan timeout)
    {
        var created = new DeathWatcher(target, timeout);
        watcher = created;
        created.Provider.RegisterTempActor(created, created.Path);
        target.SendSystemMessage(new Watch(target, created));
        return created._death.Task;
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        if (message is DeathWatchNotification notification && notification.Actor.Equals(_target)) Finish(null);
    }

    public override void Stop() => Finish(new ActorKilledException("Stopped"));

    private void Finish(Exception? failure)
    {
        Provider.UnregisterTempActor(Path);
        _timer?.Cancel();
        if (failure is null) _death.TrySetResult();
        else _death.TrySetException(failure);
    }
}
