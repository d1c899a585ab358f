using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Remote;

/// <summary>
/// The φ accrual failure detector (Hayashibara et al.): φ = -log10 of the probability that the next heartbeat comes later than now, given the
/// mean and deviation of the intervals seen. The resource is unavailable when φ reaches the threshold.
/// </summary>
public class PhiAccrualFailureDetector : FailureDetector
{
    private readonly double _threshold;
    private readonly double _minStdDeviationMs;
    private readonly double _acceptablePauseMs;
    private readonly double _firstEstimateMs;
    private readonly int _maxSampleSize;
    private readonly Clock _clock;
    private readonly EventStream? _eventStream;
    private State _state;

    /// <summary>A detector with the given parameters.</summary>
    public PhiAccrualFailureDetector(
        double threshold,
        int maxSampleSize,
        TimeSpan minStdDeviation,
        TimeSpan acceptableHeartbeatPause,
        TimeSpan firstHeartbeatEstimate,
        Clock? clock = null)
        : this(threshold, maxSampleSize, minStdDeviation, acceptableHeartbeatPause, firstHeartbeatEstimate, clock, null)
    {
    }

    /// <summary>A detector with the settings of the section.</summary>
    public PhiAccrualFailureDetector(Config config, EventStream ev)
        : this(config, ev, DefaultClock)
    {
    }

    /// <summary>A detector of Akka's defaults, for derived classes.</summary>
    protected PhiAccrualFailureDetector(Clock? clock)
        : this(10, 200, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), clock)
    {
    }

    internal PhiAccrualFailureDetector(Config config, EventStream ev, Clock clock)
        : this(
            config.GetDouble("threshold", 0),
            config.GetInt("max-sample-size", 0),
            config.GetTimeSpan("min-std-deviation", null),
            config.GetTimeSpan("acceptable-heartbeat-pause", null),
            config.GetTimeSpan("heartbeat-interval", null),
            clock,
            ev)
    {
    }

    private PhiAccrualFailureDetector(
        double threshold,
        int maxSampleSize,
        TimeSpan minStdDeviation,
        TimeSpan acceptableHeartbeatPause,
        TimeSpan firstHeartbeatEstimate,
        Clock? clock,
        EventStream? eventStream)
    {
        if (threshold <= 0.0)
            throw new ArgumentException("failure-detector.threshold must be > 0", nameof(threshold));
        if (maxSampleSize <= 0)
            throw new ArgumentException("failure-detector.max-sample-size must be > 0", nameof(maxSampleSize));
        if (minStdDeviation <= TimeSpan.Zero)
            throw new ArgumentException("failure-detector.min-std-deviation must be > 0", nameof(minStdDeviation));
        if (acceptableHeartbeatPause < TimeSpan.Zero)
            throw new ArgumentException("failure-detector.acceptable-heartbeat-pause must be >= 0", nameof(acceptableHeartbeatPause));
        if (firstHeartbeatEstimate <= TimeSpan.Zero)
            throw new ArgumentException("failure-detector.heartbeat-interval must be > 0", nameof(firstHeartbeatEstimate));

        _threshold = threshold;
        _maxSampleSize = maxSampleSize;
        _minStdDeviationMs = minStdDeviation.TotalMilliseconds;
        _acceptablePauseMs = acceptableHeartbeatPause.TotalMilliseconds;
        _firstEstimateMs = firstHeartbeatEstimate.TotalMilliseconds;
        _clock = clock ?? DefaultClock;
        _eventStream = eventStream;
        _state = new State(FirstHistory(), null);
    }

    /// <summary>Whom the detector judges, for logs.</summary>
    public string Address { get; set; } = "N/A";

    /// <inheritdoc />
    public override bool IsAvailable => IsAvailableAt(_clock());

    /// <inheritdoc />
    public override bool IsMonitoring => Volatile.Read(ref _state).LastMs is not null;

    internal double CurrentPhi => Phi(_clock());

    /// <inheritdoc />
    public override void HeartBeat()
    {
        while (true)
        {
            var now = _clock();
            var before = Volatile.Read(ref _state);
            var after = new State(Record(before, now), now);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _state, after, before), before))
                return;
        }
    }

    internal double Phi(long nowMs)
    {
        var state = Volatile.Read(ref _state);
        if (state.LastMs is not { } last)
            return 0.0;
        var mean = state.History.Mean + _acceptablePauseMs;
        return PhiOf(nowMs - last, mean, Math.Max(state.History.StandardDeviation, _minStdDeviationMs));
    }

    /// <summary>The logistic approximation of the cumulative normal distribution; good to 1.4e-4, and never infinite where it matters.</summary>
    internal static double PhiOf(double elapsedMs, double meanMs, double deviationMs)
    {
        var y = (elapsedMs - meanMs) / deviationMs;
        var e = Math.Exp(-y * (1.5976 + (0.070566 * y * y)));
        return elapsedMs > meanMs ? -Math.Log10(e / (1.0 + e)) : -Math.Log10(1.0 - (1.0 / (1.0 + e)));
    }

    private bool IsAvailableAt(long nowMs) => Phi(nowMs) < _threshold;

    private History Record(State before, long now)
    {
        if (before.LastMs is not { } last)
            return FirstHistory();
        if (!IsAvailableAt(now))
            return before.History; // the pause of a failure would spoil the statistics
        var interval = now - last;
        if (_eventStream is not null && interval >= _acceptablePauseMs / 3 * 2 && _acceptablePauseMs > 0)
        {
            _eventStream.Publish(new Warning(
                nameof(PhiAccrualFailureDetector),
                GetType(),
                $"heartbeat interval is growing too large for address {Address}: {interval} millis"));
        }

        return before.History.Add(interval, _maxSampleSize);
    }

    // Two samples around the estimate, so that the first real intervals do not stand alone.
    private History FirstHistory()
    {
        var deviation = _firstEstimateMs / 4;
        return History.Empty.Add(_firstEstimateMs - deviation, _maxSampleSize).Add(_firstEstimateMs + deviation, _maxSampleSize);
    }

    private sealed record State(History History, long? LastMs);

    private sealed record History(ImmutableQueue<double> Intervals, int Count, double Sum, double SquaredSum)
    {
        public static readonly History Empty = new([], 0, 0, 0);

        public double Mean => Sum / Count;

        public double StandardDeviation => Math.Sqrt(Math.Max(0, (SquaredSum / Count) - (Mean * Mean)));

        public History Add(double interval, int countMax)
        {
            var kept = this;
            if (Count >= countMax)
            {
                var rest = Intervals.Dequeue(out var oldest);
                kept = new History(rest, Count - 1, Sum - oldest, SquaredSum - (oldest * oldest));
            }

            return new History(kept.Intervals.Enqueue(interval), kept.Count + 1, kept.Sum + interval, kept.SquaredSum + (interval * interval));
        }
    }
}
