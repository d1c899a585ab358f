using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>
/// Runs the pieces of an actor's async handlers in the actor's context, one at a time, while the mailbox waits: what follows an await
/// comes as a system message, so that it is processed although user messages are held back.
/// </summary>
public class ActorTaskScheduler : TaskScheduler
{
    private readonly ActorCell _cell;
    private object? _currentMessage;

    internal ActorTaskScheduler(ActorCell cell) => _cell = cell;

    public object? CurrentMessage => _currentMessage;

    public override int MaximumConcurrencyLevel => 1;

    protected virtual void OnBeforeTaskStarted() { }

    protected virtual void OnAfterTaskCompleted() { }

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    protected override void QueueTask(Task task)
    {
        if ((task.CreationOptions & TaskCreationOptions.LongRunning) == TaskCreationOptions.LongRunning)
        {
            // does not belong to the handler: whoever asked for its own thread gets one that is not the actor's
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Scheduler.TryExecuteTask(state.Task), (Scheduler: this, Task: task), preferLocal: false);
            return;
        }
        if (ReferenceEquals(ActorCell.Current, _cell) && !ReferenceEquals(TaskScheduler.Current, this) && _starting)
        {
            TryExecuteTask(task);
            return;
        }
        _cell.SendSystemMessage(new ActorTaskSchedulerMessage(this, task));
    }

    private bool _starting;

    internal void ExecuteQueued(Task task) => TryExecuteTask(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        // only on the actor's own thread; a queued piece keeps its place
        !taskWasPreviouslyQueued && ReferenceEquals(ActorCell.Current, _cell) && TryExecuteTask(task);

    /// <summary>Runs the action of the current actor as an async handler.</summary>
    public static void RunTask(Action action) => RunTask(
        static state =>
        {
            state();
            return Task.CompletedTask;
        },
        action);

    public static void RunTask(Func<Task> asyncAction) => RunTask(static state => state(), asyncAction);

    /// <summary>Calls the handler; as long as its task is not done, the actor gets no further user message.</summary>
    internal static void RunTask<TState>(Func<TState, Task> handler, TState state)
    {
        var cell = ActorCell.Current ?? throw new InvalidOperationException("RunTask must be called from an actor context.");
        var scheduler = cell.TaskScheduler;
        var message = cell.CurrentMessage;
        cell.Mailbox.Suspend();
        scheduler._currentMessage = message;
        scheduler.OnBeforeTaskStarted();

        Task<Task> started;
        scheduler._starting = true;
        try
        {
            started = Task.Factory.StartNew(
                static s =>
                {
                    var (h, x) = ((Func<TState, Task>, TState))s!;
                    return h(x);
                },
                (handler, state), CancellationToken.None, TaskCreationOptions.None, scheduler);
        }
        finally
        {
            scheduler._starting = false;
        }

        var task = started.IsCompletedSuccessfully ? started.Result ?? Task.CompletedTask : started;
        if (task.IsCompleted)
        {
            scheduler.Finish(task, message, inHandler: true);
            return;
        }
        task.ContinueWith(
            static (done, s) =>
            {
                var (sch, msg) = ((ActorTaskScheduler, object?))s!;
                sch.Finish(done, msg, inHandler: false);
            },
            (scheduler, message), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, scheduler);
    }

    private void Finish(Task task, object? message, bool inHandler)
    {
        _currentMessage = null;
        OnAfterTaskCompleted();
        _cell.Dispatcher.ResumeMailbox(_cell);

        var failure = Failure(task);
        if (failure is null) return;
        if (inHandler) global::System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        _cell.HandleTaskFailure(failure, message);
    }

    private static Exception? Failure(Task task)
    {
        if (task.IsCanceled) return new TaskCanceledException(task);
        if (!task.IsFaulted) return null;
        Exception failure = task.Exception!;
        while (failure is AggregateException { InnerExceptions.Count: 1, InnerException: { } inner }) failure = inner;
        return failure;
    }
}
