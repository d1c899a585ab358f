using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>What dispatchers need of their system.</summary>
public interface IDispatcherPrerequisites
{
    EventStream EventStream { get; }

    IScheduler Scheduler { get; }

    Settings Settings { get; }

    Mailboxes Mailboxes { get; }
}

/// <summary>What dispatchers need of their system.</summary>
public sealed class DefaultDispatcherPrerequisites : IDispatcherPrerequisites
{
    public DefaultDispatcherPrerequisites(EventStream eventStream, IScheduler scheduler, Settings settings, Mailboxes mailboxes)
    {
        EventStream = eventStream;
        Scheduler = scheduler;
        Settings = settings;
        Mailboxes = mailboxes;
    }

    public EventStream EventStream { get; }

    public IScheduler Scheduler { get; }

    public Settings Settings { get; }

    public Mailboxes Mailboxes { get; }
}

/// <summary>Makes dispatchers from configuration; own ones are named by <c>type</c> and have this constructor.</summary>
public abstract class MessageDispatcherConfigurator
{
    protected MessageDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    {
        Config = config;
        Prerequisites = prerequisites;
    }

    public Config Config { get; }

    public IDispatcherPrerequisites Prerequisites { get; }

    public abstract MessageDispatcher Dispatcher();

    protected ExecutorServiceConfigurator ConfigureExecutor()
    {
        var executor = Config.GetString("executor", "default-executor");
        switch (executor)
        {
            case "default-executor" or "thread-pool-executor" or "task-executor" or "" or null:
                return new ThreadPoolExecutorServiceConfigurator(Config, Prerequisites);
            case "fork-join-executor":
                return new DedicatedThreadsExecutorServiceConfigurator(Config, Prerequisites);
            default:
                var type = Type.GetType(executor)
                    ?? throw new ConfigurationException($"Could not resolve executor service configurator type {executor} for path {Config.GetString("id")}");
                return (ExecutorServiceConfigurator)Activator.CreateInstance(type, Config, Prerequisites)!;
        }
    }

    private protected string DispatcherId => Config.GetString("id");

    private protected int Throughput => Config.GetInt("throughput", 30);

    private protected long? Deadline => Config.GetTimeSpan("throughput-deadline-time", TimeSpan.Zero).Ticks;

    private protected TimeSpan ShutdownTimeout => Config.GetTimeSpan("shutdown-timeout", TimeSpan.FromSeconds(1));
}

/// <summary>Makes the usual dispatchers: one for all that name it.</summary>
public sealed class DispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly MessageDispatcher _instance;

    public DispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _instance = new Dispatcher(this, DispatcherId, Throughput, Deadline, ConfigureExecutor(), ShutdownTimeout);

    public override MessageDispatcher Dispatcher() => _instance;
}

/// <summary>Makes dispatchers with threads of their own.</summary>
internal sealed class ForkJoinDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly MessageDispatcher _instance;

    public ForkJoinDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _instance = new Dispatcher(
            this, DispatcherId, Throughput, Deadline, new DedicatedThreadsExecutorServiceConfigurator(config, prerequisites), ShutdownTimeout);

    public override MessageDispatcher Dispatcher() => _instance;
}

/// <summary>Makes a dispatcher for each actor.</summary>
internal sealed class PinnedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : MessageDispatcherConfigurator(config, prerequisites)
{
    public override MessageDispatcher Dispatcher() => new PinnedDispatcher(
        this, DispatcherId, Throughput, Deadline, new DedicatedThreadsExecutorServiceConfigurator(Config, Prerequisites, threads: 1), ShutdownTimeout);
}
