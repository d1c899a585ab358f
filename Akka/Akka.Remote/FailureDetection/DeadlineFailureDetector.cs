using Akka.Configuration;
using Akka.Event;

namespace Akka.Remote;

/// <summary>Available until a fixed time after the last heartbeat.</summary>
public class DeadlineFailureDetector : FailureDetector
{
    private readonly Clock _clock;
    private readonly long _deadlineMs;
    private long _lastMs = long.MinValue;

    /// <summary>A detector that waits for the pause.</summary>
    public DeadlineFailureDetector(TimeSpan acceptableHeartbeatPause, Clock? clock = null)
        : this(acceptableHeartbeatPause, TimeSpan.Zero, clock)
    {
    }

    /// <summary>A detector that waits for the interval and the pause.</summary>
    public DeadlineFailureDetector(TimeSpan acceptableHeartbeatPause, TimeSpan heartbeatInterval, Clock? clock = null)
    {
        if (acceptableHeartbeatPause < TimeSpan.Zero)
            throw new ArgumentException("failure-detector.acceptable-heartbeat-pause must be >= 0 s", nameof(acceptableHeartbeatPause));
        if (heartbeatInterval < TimeSpan.Zero)
            throw new ArgumentException("failure-detector.heartbeat-interval must be >= 0 s", nameof(heartbeatInterval));
        _clock = clock ?? DefaultClock;
        _deadlineMs = (long)(acceptableHeartbeatPause + heartbeatInterval).TotalMilliseconds;
    }

    /// <summary>A detector with the settings of the section.</summary>
    public DeadlineFailureDetector(Config config, EventStream eventStream)
        : this(config, DefaultClock)
    {
    }

    internal DeadlineFailureDetector(Config config, Clock clock)
        : this(config.GetTimeSpan("acceptable-heartbeat-pause", null), config.GetTimeSpan("heartbeat-interval", null), clock)
    {
    }

    /// <inheritdoc />
    public override bool IsAvailable
    {
        get
        {
            var last = Interlocked.Read(ref _lastMs);
            return last == long.MinValue || _clock() <= last + _deadlineMs;
        }
    }

    /// <inheritdoc />
    public override bool IsMonitoring => Interlocked.Read(ref _lastMs) != long.MinValue;

    /// <inheritdoc />
    public override void HeartBeat() => Interlocked.Exchange(ref _lastMs, _clock());
}
