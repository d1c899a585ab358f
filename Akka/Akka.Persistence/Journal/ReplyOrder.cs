namespace Akka.Persistence.Journal;

/// <summary>
/// Runs actions in the order in which their slots were reserved, although they become ready in any order and on any thread.
/// At most one action runs at a time.
/// </summary>
internal sealed class ReplyOrder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Action> _ready = [];
    private long _reserved;
    private long _next;
    private bool _draining;

    public long Reserve() => _reserved++;

    public void Complete(long slot, Action action)
    {
        lock (_lock)
        {
            _ready.Add(slot, action);
            if (_draining)
                return;
            _draining = true;
        }

        while (TakeNext() is { } next)
            next();
    }

    private Action? TakeNext()
    {
        lock (_lock)
        {
            if (_ready.Remove(_next, out var action))
            {
                _next++;
                return action;
            }

            _draining = false;
            return null;
        }
    }
}
