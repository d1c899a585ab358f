using Akka.Configuration;

namespace Akka.Coordination;

/// <summary>Time limits of a lease.</summary>
public sealed class TimeoutSettings
{
    public TimeoutSettings(TimeSpan heartbeatInterval, TimeSpan heartbeatTimeout, TimeSpan operationTimeout)
    {
        HeartbeatInterval = heartbeatInterval;
        HeartbeatTimeout = heartbeatTimeout;
        OperationTimeout = operationTimeout;
    }

    /// <summary>How often the holder renews.</summary>
    public TimeSpan HeartbeatInterval { get; }

    /// <summary>Others may take the lease when it was not renewed for this long.</summary>
    public TimeSpan HeartbeatTimeout { get; }

    /// <summary>Limit for one acquire or release.</summary>
    public TimeSpan OperationTimeout { get; }

    /// <summary>Reads <c>heartbeat-interval</c>, <c>heartbeat-timeout</c> and <c>lease-operation-timeout</c>.</summary>
    /// <exception cref="ArgumentException">The interval is not less than half of the timeout: one lost renewal would lose the lease.</exception>
    public static TimeoutSettings Create(Config config)
    {
        var timeout = config.GetTimeSpan("heartbeat-timeout", TimeSpan.FromSeconds(120));
        var interval = config.HasPath("heartbeat-interval") && !string.IsNullOrEmpty(config.GetString("heartbeat-interval"))
            ? config.GetTimeSpan("heartbeat-interval")
            : new TimeSpan(Math.Max((timeout / 10).Ticks, TimeSpan.FromSeconds(5).Ticks));
        if (interval >= timeout / 2)
            throw new ArgumentException($"heartbeat-interval ({interval}) must be less than half of heartbeat-timeout ({timeout})", nameof(config));
        return new TimeoutSettings(interval, timeout, config.GetTimeSpan("lease-operation-timeout", TimeSpan.FromSeconds(5)));
    }

    public TimeoutSettings WithHeartbeatInterval(TimeSpan heartbeatInterval) => new(heartbeatInterval, HeartbeatTimeout, OperationTimeout);

    public TimeoutSettings WithHeartbeatTimeout(TimeSpan heartbeatTimeout) => new(HeartbeatInterval, heartbeatTimeout, OperationTimeout);

#pragma warning disable IDE1006 // The lower-case name is Akka.NET's.
    public TimeoutSettings withOperationTimeout(TimeSpan operationTimeout) => new(HeartbeatInterval, HeartbeatTimeout, operationTimeout);
#pragma warning restore IDE1006

    public override string ToString() => $"TimeoutSettings({HeartbeatInterval}, {HeartbeatTimeout}, {OperationTimeout})";
}
