using Akka.Actor.Internal;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>Asks: sends a message and gives the answer as a task. For the edge of the actor world, not for use among actors.</summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, null, cancellationToken);

    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        Start<T>(self, message, null, timeout, cancellationToken);

    /// <summary>Asks with a message that is made with the reference that waits for the answer.</summary>
    public static Task<T> Ask<T>(this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken) =>
        Start<T>(self, null, messageFactory, timeout, cancellationToken);

    private static Task<T> Start<T>(
        ICanTell self, object? message, Func<IActorRef, object>? messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var provider = ProviderOf(self)
            ?? throw new ArgumentException("Unsupported Actor Ref. The receiver of an Ask must be an actor reference or a selection.", nameof(self));

        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (cancellationToken.IsCancellationRequested)
        {
            result.SetCanceled(cancellationToken);
            return result.Task;
        }

        var future = provider.CreateFutureRef(result);
        var limit = timeout ?? provider.Settings.AskTimeout;
        if (limit > TimeSpan.Zero && limit != Timeout.InfiniteTimeSpan)
        {
            var scheduler = provider.Guardian.System.Scheduler;
            var timer = new Cancelable(scheduler.Advanced);
            scheduler.Advanced.ScheduleOnce(limit, new TimeoutAction<T>(future, limit), timer);
            future.OnFinished = timer.Cancel;
        }
        if (cancellationToken.CanBeCanceled)
        {
            var registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((FutureActorRef<T>)state!).Cancel(token), future);
            future.OnFinished += registration.Dispose;
        }
        // the answer, the time-out or the cancellation may already have come while the above was being set up
        future.ReleaseIfFinished();

        var question = messageFactory is null ? message! : messageFactory(future);
        self.Tell(question, future);
        return result.Task;
    }

    private static IActorRefProvider? ProviderOf(ICanTell self) => self switch
    {
        ActorSelection selection => ProviderOf(selection.Anchor),
        Nobody => InternalCurrentActorCellKeeper.Current?.SystemImpl.Provider,
        IInternalActorRef actor => actor.Provider,
        _ => InternalCurrentActorCellKeeper.Current?.SystemImpl.Provider,
    };

    private sealed class TimeoutAction<T>(FutureActorRef<T> future, TimeSpan limit) : IRunnable
    {
        public void Run() => future.Fail(new AskTimeoutException($"Timeout after {limit} seconds"));

        public void Execute() => Run();
    }
}
