using Akka.Actor;
using Akka.Dispatch.MessageQueues;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>Decides which thread processes a mailbox, and when.</summary>
public abstract class MessageDispatcher
{
    public const int DefaultThroughput = 100;

    private long _inhabitants;
    private int _shutdownScheduled;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator)
    {
        Configurator = configurator;
        Throughput = DefaultThroughput;
    }

    public MessageDispatcherConfigurator Configurator { get; }

    public EventStream EventStream => Configurator.Prerequisites.EventStream;

    public Mailboxes Mailboxes => Configurator.Prerequisites.Mailboxes;

    public string Id { get; protected set; } = "";

    /// <summary>Ticks after which a mailbox gives its thread back; null or 0: only the throughput counts.</summary>
    public long? ThroughputDeadlineTime { get; protected set; }

    /// <summary>Messages of one mailbox that are processed before others get their turn.</summary>
    public int Throughput { get; set; }

    public TimeSpan ShutdownTimeout { get; protected set; }

    protected long Inhabitants => Interlocked.Read(ref _inhabitants);

    public void Schedule(Action run) => Schedule(new ActionRunnable(run));

    public void Schedule(IRunnable run) => ExecuteTask(run);

    protected abstract void ExecuteTask(IRunnable run);

    protected void ReportFailure(Exception ex) => EventStream.Publish(new Error(ex, GetType().FullName!, GetType(), "An error occurred while executing a task"));

    /// <summary>Called when nobody has lived here for a while; the dispatcher must be able to start again.</summary>
    protected abstract void Shutdown();

    internal virtual Mailbox CreateMailbox(ActorCell cell, IMessageQueue messageQueue) => new(messageQueue);

    public virtual void Dispatch(ActorCell cell, Envelope envelope)
    {
        var mailbox = cell.Mailbox;
        mailbox.Enqueue(cell.Self, envelope);
        RegisterForExecution(mailbox, hasMessageHint: true, hasSystemMessageHint: false);
    }

    public virtual void SystemDispatch(ActorCell cell, SystemMessage message)
    {
        var mailbox = cell.Mailbox;
        mailbox.SystemEnqueue(cell.Self, message);
        RegisterForExecution(mailbox, hasMessageHint: false, hasSystemMessageHint: true);
    }

    /// <summary>Takes one suspension of user messages back.</summary>
    internal virtual void ResumeMailbox(ActorCell cell)
    {
        var mailbox = cell.Mailbox;
        if (ReferenceEquals(mailbox.Actor, cell) && mailbox.Resume())
            RegisterForExecution(mailbox, hasMessageHint: false, hasSystemMessageHint: false);
    }

    /// <summary>Schedules the mailbox when it has something to do and is not scheduled already.</summary>
    internal virtual bool RegisterForExecution(Mailbox mailbox, bool hasMessageHint, bool hasSystemMessageHint)
    {
        if (!mailbox.CanBeScheduledForExecution(hasMessageHint, hasSystemMessageHint) || !mailbox.SetAsScheduled()) return false;
        try
        {
            ExecuteTask(mailbox);
            return true;
        }
        catch (RejectedExecutionException e)
        {
            mailbox.SetAsIdle();
            EventStream.Publish(new Error(e, Id, GetType(), "the executor took no work"));
            throw;
        }
    }

    public virtual void Attach(ActorCell cell)
    {
        Register(cell);
        RegisterForExecution(cell.Mailbox, hasMessageHint: false, hasSystemMessageHint: true);
    }

    internal virtual void Register(ActorCell cell) => Interlocked.Increment(ref _inhabitants);

    public virtual void Detach(ActorCell cell)
    {
        Unregister(cell);
        if (Interlocked.Read(ref _inhabitants) > 0 || Interlocked.Exchange(ref _shutdownScheduled, 1) == 1) return;
        if (ShutdownTimeout <= TimeSpan.Zero || !TryScheduleShutdown()) ShutdownIfEmpty();
    }

    private bool TryScheduleShutdown()
    {
        try
        {
            Configurator.Prerequisites.Scheduler.Advanced.ScheduleOnce(ShutdownTimeout, ShutdownIfEmpty);
            return true;
        }
        catch (SchedulerException)
        {
            // the scheduler has stopped, and with it the system
            return false;
        }
    }

    private void ShutdownIfEmpty()
    {
        Interlocked.Exchange(ref _shutdownScheduled, 0);
        if (Interlocked.Read(ref _inhabitants) <= 0) Shutdown();
    }

    internal virtual void Unregister(ActorCell cell)
    {
        Interlocked.Decrement(ref _inhabitants);
        var mailbox = cell.SwapMailbox(Mailboxes.DeadLetterMailbox);
        mailbox.BecomeClosed();
        mailbox.CleanUp();
    }
}
