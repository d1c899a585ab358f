namespace Akka.Dispatch;

/// <summary>The event-driven dispatcher: hands mailboxes with work to an executor.</summary>
public class Dispatcher : MessageDispatcher
{
    private readonly ExecutorServiceFactory _executorServiceFactory;
    private readonly Lock _gate = new();
    private ExecutorService? _executor;

    public Dispatcher(
        MessageDispatcherConfigurator configurator, string id, int throughput, long? throughputDeadlineTime,
        ExecutorServiceFactory executorServiceFactory, TimeSpan shutdownTimeout)
        : base(configurator)
    {
        _executorServiceFactory = executorServiceFactory;
        Id = id;
        Throughput = throughput;
        ThroughputDeadlineTime = throughputDeadlineTime;
        ShutdownTimeout = shutdownTimeout;
    }

    private ExecutorService Executor
    {
        get
        {
            if (Volatile.Read(ref _executor) is { } running) return running;
            lock (_gate) return _executor ??= _executorServiceFactory.Produce(Id);
        }
    }

    protected override void ExecuteTask(IRunnable run)
    {
        try
        {
            Executor.Execute(run);
        }
        catch (RejectedExecutionException)
        {
            // the executor was shut down in this moment for want of inhabitants; a new one takes it
            Executor.Execute(run);
        }
    }

    protected override void Shutdown()
    {
        ExecutorService? stopped;
        lock (_gate)
        {
            stopped = _executor;
            _executor = null;
        }
        stopped?.Shutdown();
    }
}

/// <summary>A dispatcher with a thread of its own for one actor.</summary>
public sealed class PinnedDispatcher : Dispatcher
{
    private Actor.ActorCell? _owner;

    public PinnedDispatcher(
        MessageDispatcherConfigurator configurator, string id, int throughput, long? throughputDeadlineTime,
        ExecutorServiceFactory executorServiceFactory, TimeSpan shutdownTimeout)
        : base(configurator, id, throughput, throughputDeadlineTime, executorServiceFactory, shutdownTimeout) { }

    internal override void Register(Actor.ActorCell cell)
    {
        var owner = Interlocked.CompareExchange(ref _owner, cell, null);
        if (owner is not null && !ReferenceEquals(owner, cell))
            throw new InvalidOperationException($"Cannot register to anyone but {owner}");
        base.Register(cell);
    }

    internal override void Unregister(Actor.ActorCell cell)
    {
        base.Unregister(cell);
        _owner = null;
    }
}
