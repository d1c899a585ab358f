using System.Runtime.InteropServices;
using Akka.Actor;

namespace Akka.Dispatch.MessageQueues;

/// <summary>A queue without a limit, for many that put in and one that takes out.</summary>
/// <remarks>
/// A ring of slots; when it is full it is closed and a larger one follows it. A message costs no allocation, and an actor that never got
/// one costs no ring. A sender first claims a slot, by a full fence, and then fills it: claimed slots count as messages, so that a mailbox that
/// becomes idle at the same moment does not miss one.
/// </remarks>
public class UnboundedMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private const int FirstCapacity = 8;

    // Larger arrays would go to the heap of large objects, each of which brings a full collection nearer.
    private const int CapacityMax = 4096;

    private Ring? _head;
    private Ring? _tail;

    public UnboundedMessageQueue() { }

    public bool HasMessages
    {
        get
        {
            for (var ring = Volatile.Read(ref _head); ring is not null; ring = Volatile.Read(ref ring.Next))
                if (ring.Count > 0) return true;
            return false;
        }
    }

    public int Count
    {
        get
        {
            var count = 0L;
            for (var ring = Volatile.Read(ref _head); ring is not null; ring = Volatile.Read(ref ring.Next)) count += ring.Count;
            return (int)Math.Min(count, int.MaxValue);
        }
    }

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        if (envelope.Message is null) throw new InvalidMessageException("Message is null");
        var ring = Volatile.Read(ref _tail) ?? FirstRing();
        while (!ring.TryAdd(envelope)) ring = Volatile.Read(ref ring.Next) ?? Follow(ring);
    }

    public bool TryDequeue(out Envelope envelope)
    {
        var ring = Volatile.Read(ref _head);
        while (ring is not null)
        {
            if (ring.TryTake(out envelope)) return true;
            if (!ring.IsClosed) return false;
            // what came between the look and the closing is taken first; a closed and empty ring gets nothing any more
            if (ring.TryTake(out envelope)) return true;
            if (Volatile.Read(ref ring.Next) is not { } next) return false;
            Volatile.Write(ref _head, next);
            ring = next;
        }
        envelope = default;
        return false;
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
    }

    private Ring FirstRing()
    {
        var ring = new Ring(FirstCapacity);
        ring = Interlocked.CompareExchange(ref _head, ring, null) ?? ring;
        Interlocked.CompareExchange(ref _tail, ring, null);
        return Volatile.Read(ref _tail)!;
    }

    private Ring Follow(Ring full)
    {
        lock (full)
        {
            if (full.Next is { } known) return known;
            full.Close();
            var next = new Ring(Math.Min(full.Capacity * 2, CapacityMax));
            Volatile.Write(ref full.Next, next);
            Volatile.Write(ref _tail, next);
            return next;
        }
    }

    private struct Slot
    {
        public object? Message;
        public IActorRef? Sender;
    }

    // The taker writes the first, those who add write the others: in cache lines of their own.
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct Positions
    {
        [FieldOffset(0)]
        public long Taken;
        [FieldOffset(64)]
        public long Claimed;
        [FieldOffset(72)]
        public long TakenAsSeenByAdders;
    }

    private sealed class Ring(int capacity)
    {
        private const long ClosedMark = 1L << 62;

        private readonly Slot[] _slots = new Slot[capacity];
        private Positions _positions;

        public Ring? Next;

        public int Capacity => _slots.Length;

        public bool IsClosed => Volatile.Read(ref _positions.Claimed) >= ClosedMark;

        public long Count
        {
            get
            {
                var taken = Volatile.Read(ref _positions.Taken);
                return Math.Max(0, (Volatile.Read(ref _positions.Claimed) & ~ClosedMark) - taken);
            }
        }

        /// <summary>False when there is no room, or no more since the ring is closed.</summary>
        public bool TryAdd(in Envelope envelope)
        {
            var slots = _slots;
            while (true)
            {
                var claimed = Volatile.Read(ref _positions.Claimed);
                if (claimed - Volatile.Read(ref _positions.TakenAsSeenByAdders) >= slots.Length)
                {
                    var taken = Volatile.Read(ref _positions.Taken);
                    Volatile.Write(ref _positions.TakenAsSeenByAdders, taken);
                    if (claimed - taken >= slots.Length) return false;
                }
                if (Interlocked.CompareExchange(ref _positions.Claimed, claimed + 1, claimed) != claimed) continue;
                ref var slot = ref slots[(int)claimed & (slots.Length - 1)];
                slot.Sender = envelope.Sender;
                Volatile.Write(ref slot.Message, envelope.Message);
                return true;
            }
        }

        public bool TryTake(out Envelope envelope)
        {
            var taken = _positions.Taken;
            ref var slot = ref _slots[(int)taken & (_slots.Length - 1)];
            var message = Volatile.Read(ref slot.Message);
            if (message is null)
            {
                if ((Volatile.Read(ref _positions.Claimed) & ~ClosedMark) <= taken)
                {
                    envelope = default;
                    return false;
                }
                // claimed: its sender is between two instructions
                var spin = default(SpinWait);
                while ((message = Volatile.Read(ref slot.Message)) is null) spin.SpinOnce(sleep1Threshold: -1);
            }
            envelope = new Envelope(message, slot.Sender);
            slot.Sender = null;
            slot.Message = null;
            Volatile.Write(ref _positions.Taken, taken + 1);
            return true;
        }

        public void Close() => Interlocked.Add(ref _positions.Claimed, ClosedMark);
    }
}
