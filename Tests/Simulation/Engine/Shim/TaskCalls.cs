using System.Runtime.CompilerServices;

namespace Akka.Simulation;

/// <summary>The tasks of rewritten assemblies: on the world's scheduler in place of the thread pool, and waits in which the world goes on.</summary>
public static class TaskCalls
{
    private static TaskScheduler Loop => SimulatedRuntime.Current.Scheduler;

    [Replaces("System.Threading.Tasks.TaskScheduler", "get_Default")]
    public static TaskScheduler DefaultScheduler() => Loop;

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task Run(Action work) => Run(work, CancellationToken.None);

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task Run(Action work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, Loop);

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task Run(Func<Task> work) => Run(work, CancellationToken.None);

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task Run(Func<Task> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, Loop).Unwrap();

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task<T> Run<T>(Func<T> work) => Run(work, CancellationToken.None);

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task<T> Run<T>(Func<T> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, Loop);

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task<T> Run<T>(Func<Task<T>> work) => Run(work, CancellationToken.None);

    [Replaces("System.Threading.Tasks.Task", "Run")]
    public static Task<T> Run<T>(Func<Task<T>> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach, Loop).Unwrap();

    [Replaces("System.Threading.ThreadPool", "UnsafeQueueUserWorkItem")]
    public static bool Queue(IThreadPoolWorkItem work, bool preferLocal)
    {
        Run(work.Execute);
        return true;
    }

    [Replaces("System.Threading.ThreadPool", "UnsafeQueueUserWorkItem")]
    public static bool QueueUnsafe(WaitCallback work, object? state) => Queue(work, state);

    [Replaces("System.Threading.ThreadPool", "QueueUserWorkItem")]
    public static bool Queue(WaitCallback work, object? state)
    {
        Run(() => work(state));
        return true;
    }

    [Replaces("System.Threading.CancellationTokenSource", "CancelAsync")]
    public static Task CancelAsync(CancellationTokenSource source) => source.IsCancellationRequested ? Task.CompletedTask : Run(source.Cancel);

    [Replaces("System.Threading.Tasks.Task", "ConfigureAwait")]
    public static ConfiguredTaskAwaitable Await(Task task, bool onScheduler) => task.ConfigureAwait(true);

    [Replaces("System.Threading.Tasks.Task", "ConfigureAwait")]
    public static ConfiguredTaskAwaitable Await(Task task, ConfigureAwaitOptions options) =>
        task.ConfigureAwait(options | ConfigureAwaitOptions.ContinueOnCapturedContext);

    [Replaces("System.Threading.Tasks.Task`1", "ConfigureAwait")]
    public static ConfiguredTaskAwaitable<T> Await<T>(Task<T> task, bool onScheduler) => task.ConfigureAwait(true);

    [Replaces("System.Threading.Tasks.Task`1", "ConfigureAwait")]
    public static ConfiguredTaskAwaitable<T> Await<T>(Task<T> task, ConfigureAwaitOptions options) =>
        task.ConfigureAwait(options | ConfigureAwaitOptions.ContinueOnCapturedContext);

    [Replaces("System.Threading.Tasks.ValueTask", "ConfigureAwait")]
    public static ConfiguredValueTaskAwaitable Await(ref ValueTask task, bool onScheduler) => task.ConfigureAwait(true);

    [Replaces("System.Threading.Tasks.ValueTask`1", "ConfigureAwait")]
    public static ConfiguredValueTaskAwaitable<T> Await<T>(ref ValueTask<T> task, bool onScheduler) => task.ConfigureAwait(true);

    [Replaces("System.Threading.Tasks.TaskAsyncEnumerableExtensions", "ConfigureAwait")]
    public static ConfiguredCancelableAsyncEnumerable<T> Await<T>(IAsyncEnumerable<T> source, bool onScheduler) => source.ConfigureAwait(true);

    [Replaces("System.Threading.Tasks.TaskAsyncEnumerableExtensions", "ConfigureAwait")]
    public static ConfiguredAsyncDisposable Await(IAsyncDisposable source, bool onScheduler) => source.ConfigureAwait(true);

    [Replaces("System.Runtime.CompilerServices.ConfiguredCancelableAsyncEnumerable`1", "ConfigureAwait")]
    public static ConfiguredCancelableAsyncEnumerable<T> Await<T>(ref ConfiguredCancelableAsyncEnumerable<T> source, bool onScheduler) =>
        source.ConfigureAwait(true);

    [Replaces("System.Threading.Tasks.Task`1", "get_Result")]
    public static T Result<T>(Task<T> task)
    {
        WaitFor(task);
        return task.Result;
    }

    [Replaces("System.Threading.Tasks.Task", "Wait")]
    public static void Wait(Task task)
    {
        WaitFor(task);
        task.Wait();
    }

    [Replaces("System.Threading.Tasks.Task", "Wait")]
    public static bool Wait(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            WaitFor(Task.WhenAny(task, TimeCalls.Delay(timeout)));
        return task.Wait(TimeSpan.Zero);
    }

    [Replaces("System.Threading.Tasks.Task", "WaitAll")]
    public static bool WaitAll(Task[] tasks, TimeSpan timeout) => Wait(Task.WhenAll(tasks), timeout);

    [Replaces("System.Runtime.CompilerServices.TaskAwaiter", "GetResult", NotAfterAwait = true)]
    public static void GetResult(ref TaskAwaiter awaiter)
    {
        WaitFor(ref awaiter, awaiter.IsCompleted);
        awaiter.GetResult();
    }

    [Replaces("System.Runtime.CompilerServices.TaskAwaiter`1", "GetResult", NotAfterAwait = true)]
    public static T GetResult<T>(ref TaskAwaiter<T> awaiter)
    {
        WaitFor(ref awaiter, awaiter.IsCompleted);
        return awaiter.GetResult();
    }

    private static void WaitFor(Task task)
    {
        if (!task.IsCompleted)
            SimulatedRuntime.Current.WaitFor(task);
    }

    private static void WaitFor<T>(ref T awaiter, bool isCompleted)
        where T : ICriticalNotifyCompletion
    {
        if (isCompleted)
            return;
        var done = new TaskCompletionSource();
        awaiter.UnsafeOnCompleted(done.SetResult);
        WaitFor(done.Task);
    }
}
