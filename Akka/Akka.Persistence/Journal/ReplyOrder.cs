namespace Akka.Persistence.Journal;

/// <summary>What a journal answers once it is its turn.</summary>
internal abstract class OrderedReply
{
    public abstract void Send();
}

/// <summary>
/// Sends replies in the order in which their slots were reserved, although they become ready in any order and on any thread.
/// At most one is sent at a time.
/// </summary>
internal sealed class ReplyOrder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, OrderedReply> _ready = [];
    private long _reserved;
    private long _next;
    private bool _draining;

    public long Reserve() => _reserved++;

    public void Complete(long slot, OrderedReply reply)
    {
        var next = reply;
        lock (_lock)
        {
            if (_draining || slot != _next)
            {
                _ready.Add(slot, reply);
                return;
            }

            _draining = true;
        }

        do
            next.Send();
        while ((next = TakeNext()) is not null);
    }

    private OrderedReply? TakeNext()
    {
        lock (_lock)
        {
            _next++;
            if (_ready.Count > 0 && _ready.Remove(_next, out var reply))
                return reply;
            _draining = false;
            return null;
        }
    }
}
