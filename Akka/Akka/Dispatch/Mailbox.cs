using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch.MessageQueues;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>Two queues and a state: whether the mailbox is scheduled on its dispatcher, suspended (and how often), or closed.</summary>
/// <remarks>
/// The scheduled bit makes sure that one thread at a time processes it; setting and clearing it with full fences is also what makes
/// an actor's fields visible to the next thread.
/// </remarks>
public class Mailbox : IRunnable
{
    private const int Open = 0;
    private const int Closed = 1;
    private const int Scheduled = 2;
    private const int SuspendUnit = 4;
    private const int SuspendMask = ~3;

    // end of the system queue of a mailbox that takes no more
    private static readonly SystemMessage ClosedMarker = new NoMessage();

    private int _status = Open;
    private SystemMessage? _systemQueue;
    private ActorCell? _actor;

    public Mailbox(IMessageQueue messageQueue) => MessageQueue = messageQueue;

    public IMessageQueue MessageQueue { get; }

    public MessageDispatcher Dispatcher => _actor!.Dispatcher;

    internal ActorCell? Actor => _actor;

    internal bool IsClosed => Volatile.Read(ref _status) == Closed;

    internal bool IsScheduled => (Volatile.Read(ref _status) & Scheduled) != 0;

    internal bool IsSuspended => (Volatile.Read(ref _status) & SuspendMask) != 0;

    internal int SuspendCount => Volatile.Read(ref _status) / SuspendUnit;

    internal bool HasMessages => MessageQueue.HasMessages;

    internal int NumberOfMessages => MessageQueue.Count;

    internal virtual bool HasSystemMessages => Volatile.Read(ref _systemQueue) is { } head && !ReferenceEquals(head, ClosedMarker);

    public virtual void SetActor(ActorCell actorCell) => _actor = actorCell;

    internal void Enqueue(IActorRef receiver, Envelope envelope) => MessageQueue.Enqueue(receiver, envelope);

    /// <summary>Suspends user messages once more; true when they were not suspended before.</summary>
    internal bool Suspend()
    {
        while (true)
        {
            var status = Volatile.Read(ref _status);
            if (status == Closed) return false;
            if (Interlocked.CompareExchange(ref _status, status + SuspendUnit, status) == status) return status < SuspendUnit;
        }
    }

    /// <summary>Takes one suspension back; true when it was the last one, so that the mailbox has to be scheduled.</summary>
    internal bool Resume()
    {
        while (true)
        {
            var status = Volatile.Read(ref _status);
            if (status == Closed) return false;
            var next = status < SuspendUnit ? status : status - SuspendUnit;
            if (Interlocked.CompareExchange(ref _status, next, status) == status) return next < SuspendUnit;
        }
    }

    internal bool BecomeClosed()
    {
        while (true)
        {
            var status = Volatile.Read(ref _status);
            if (status == Closed) return false;
            if (Interlocked.CompareExchange(ref _status, Closed, status) == status) return true;
        }
    }

    internal bool SetAsScheduled()
    {
        while (true)
        {
            var status = Volatile.Read(ref _status);
            if ((status & (Scheduled | Closed)) != Open) return false;
            if (Interlocked.CompareExchange(ref _status, status | Scheduled, status) == status) return true;
        }
    }

    internal bool SetAsIdle()
    {
        while (true)
        {
            var status = Volatile.Read(ref _status);
            if (Interlocked.CompareExchange(ref _status, status & ~Scheduled, status) == status) return true;
        }
    }

    internal bool CanBeScheduledForExecution(bool hasMessageHint, bool hasSystemMessageHint)
    {
        var status = Volatile.Read(ref _status);
        if (status is Open or Scheduled) return hasMessageHint || hasSystemMessageHint || HasSystemMessages || HasMessages;
        return status != Closed && (hasSystemMessageHint || HasSystemMessages);
    }

    internal virtual void SystemEnqueue(IActorRef receiver, SystemMessage message)
    {
        while (true)
        {
            var head = Volatile.Read(ref _systemQueue);
            if (ReferenceEquals(head, ClosedMarker))
            {
                // too late: the owner is dead, which is what dead letters tell whoever has to know
                if (_actor is { } actor) actor.SystemImpl.Mailboxes.DeadLetterMailbox.SystemEnqueue(receiver, message);
                return;
            }
            message.Next = head;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _systemQueue, message, head), head)) return;
            message.Next = null;
        }
    }

    /// <summary>Takes all system messages, earliest first.</summary>
    internal SystemMessage? SystemDrain(bool close)
    {
        while (true)
        {
            var head = Volatile.Read(ref _systemQueue);
            if (ReferenceEquals(head, ClosedMarker)) return null;
            if (head is null && !close) return null;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _systemQueue, close ? ClosedMarker : null, head), head))
                return SystemMessage.Reverse(head);
        }
    }

    public void Execute() => Run();

    public void Run()
    {
        var actor = _actor!;
        try
        {
            if (IsClosed) return;
            var before = InternalCurrentActorCellKeeper.Current;
            InternalCurrentActorCellKeeper.Current = actor;
            try
            {
                ProcessAllSystemMessages(actor);
                ProcessMailbox(actor);
            }
            finally
            {
                InternalCurrentActorCellKeeper.Current = before;
            }
        }
        finally
        {
            SetAsIdle();
            actor.Dispatcher.RegisterForExecution(this, hasMessageHint: false, hasSystemMessageHint: false);
        }
    }

    private void ProcessMailbox(ActorCell actor)
    {
        var dispatcher = actor.Dispatcher;
        var left = Math.Max(dispatcher.Throughput, 1);
        var limit = dispatcher.ThroughputDeadlineTime is { } ticks and > 0 ? Environment.TickCount64 + (ticks / TimeSpan.TicksPerMillisecond) : long.MaxValue;
        var queue = MessageQueue;
        // neither closed nor suspended
        while ((Volatile.Read(ref _status) & ~Scheduled) == Open && queue.TryDequeue(out var next))
        {
            actor.Invoke(next);
            if (Volatile.Read(ref _systemQueue) is not null) ProcessAllSystemMessages(actor);
            if (--left <= 0 || (limit != long.MaxValue && Environment.TickCount64 >= limit)) return;
        }
    }

    /// <summary>Processes system messages until there are none; those that come after the end go to dead letters.</summary>
    internal void ProcessAllSystemMessages(ActorCell actor)
    {
        var messages = SystemDrain(close: false);
        while (messages is not null && !IsClosed)
        {
            actor.SystemInvoke(messages);
            messages = IsClosed ? null : SystemDrain(close: false);
        }
    }

    /// <summary>Closes both queues; what is in them goes to dead letters.</summary>
    public virtual void CleanUp()
    {
        if (_actor is not { } actor) return;
        var deadLetters = actor.SystemImpl.Mailboxes.DeadLetterMailbox;
        var message = SystemDrain(close: true);
        while (message is not null)
        {
            var next = message.Next;
            message.Unlink();
            deadLetters.SystemEnqueue(actor.Self, message);
            message = next;
        }
        MessageQueue.CleanUp(actor.Self, deadLetters.MessageQueue);
    }
}
