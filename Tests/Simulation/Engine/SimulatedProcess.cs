using Akka.Actor;
using Akka.Configuration;

namespace Akka.Simulation;

/// <summary>
/// A process of the operating system in the simulation: its actor systems, timers and connections. It can be paused (nothing of it
/// happens, its clock goes on) and crashed (nothing of it ever happens again).
/// </summary>
public sealed class SimulatedProcess
{
    private readonly List<Work> _held = [];

    internal SimulatedProcess(SimulationWorld world, int id, string name, string host)
    {
        (World, Id, Name, Host) = (world, id, name, host);
        Clock = new SimulatedClock(world, this);
    }

    /// <summary>The world.</summary>
    public SimulationWorld World { get; }

    /// <summary>Its name in the trace.</summary>
    public string Name { get; }

    /// <summary>The address of its host.</summary>
    public string Host { get; }

    /// <summary>Whether it has crashed.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Whether it is stopped for a while.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>How far its time of day is ahead.</summary>
    public TimeSpan ClockOffset { get; set; }

    /// <summary>Its clock.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Called first when it goes on after a pause, as a thread of the highest priority would.</summary>
    public event Action? Resumed;

    /// <summary>Called when it has ended, however.</summary>
    public event Action? Ended;

    internal int Id { get; }

    /// <summary>What its actor systems must be configured with, before everything else.</summary>
    public string Hocon => $$"""
        akka {
          loggers = []
          stdout-loglevel = OFF
          simulation.process = {{Id}}
          scheduler.implementation = "{{typeof(SimulationScheduler).AssemblyQualifiedName}}"
          actor {
            default-dispatcher { {{Dispatcher}} }
            internal-dispatcher { {{Dispatcher}} }
            default-blocking-io-dispatcher { {{Dispatcher}} }
            default-fork-join-dispatcher { {{Dispatcher}} }
            task-dispatcher { {{Dispatcher}} }
          }
          io.pinned-dispatcher { {{Dispatcher}} }
          persistence.dispatchers {
            default-plugin-dispatcher { {{Dispatcher}} }
            default-replay-dispatcher { {{Dispatcher}} }
            default-stream-dispatcher { {{Dispatcher}} }
          }
          remote {
            default-remote-dispatcher { {{Dispatcher}} }
            backoff-remote-dispatcher { {{Dispatcher}} }
            dot-netty.tcp {
              transport-class = "{{typeof(SimulationTransport).AssemblyQualifiedName}}"
              hostname = "{{Host}}"
            }
          }
          coordinated-shutdown { exit-clr = off, run-by-clr-shutdown-hook = off }
        }
        """;

    private static string Dispatcher =>
        $"type = Dispatcher, executor = \"{typeof(SimulationExecutorConfigurator).AssemblyQualifiedName}\", throughput = 5";

    /// <summary>Has it do something now.</summary>
    /// <param name="what">Its name in the trace.</param>
    /// <param name="action">What.</param>
    public void Do(string what, Action action) => World.Schedule(this, TimeSpan.Zero, what, action);

    /// <summary>Stops it, as SIGSTOP does.</summary>
    public void Pause()
    {
        if (IsDead || IsPaused)
            return;
        IsPaused = true;
        World.Trace($"{Name} is stopped");
    }

    /// <summary>Lets it go on, as SIGCONT does.</summary>
    public void Resume()
    {
        if (IsDead || !IsPaused)
            return;
        IsPaused = false;
        World.Trace($"{Name} goes on");
        Resumed?.Invoke();
        foreach (var work in _held)
            World.Add(work, World.Now);
        _held.Clear();
    }

    /// <summary>Ends it at once, as SIGKILL does, or its host with it.</summary>
    /// <param name="silently">Its host loses its power: peers hear nothing, until it is up again.</param>
    public void Crash(bool silently = false) => End(silently ? "loses its power" : "is killed", silently);

    /// <summary>Ends it, as the end of its program does.</summary>
    public void Exit() => End("exits", silently: false);

    /// <summary>Makes what this process's actors log visible.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="log">Given each line.</param>
    public static void TapLog(ActorSystem system, Action<Akka.Event.LogEvent> log) => LogTap.Attach(system, log);

    /// <summary>The process that an actor system with this configuration belongs to.</summary>
    internal static SimulatedProcess Of(Config config)
    {
        var world = SimulationWorld.Current ?? throw new ConfigurationException("there is no world for this actor system");
        return world.Process(config.GetInt("akka.simulation.process", -1));
    }

    internal void Hold(Work work) => _held.Add(work);

    internal void Forget()
    {
        IsDead = true;
        _held.Clear();
    }

    private void End(string how, bool silently)
    {
        if (IsDead)
            return;
        World.Trace($"{Name} {how}");
        Forget();
        World.Network.ProcessIsDead(this, silently);
        Ended?.Invoke();
    }
}

/// <summary>Thrown in the code of a process that crashes while it runs: nothing of what it does afterwards has an effect.</summary>
public sealed class ProcessCrashedException : Exception
{
    /// <summary>Makes one.</summary>
    public ProcessCrashedException()
        : base("the simulated process has crashed")
    {
    }
}
