using System.Diagnostics.CodeAnalysis;

namespace Akka.Actor.Internal;

/// <summary>A cell's children and whether the cell waits for them to be gone.</summary>
public interface IChildrenContainer
{
    IReadOnlyList<IInternalActorRef> Children { get; }

    IReadOnlyCollection<ChildRestartStats> Stats { get; }

    bool IsTerminating { get; }

    bool IsNormal { get; }
}

/// <summary>
/// The container of all cells. Names are reserved from any thread (everybody may create actors below the guardian), the rest happens on
/// the cell's own thread; a lock that is hardly ever contended is cheaper than immutable maps for actors with very many children.
/// </summary>
internal sealed class ChildrenContainer : IChildrenContainer
{
    private readonly Lock _gate = new();
    private Dictionary<string, IChildStats>? _children;
    private HashSet<IActorRef>? _toDie;
    private SuspendReason? _reason;
    private bool _terminated;

    // The state changes on the cell's own thread only.
    public bool IsTerminating => Volatile.Read(ref _terminated) || Volatile.Read(ref _reason) is SuspendReason.Termination;

    public bool IsNormal => !Volatile.Read(ref _terminated) && Volatile.Read(ref _reason) is (null or SuspendReason.UserRequest);

    public SuspendReason? Reason => Volatile.Read(ref _reason);

    public IReadOnlyList<IInternalActorRef> Children
    {
        get
        {
            if (Volatile.Read(ref _children) is null) return [];
            lock (_gate)
            {
                if (_children is null or { Count: 0 }) return [];
                var list = new List<IInternalActorRef>(_children.Count);
                foreach (var stats in _children.Values)
                    if (stats is ChildRestartStats child) list.Add(child.Child);
                return list;
            }
        }
    }

    public IReadOnlyCollection<ChildRestartStats> Stats
    {
        get
        {
            lock (_gate)
            {
                if (_children is null or { Count: 0 }) return [];
                return _children.Values.OfType<ChildRestartStats>().ToArray();
            }
        }
    }

    public void Reserve(string name)
    {
        lock (_gate)
        {
            if (_terminated) throw new InvalidOperationException($@"Cannot reserve actor name ""{name}"": already terminated");
            if (_reason is SuspendReason.Termination) throw new InvalidOperationException($@"Cannot reserve actor name ""{name}"". Is terminating.");
            if (!(_children ??= new(StringComparer.Ordinal)).TryAdd(name, ChildNameReserved.Instance))
                throw new InvalidActorNameException($@"Actor name ""{name}"" is not unique!");
        }
    }

    public void Unreserve(string name)
    {
        lock (_gate)
            if (_children is not null && _children.TryGetValue(name, out var stats) && stats is ChildNameReserved) _children.Remove(name);
    }

    /// <summary>Puts the actor under its reserved name; null when the name was never reserved.</summary>
    public ChildRestartStats? Init(IInternalActorRef actor)
    {
        lock (_gate)
        {
            if (_children is null || !_children.TryGetValue(actor.Path.Name, out var stats)) return null;
            if (stats is ChildRestartStats known) return known;
            var child = new ChildRestartStats(actor);
            _children[actor.Path.Name] = child;
            return child;
        }
    }

    public bool TryGet(string name, [NotNullWhen(true)] out IChildStats? stats)
    {
        stats = null;
        if (Volatile.Read(ref _children) is null) return false;
        lock (_gate) return _children is not null && _children.TryGetValue(name, out stats);
    }

    public bool TryGet(IActorRef actor, [NotNullWhen(true)] out ChildRestartStats? child)
    {
        child = TryGet(actor.Path.Name, out var stats) && stats is ChildRestartStats found && found.Child.Equals(actor) ? found : null;
        return child is not null;
    }

    /// <summary>Notes that the child is being stopped.</summary>
    public void ShallDie(IActorRef actor)
    {
        lock (_gate)
        {
            if (_terminated) return;
            (_toDie ??= []).Add(actor);
            _reason ??= SuspendReason.UserRequest.Instance;
        }
    }

    /// <summary>Sets why the cell waits for children that are being stopped; false when it need not wait.</summary>
    public bool SetReason(SuspendReason reason)
    {
        if (Volatile.Read(ref _reason) is null) return false;
        lock (_gate)
        {
            if (_reason is null) return false;
            _reason = reason;
            return true;
        }
    }

    /// <summary>Removes a dead child; gives the reason when it was the last one that the cell waited for.</summary>
    public SuspendReason? Remove(IActorRef actor)
    {
        lock (_gate)
        {
            if (_children is not null && _children.TryGetValue(actor.Path.Name, out var stats)
                && stats is ChildRestartStats child && child.Child.Equals(actor)) _children.Remove(actor.Path.Name);
            if (_toDie is null || !_toDie.Remove(actor) || _toDie.Count > 0) return null;
            var reason = _reason;
            if (reason is SuspendReason.Termination) _terminated = true;
            _reason = null;
            _toDie = null;
            return reason;
        }
    }

    public void SetTerminated()
    {
        lock (_gate)
        {
            _terminated = true;
            _children = null;
            _toDie = null;
            _reason = null;
        }
    }
}
