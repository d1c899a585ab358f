using System.Runtime.ExceptionServices;

namespace Akka.Streams.Implementation;

/// <summary>The elements of an enumerator, which is made when the first one is asked for.</summary>
internal sealed class EnumeratorFeed<T>(StreamRun run, Func<IEnumerator<T>> create) : Feed<T>
{
    private IEnumerator<T>? _enumerator;
    private bool _ended;

    public override Polled Poll(out T element)
    {
        if (_ended)
            return Nothing(Polled.End, out element);
        if (!run.MayGoOn())
            return Nothing(Polled.Later, out element);
        _enumerator ??= create();
        if (!_enumerator.MoveNext())
        {
            Cancel();
            return Nothing(Polled.End, out element);
        }
        element = _enumerator.Current;
        return Polled.Element;
    }

    public override void Cancel()
    {
        _ended = true;
        var enumerator = _enumerator;
        _enumerator = null;
        enumerator?.Dispose();
    }
}

/// <summary>The result of a task.</summary>
internal sealed class TaskFeed<T>(StreamRun run, Task<T> task) : Feed<T>
{
    private bool _awaited;
    private bool _ended;

    public override Polled Poll(out T element)
    {
        if (_ended)
            return Nothing(Polled.End, out element);
        if (!task.IsCompleted)
        {
            if (!_awaited)
                run.PostWhenDone(task, () => { });
            _awaited = true;
            return Nothing(Polled.Later, out element);
        }
        _ended = true;
        element = task.GetAwaiter().GetResult();
        return Polled.Element;
    }

    public override void Cancel() => _ended = true;
}

/// <summary>Fails when it is read.</summary>
internal sealed class FailedFeed<T>(Exception cause) : Feed<T>
{
    public override Polled Poll(out T element)
    {
        ExceptionDispatchInfo.Throw(cause);
        return Nothing(Polled.End, out element);
    }

    public override void Cancel()
    {
    }
}
