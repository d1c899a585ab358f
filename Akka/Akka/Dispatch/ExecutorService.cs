using Akka.Annotations;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Gives work to threads.</summary>
public abstract class ExecutorService
{
    protected ExecutorService(string id) => Id = id;

    public string Id { get; }

    public abstract void Execute(IRunnable run);

    public abstract void Shutdown();
}

/// <summary>Makes the executor of a dispatcher.</summary>
[InternalApi]
public abstract class ExecutorServiceFactory
{
    public abstract ExecutorService Produce(string id);
}

/// <summary>Makes executors as the configuration of a dispatcher says.</summary>
[InternalApi]
public abstract class ExecutorServiceConfigurator : ExecutorServiceFactory
{
    protected ExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    {
        Config = config;
        Prerequisites = prerequisites;
    }

    public Config Config { get; }

    public IDispatcherPrerequisites Prerequisites { get; }
}

/// <summary>The runtime's thread pool.</summary>
internal sealed class ThreadPoolExecutorService(string id) : ExecutorService(id)
{
    public override void Execute(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: true);

    public override void Shutdown() { }
}

internal sealed class ThreadPoolExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new ThreadPoolExecutorService(id);
}

/// <summary>Threads of its own, so that what blocks or is busy elsewhere does not delay this dispatcher's actors.</summary>
internal sealed class DedicatedThreadsExecutorService : ExecutorService
{
    private readonly System.Collections.Concurrent.BlockingCollection<IRunnable> _work = [];

    public DedicatedThreadsExecutorService(string id, int threads, bool background) : base(id)
    {
        for (var i = 0; i < threads; i++)
            new Thread(Work) { IsBackground = background, Name = $"{id}-{i + 1}" }.Start();
    }

    public override void Execute(IRunnable run)
    {
        try
        {
            _work.Add(run);
        }
        catch (InvalidOperationException e)
        {
            throw new RejectedExecutionException("ForkJoinExecutor is shutting down", e);
        }
    }

    public override void Shutdown() => _work.CompleteAdding();

    private void Work()
    {
        foreach (var run in _work.GetConsumingEnumerable()) run.Run();
    }
}

internal sealed class DedicatedThreadsExecutorServiceConfigurator : ExecutorServiceConfigurator
{
    private readonly int _threads;
    private readonly bool _background;

    public DedicatedThreadsExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites, int? threads = null)
        : base(config, prerequisites)
    {
        var dedicated = config.GetConfig("dedicated-thread-pool");
        var forkJoin = config.GetConfig("fork-join-executor");
        _background = dedicated?.GetString("threadtype", "background") != "foreground";
        _threads = threads
            ?? (dedicated is not null ? dedicated.GetInt("thread-count")
                : forkJoin is not null ? ThreadPoolConfig.ScaledPoolSize(
                    forkJoin.GetInt("parallelism-min"), forkJoin.GetDouble("parallelism-factor", 1.0), forkJoin.GetInt("parallelism-max"))
                : Environment.ProcessorCount);
        if (_threads < 1) throw new ConfigurationException("a dispatcher with threads of its own needs at least one: thread-count");
    }

    public override ExecutorService Produce(string id) => new DedicatedThreadsExecutorService(id, _threads, _background);
}

/// <summary>The size of a thread pool as the configuration gives it.</summary>
public class ThreadPoolConfig
{
    public ThreadPoolConfig(Config config)
    {
        PoolSizeMin = config.GetInt("parallelism-min");
        PoolSizeFactor = config.GetDouble("parallelism-factor", 1.0);
        PoolSizeMax = config.GetInt("parallelism-max");
    }

    public int PoolSizeMin { get; }

    public double PoolSizeFactor { get; }

    public int PoolSizeMax { get; }

    public static int ScaledPoolSize(int floor, double scalar, int ceiling) =>
        Math.Min(Math.Max((int)Math.Ceiling(Environment.ProcessorCount * scalar), floor), ceiling);
}
