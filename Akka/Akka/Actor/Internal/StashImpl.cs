using Akka.Dispatch;

namespace Akka.Actor.Internal;

/// <summary>The stash of one actor.</summary>
internal sealed class StashImpl : IStash
{
    private readonly ActorCell _cell;
    private readonly IDequeBasedMessageQueueSemantics _mailbox;
    private EnvelopeDeque _stash;
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
        if (_stash.Count > 0) _mailbox.EnqueueFirst(_stash.RemoveFirst());
    }

    public void UnstashAll() => UnstashAll(static _ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        var all = _stash;
        _stash = default;
        for (var i = all.Count - 1; i >= 0; i--)
            if (predicate(all[i])) _mailbox.EnqueueFirst(all[i]);
    }

    public IEnumerable<Envelope> ClearStash()
    {
        var all = _stash;
        _stash = default;
        var list = new LinkedList<Envelope>();
        for (var i = 0; i < all.Count; i++) list.AddLast(all[i]);
        return list;
    }

    public void Prepend(IEnumerable<Envelope> envelopes)
    {
        var before = _stash;
        _stash = default;
        foreach (var envelope in envelopes) _stash.AddLast(envelope);
        for (var i = 0; i < before.Count; i++) _stash.AddLast(before[i]);
    }

    /// <summary>A ring that grows; an actor that never stashes has none.</summary>
    private struct EnvelopeDeque
    {
        private const int FirstCapacity = 8;

        private Envelope[]? _ring;
        private int _first;

        public int Count { get; private set; }

        public readonly Envelope this[int index] => _ring![(_first + index) & (_ring.Length - 1)];

        public void AddLast(in Envelope envelope)
        {
            if (_ring is null || Count == _ring.Length) Grow();
            _ring![(_first + Count++) & (_ring.Length - 1)] = envelope;
        }

        public Envelope RemoveFirst()
        {
            ref var slot = ref _ring![_first];
            var envelope = slot;
            slot = default;
            _first = (_first + 1) & (_ring.Length - 1);
            Count--;
            return envelope;
        }

        private void Grow()
        {
            var larger = new Envelope[_ring is null ? FirstCapacity : _ring.Length * 2];
            for (var i = 0; i < Count; i++) larger[i] = this[i];
            _ring = larger;
            _first = 0;
        }
    }
}
