using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>One piece of work in a scheduler: once, or again and again. A node of the list it waits in.</summary>
internal sealed class ScheduledWork
{
    private readonly object _target;
    private readonly object? _message;
    private readonly IActorRef? _sender;
    private readonly ICancelable? _cancelable;
    private Action<ScheduledWork>? _remove;

    private ScheduledWork(object target, object? message, IActorRef? sender, TimeSpan? interval, ICancelable? cancelable)
    {
        _target = target;
        _message = message;
        _sender = sender;
        _cancelable = cancelable;
        Interval = interval;
    }

    public TimeSpan? Interval { get; }

    /// <summary>When it is due, on the scheduler's clock.</summary>
    public TimeSpan Deadline { get; set; }

    public bool IsCanceled => _cancelable is { IsCancellationRequested: true };

    internal ScheduledWork? Previous { get; set; }

    internal ScheduledWork? Next { get; set; }

    internal int Bucket { get; set; } = -1;

    /// <summary>Orders what is due at the same moment.</summary>
    internal long Sequence { get; set; }

    public static ScheduledWork Tell(ICanTell receiver, object message, IActorRef? sender, TimeSpan? interval, ICancelable? cancelable) =>
        new(receiver, message, sender, interval, cancelable);

    public static ScheduledWork Run(Action action, TimeSpan? interval, ICancelable? cancelable) => new(action, null, null, interval, cancelable);

    public static ScheduledWork Run(IRunnable runnable, TimeSpan? interval, ICancelable? cancelable) => new(runnable, null, null, interval, cancelable);

    /// <summary>Has the work taken out of the scheduler when it is canceled, not only left undone.</summary>
    public void RemoveOnCancel(Action<ScheduledWork> remove)
    {
        _remove = remove;
        (_cancelable as Cancelable)?.Attach(this);
    }

    public void Cancel() => _remove?.Invoke(this);

    public void Execute()
    {
        switch (_target)
        {
            case ICanTell receiver:
                receiver.Tell(_message!, _sender!);
                break;
            case Action action:
                action();
                break;
            case IRunnable runnable:
                runnable.Run();
                break;
        }
    }

    public override string ToString() => _message is null ? $"{_target}" : $"{_message} to {_target}";
}
