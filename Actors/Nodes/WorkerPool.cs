using Akka.Actor;
using Mooring.Messages;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Which of a node's workers does what next. A worker whose call takes long (Ceph does not answer it, or it copies much) is stood in for by another
/// one, so that it keeps nobody but its own operation waiting; and what is tried again never takes all of them. No clock, no I/O.
/// </summary>
/// <param name="limits">Its bounds.</param>
internal sealed class WorkerPool(WorkerPoolLimits limits)
{
    private readonly LinkedList<(RequestWorker Request, IActorRef Asker)> _waiting = new();
    private readonly LinkedList<IActorRef> _idle = new();
    private readonly Dictionary<IActorRef, (TimeSpan Since, bool Again, (OperationId, IActorRef)? For)> _busy = [];
    private readonly HashSet<IActorRef> _standIns = [];
    private readonly HashSet<IActorRef> _coming = [];

    /// <summary>How many requests wait.</summary>
    public int WaitingCount => _waiting.Count;

    private int AllMax => limits.Count + limits.StandInMax;

    // A first try has the command to look at; tries after it and clean-ups do not.
    private int AgainMax => Math.Max(1, AllMax / 2);

    /// <summary>Adds a request, unless its asker has it waiting already, or a worker for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="asker">Who asks.</param>
    /// <returns>False when there are too many.</returns>
    public bool Enqueue(RequestWorker request, IActorRef asker)
    {
        if (_waiting.Any(w => w.Request.Operation == request.Operation && w.Asker.Equals(asker)) || _busy.Values.Any(b => b.For == (request.Operation, asker)))
            return true;
        if (_waiting.Count >= limits.QueueMax)
            return false;
        _waiting.AddLast((request, asker));
        return true;
    }

    /// <summary>Drops what an asker waits for.</summary>
    /// <param name="asker">Who asked.</param>
    public void Forget(IActorRef asker)
    {
        for (var node = _waiting.First; node is not null;)
        {
            var after = node.Next;
            if (node.Value.Asker.Equals(asker))
                _waiting.Remove(node);
            node = after;
        }
    }

    /// <summary>A worker is free, for the first time or again.</summary>
    /// <param name="worker">The worker.</param>
    public void Free(IActorRef worker)
    {
        _busy.Remove(worker);
        _coming.Remove(worker);
        if (!_idle.Contains(worker))
            _idle.AddLast(worker);
    }

    /// <summary>A worker has been made to stand in; it is free when it says so.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="now">The time now.</param>
    public void Hire(IActorRef worker, TimeSpan now)
    {
        _standIns.Add(worker);
        _coming.Add(worker);
        _busy[worker] = (now, false, null);
    }

    /// <summary>The next request and the worker that takes it.</summary>
    /// <param name="now">The time now.</param>
    /// <returns>Null when there is no worker for any.</returns>
    public (IActorRef Worker, RequestWorker Request, IActorRef Asker)? Assign(TimeSpan now)
    {
        if (_idle.First is not { } worker || Next() is not { } next)
            return null;
        _idle.Remove(worker);
        _waiting.Remove(next);
        _busy[worker.Value] = (now, IsAgain(next.Value.Request), (next.Value.Request.Operation, next.Value.Asker));
        return (worker.Value, next.Value.Request, next.Value.Asker);
    }

    /// <summary>Whether a worker is to be made that stands in for one that takes long.</summary>
    /// <param name="now">The time now.</param>
    /// <returns>True when it is.</returns>
    public bool NeedsStandIn(TimeSpan now) =>
        _idle.Count == 0 && _coming.Count < _waiting.Count && _standIns.Count < limits.StandInMax && QuickCount(now) < limits.Count && Next() is not null;

    /// <summary>A worker that stands in and is not needed any more.</summary>
    /// <param name="now">The time now.</param>
    /// <returns>The worker, which is to end; null when there is none.</returns>
    public IActorRef? Dismiss(TimeSpan now)
    {
        if (QuickCount(now) + _idle.Count <= limits.Count || _idle.FirstOrDefault(_standIns.Contains) is not { } worker)
            return null;
        _idle.Remove(worker);
        _standIns.Remove(worker);
        return worker;
    }

    private static bool IsAgain(RequestWorker request) => request.Observe is null;

    private int QuickCount(TimeSpan now) => _busy.Values.Count(b => now - b.Since < limits.SlowAfter);

    private LinkedListNode<(RequestWorker Request, IActorRef Asker)>? Next()
    {
        var again = _busy.Values.Count(b => b.Again) < AgainMax;
        var next = _waiting.First;
        while (next is not null && !again && IsAgain(next.Value.Request))
            next = next.Next;
        return next;
    }
}

/// <summary>The bounds of a node's workers.</summary>
/// <param name="Count">How many work at once on what does not take long.</param>
/// <param name="StandInMax">How many more there may be while others take long.</param>
/// <param name="SlowAfter">After what time a piece of work takes long.</param>
/// <param name="QueueMax">How many requests may wait.</param>
internal sealed record WorkerPoolLimits(int Count, int StandInMax, TimeSpan SlowAfter, int QueueMax);
