namespace Akka.Streams.Implementation;

/// <summary>Runs a function that takes its time on several elements at once; results come in the order of the elements.</summary>
internal sealed class SelectAsyncFeed<TIn, TOut>(StreamRun run, Feed<TIn> feed, int parallelism, Func<TIn, Task<TOut>> mapper) : Feed<TOut>
{
    private readonly Queue<Task<TOut>> _running = new();
    private bool _ended;

    public override Polled Poll(out TOut element)
    {
        var fed = Polled.Element;
        while (_running.Count < parallelism && !_ended && fed == Polled.Element)
        {
            fed = feed.Poll(out var next);
            if (fed == Polled.Element)
                Run(next);
            else
                _ended = fed == Polled.End;
        }

        if (_running.TryPeek(out var first) && first.IsCompleted)
        {
            _running.Dequeue();
            element = first.GetAwaiter().GetResult();
            return Polled.Element;
        }
        return Nothing(_ended && _running.Count == 0 ? Polled.End : Polled.Later, out element);
    }

    public override void Cancel()
    {
        _ended = true;
        feed.Cancel();
    }

    private void Run(TIn element)
    {
        var task = mapper(element) ?? throw new InvalidOperationException("SelectAsync: the function returned no task");
        _running.Enqueue(task);
        if (task.IsCompletedSuccessfully)
            return;
        run.PostWhenDone(task, () =>
        {
            // A failure does not wait for the ones before it.
            if (!task.IsCompletedSuccessfully)
                task.GetAwaiter().GetResult();
        });
    }
}
