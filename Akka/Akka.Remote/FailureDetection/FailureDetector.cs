using Akka.Actor;
using Akka.Configuration;

namespace Akka.Remote;

/// <summary>The time in milliseconds; only differences mean something.</summary>
public delegate long Clock();

/// <summary>Judges by heartbeats whether a resource is available.</summary>
public abstract class FailureDetector
{
    /// <summary>The clock of the process.</summary>
    public static readonly Clock DefaultClock = static () => Environment.TickCount64;

    /// <summary>Whether the resource is considered to be up.</summary>
    public abstract bool IsAvailable { get; }

    /// <summary>Whether there was a heartbeat already.</summary>
    public abstract bool IsMonitoring { get; }

    /// <summary>A heartbeat arrived.</summary>
    public abstract void HeartBeat();
}

/// <summary>Makes failure detectors that are named in configuration.</summary>
internal static class FailureDetectorLoader
{
    /// <summary>A detector of the class, on the clock of the actor system where the class is one of ours.</summary>
    public static FailureDetector Load(string className, Config config, ActorSystem system)
    {
        var type = Type.GetType(className) ?? throw new ConfigurationException($"Failure detector class not found: {className}");
        Clock clock = () => (long)system.Scheduler.MonotonicClock.TotalMilliseconds;
        if (type == typeof(PhiAccrualFailureDetector))
            return new PhiAccrualFailureDetector(config, system.EventStream, clock);
        if (type == typeof(DeadlineFailureDetector))
            return new DeadlineFailureDetector(config, clock);
        try
        {
            return (FailureDetector)Activator.CreateInstance(type, config, system.EventStream)!;
        }
        catch (Exception cause)
        {
            throw new ConfigurationException($"Could not create custom failure detector [{className}]: {cause.Message}", cause);
        }
    }
}
