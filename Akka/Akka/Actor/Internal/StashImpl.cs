using Akka.Dispatch;

namespace Akka.Actor.Internal;

/// <summary>The stash of one actor.</summary>
internal sealed class StashImpl : IStash
{
    private readonly ActorCell _cell;
    private readonly IDequeBasedMessageQueueSemantics _mailbox;
    private LinkedList<Envelope> _stash = new();
    private int _lastEnvelopeId;

    public StashImpl(ActorCell cell, int capacity)
    {
        _cell = cell;
        Capacity = capacity;
        _mailbox = cell.Mailbox.MessageQueue as IDequeBasedMessageQueueSemantics
            ?? throw new NotSupportedException(
                "DequeBasedMailbox required, got: " + cell.Mailbox.MessageQueue.GetType().Name + "\n"
                + "An (unbounded) deque-based mailbox can be configured as follows:\n"
                + "    my-custom-mailbox {\n        mailbox-type = \"Akka.Dispatch.UnboundedDequeBasedMailbox\"\n    }\n");
        _lastEnvelopeId = cell.CurrentEnvelopeId - 1;
    }

    public int Capacity { get; }

    public int Count => _stash.Count;

    public bool IsEmpty => _stash.Count == 0;

    public bool NonEmpty => _stash.Count > 0;

    public bool IsFull => Capacity >= 0 && _stash.Count >= Capacity;

    public void Stash()
    {
        var message = _cell.CurrentMessage!;
        if (_cell.CurrentEnvelopeId == _lastEnvelopeId)
            throw new IllegalActorStateException($"Can't stash the same message {message} more than once");
        if (IsFull)
            throw new StashOverflowException($"Couldn't enqueue message {message.GetType()} from {_cell.Sender} to stash of {_cell.Self}");
        _lastEnvelopeId = _cell.CurrentEnvelopeId;
        _stash.AddLast(new Envelope(message, _cell.Sender));
    }

    public void Unstash()
    {
        if (_stash.First is not { } oldest) return;
        _stash.RemoveFirst();
        _mailbox.EnqueueFirst(oldest.Value);
    }

    public void UnstashAll() => UnstashAll(static _ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        var all = _stash;
        _stash = new LinkedList<Envelope>();
        for (var node = all.Last; node is not null; node = node.Previous)
            if (predicate(node.Value)) _mailbox.EnqueueFirst(node.Value);
    }

    public IEnumerable<Envelope> ClearStash()
    {
        var all = _stash;
        _stash = new LinkedList<Envelope>();
        return all;
    }

    public void Prepend(IEnumerable<Envelope> envelopes)
    {
        LinkedListNode<Envelope>? after = null;
        foreach (var envelope in envelopes) after = after is null ? _stash.AddFirst(envelope) : _stash.AddAfter(after, envelope);
    }
}
