using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Stops an actor system in an orderly way: phases run one after the other as their dependencies say, the tasks of a phase run at
/// once. A phase whose tasks fail or take too long is left behind, unless it is configured not to recover.
/// </summary>
public sealed class CoordinatedShutdown : IExtension
{
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";
    public const string PhaseServiceUnbind = "service-unbind";
    public const string PhaseServiceRequestsDone = "service-requests-done";
    public const string PhaseServiceStop = "service-stop";
    public const string PhaseBeforeClusterShutdown = "before-cluster-shutdown";
    public const string PhaseClusterShardingShutdownRegion = "cluster-sharding-shutdown-region";
    public const string PhaseClusterLeave = "cluster-leave";
    public const string PhaseClusterExiting = "cluster-exiting";
    public const string PhaseClusterExitingDone = "cluster-exiting-done";
    public const string PhaseClusterShutdown = "cluster-shutdown";
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
    public const string PhaseActorSystemTerminate = "actor-system-terminate";

    private readonly Dictionary<string, ShutdownPhase> _phases;
    private readonly IReadOnlyList<string> _orderedPhases;
    private readonly Dictionary<string, List<(string Name, Func<Task<Done>> Run)>> _tasks = [];
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<Done> _completed = new();
    private readonly ILoggingAdapter _log;
    private Reason? _reason;
    private volatile bool _runningClrHook;

    internal CoordinatedShutdown(ExtendedActorSystem system, Dictionary<string, ShutdownPhase> phases)
    {
        System = system;
        _phases = phases;
        _orderedPhases = ShutdownPhase.TopologicalSort(phases);
        _log = Logging.GetLogger(system, GetType());
        foreach (var phase in phases.Values.SelectMany(phase => phase.DependsOn)) _tasks.TryAdd(phase, []);
        foreach (var phase in phases.Keys) _tasks.TryAdd(phase, []);
    }

    public ExtendedActorSystem System { get; }

    /// <summary>Why the system shuts down; null as long as it does not.</summary>
    public Reason ShutdownReason => Volatile.Read(ref _reason)!;

    /// <summary>The time that all phases together may take.</summary>
    public TimeSpan TotalTimeout
    {
        get
        {
            lock (_gate)
            {
                return _tasks.Where(entry => entry.Value.Count > 0).Aggregate(TimeSpan.Zero, (sum, entry) => sum + Timeout(entry.Key));
            }
        }
    }

    public static CoordinatedShutdown Get(ActorSystem sys) => sys.WithExtension<CoordinatedShutdown, CoordinatedShutdownExtension>();

    /// <summary>Adds a task to a phase. Tasks of a phase run at once; their order is not defined.</summary>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        ArgumentException.ThrowIfNullOrEmpty(taskName);
        ArgumentNullException.ThrowIfNull(task);
        lock (_gate)
        {
            if (!_tasks.TryGetValue(phase, out var tasks))
            {
                throw new ConfigurationException(
                    $"Unknown phase [{phase}], known phases [{string.Join(",", _tasks.Keys)}]. "
                    + "All phases (along with their optional dependencies) must be defined in configuration.");
            }

            tasks.Add((taskName, task));
        }
    }

    /// <summary>
    /// Runs the phases, from <paramref name="fromPhase"/> on. Only the first call has an effect; all get the same task.
    /// It fails when a phase that is not to be recovered from fails.
    /// </summary>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var first = 0;
        if (fromPhase is not null)
        {
            first = _orderedPhases.ToList().IndexOf(fromPhase);
            if (first < 0) throw new ArgumentException($"Unknown phase [{fromPhase}], known phases [{string.Join(",", _orderedPhases)}]", nameof(fromPhase));
        }

        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _log.Debug("Performing phases [{0}] with reason [{1}]", string.Join(", ", _orderedPhases.Skip(first)), reason);
            _ = RunPhases(first);
        }

        return _completed.Task;
    }

    public TimeSpan Timeout(string phase) =>
        _phases.TryGetValue(phase, out var found)
            ? found.Timeout
            : throw new ArgumentException($"Unknown phase [{phase}]. All phases must be defined in configuration.", nameof(phase));

    internal static CoordinatedShutdown Create(ExtendedActorSystem system)
    {
        var config = system.Settings.Config.GetConfig("akka.coordinated-shutdown")
            ?? throw ConfigurationException.NullOrEmptyConfig<CoordinatedShutdown>("akka.coordinated-shutdown");
        var shutdown = new CoordinatedShutdown(system, ShutdownPhase.FromConfig(config));
        shutdown.AddTerminateTask(config);
        shutdown.HookProcessExit(config);
        return shutdown;
    }

    private async Task RunPhases(int first)
    {
        try
        {
            for (var i = first; i < _orderedPhases.Count; i++)
            {
                await RunPhase(_orderedPhases[i]).ConfigureAwait(false);
                await LeaveActorThread();
            }

            _completed.TrySetResult(Done.Instance);
        }
        catch (Exception e)
        {
            _completed.TrySetException(e);
        }
    }

    private async Task RunPhase(string name)
    {
        List<(string Name, Func<Task<Done>> Run)> tasks;
        lock (_gate) tasks = [.. _tasks[name]];
        if (!_phases.TryGetValue(name, out var phase)) phase = ShutdownPhase.Undefined;
        if (!phase.Enabled)
        {
            _log.Info("Phase [{0}] disabled through configuration", name);
            return;
        }

        if (tasks.Count == 0)
        {
            _log.Debug("Performing phase [{0}] with [0] tasks", name);
            return;
        }

        _log.Debug("Performing phase [{0}] with [{1}] tasks: [{2}]", name, tasks.Count, string.Join(", ", tasks.Select(task => task.Name)));
        // The timer first: the last phase's tasks end the scheduler.
        var timedOut = new TaskCompletionSource();
        var timer = new Cancelable(System.Scheduler.Advanced);
        System.Scheduler.Advanced.ScheduleOnce(phase.Timeout, () => timedOut.TrySetResult(), timer);
        var all = Task.WhenAll(tasks.Select(task => RunTask(name, phase, task)));
        var first = await Task.WhenAny(all, timedOut.Task).ConfigureAwait(false);
        timer.Cancel();
        if (ReferenceEquals(first, all))
        {
            await all.ConfigureAwait(false);
        }
        else if (phase.Recover)
        {
            _log.Warning("Coordinated shutdown phase [{0}] timed out after {1}", name, phase.Timeout);
        }
        else
        {
            throw new TimeoutException($"Coordinated shutdown phase [{name}] timed out after {phase.Timeout}");
        }
    }

    private async Task RunTask(string phaseName, ShutdownPhase phase, (string Name, Func<Task<Done>> Run) task)
    {
        try
        {
            await task.Run().ConfigureAwait(false);
        }
        catch (Exception e) when (phase.Recover)
        {
            _log.Warning(e, "Task [{0}] failed in phase [{1}]: {2}", task.Name, phaseName, e.Message);
        }
    }

    /// <summary>A task that an actor completed would have the next phase run inside that actor: goes on beside it instead.</summary>
    private static Task LeaveActorThread()
    {
        if (InternalCurrentActorCellKeeper.Current is not { } cell) return Task.CompletedTask;
        var left = new TaskCompletionSource();
        cell.Dispatcher.Schedule(() => left.TrySetResult());
        return left.Task;
    }

    private void AddTerminateTask(Config config)
    {
        var terminate = config.GetBoolean("terminate-actor-system");
        var exit = config.GetBoolean("exit-clr");
        if (!terminate && !exit) return;
        AddTask(PhaseActorSystemTerminate, "terminate-system", async () =>
        {
            // exit although termination hangs
            if (exit && terminate) ExitAfter(Timeout(PhaseActorSystemTerminate));
            if (terminate) await ((ActorSystemImpl)System).FinalTerminate().ConfigureAwait(false);
            if (exit && !_runningClrHook) Environment.Exit(0);
            return Done.Instance;
        });
    }

    private void ExitAfter(TimeSpan timeout)
    {
        // not the system's scheduler, which is gone by then
        _ = Task.Delay(timeout).ContinueWith(
            _ =>
            {
                if (!System.WhenTerminated.IsCompleted && !_runningClrHook) Environment.Exit(0);
            },
            TaskScheduler.Default);
    }

    private void HookProcessExit(Config config)
    {
        if (!config.GetBoolean("run-by-clr-shutdown-hook")) return;
        var hook = new EventHandler((_, _) =>
        {
            _runningClrHook = true;
            if (System.WhenTerminated.IsCompleted) return;
            // the process ends when this returns
            Run(ClrExitReason.Instance).Wait(TotalTimeout);
        });
        AppDomain.CurrentDomain.ProcessExit += hook;
        System.RegisterOnTermination(() => AppDomain.CurrentDomain.ProcessExit -= hook);
    }

    /// <summary>Why a system shuts down. Derive from it to give reasons of one's own.</summary>
    public class Reason
    {
        protected Reason()
        {
        }

        public override string ToString() => GetType().Name;
    }

    /// <summary>No reason was given.</summary>
    public class UnknownReason : Reason
    {
        public static readonly Reason Instance = new UnknownReason();

        private UnknownReason()
        {
        }
    }

    /// <summary><see cref="ActorSystem.Terminate"/> was called.</summary>
    public class ActorSystemTerminateReason : Reason
    {
        public static readonly Reason Instance = new ActorSystemTerminateReason();

        private ActorSystemTerminateReason()
        {
        }
    }

    /// <summary>The process exits.</summary>
    public class ClrExitReason : Reason
    {
        public static readonly Reason Instance = new ClrExitReason();

        private ClrExitReason()
        {
        }
    }

    /// <summary>This node was downed by the cluster.</summary>
    public class ClusterDowningReason : Reason
    {
        public static readonly Reason Instance = new ClusterDowningReason();

        private ClusterDowningReason()
        {
        }
    }

    /// <summary>This node was asked to leave the cluster.</summary>
    public class ClusterLeavingReason : Reason
    {
        public static readonly Reason Instance = new ClusterLeavingReason();

        private ClusterLeavingReason()
        {
        }
    }

    /// <summary>This node could not join the cluster in time.</summary>
    public class ClusterJoinUnsuccessfulReason : Reason
    {
        public static readonly Reason Instance = new ClusterJoinUnsuccessfulReason();

        private ClusterJoinUnsuccessfulReason()
        {
        }
    }
}

/// <summary>Makes the <see cref="CoordinatedShutdown"/> of an actor system.</summary>
public sealed class CoordinatedShutdownExtension : ExtensionIdProvider<CoordinatedShutdown>
{
    public override CoordinatedShutdown CreateExtension(ExtendedActorSystem system) => CoordinatedShutdown.Create(system);
}
