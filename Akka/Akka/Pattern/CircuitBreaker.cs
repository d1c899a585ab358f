using Akka.Actor;
using Akka.Util;

namespace Akka.Pattern;

/// <summary>
/// Stops calling what keeps failing: after a number of failures in a row calls fail at once; after a while one call is let through, and
/// its outcome decides whether the breaker closes again.
/// </summary>
public class CircuitBreaker
{
    private enum State
    {
        Closed,
        Open,
        HalfOpen,
    }

    private readonly Lock _gate = new();
    private readonly List<Action> _onOpen = [];
    private readonly List<Action> _onHalfOpen = [];
    private readonly List<Action> _onClose = [];
    private State _state = State.Closed;
    private int _failures;
    private bool _trialRunning;
    private TimeSpan _currentResetTimeout;
    private TimeSpan _openUntil;
    private int _openings;

    public CircuitBreaker(IScheduler scheduler, int maxFailures, TimeSpan callTimeout, TimeSpan resetTimeout)
        : this(scheduler, maxFailures, callTimeout, resetTimeout, TimeSpan.FromDays(36500), 1.0, 0.0) { }

    public CircuitBreaker(
        IScheduler scheduler, int maxFailures, TimeSpan callTimeout, TimeSpan resetTimeout, TimeSpan maxResetTimeout, double exponentialBackoffFactor)
        : this(scheduler, maxFailures, callTimeout, resetTimeout, maxResetTimeout, exponentialBackoffFactor, 0.0) { }

    public CircuitBreaker(
        IScheduler scheduler, int maxFailures, TimeSpan callTimeout, TimeSpan resetTimeout, TimeSpan maxResetTimeout, double exponentialBackoffFactor,
        double randomFactor)
    {
        if (exponentialBackoffFactor < 1.0)
            throw new ArgumentException("factor must be >= 1.0", nameof(exponentialBackoffFactor));
        if (randomFactor is < 0.0 or > 1.0)
            throw new ArgumentException("randomFactor must be between 0.0 and 1.0", nameof(randomFactor));
        Scheduler = scheduler;
        MaxFailures = maxFailures;
        CallTimeout = callTimeout;
        ResetTimeout = resetTimeout;
        MaxResetTimeout = maxResetTimeout;
        ExponentialBackoffFactor = exponentialBackoffFactor;
        RandomFactor = randomFactor;
        _currentResetTimeout = resetTimeout;
    }

    public IScheduler Scheduler { get; }

    public int MaxFailures { get; }

    public TimeSpan CallTimeout { get; }

    public TimeSpan ResetTimeout { get; }

    public TimeSpan MaxResetTimeout { get; }

    public double ExponentialBackoffFactor { get; }

    public double RandomFactor { get; }

    public long CurrentFailureCount
    {
        get { lock (_gate) return _failures; }
    }

    public Exception? LastCaughtException { get; private set; }

    public bool IsClosed => Current == State.Closed;

    public bool IsOpen => Current == State.Open;

    public bool IsHalfOpen => Current == State.HalfOpen;

    private State Current
    {
        get { lock (_gate) return _state; }
    }

    public static CircuitBreaker Create(IScheduler scheduler, int maxFailures, TimeSpan callTimeout, TimeSpan resetTimeout) =>
        new(scheduler, maxFailures, callTimeout, resetTimeout);

    public Task<T> WithCircuitBreaker<T>(Func<Task<T>> body) => WithCircuitBreaker(body, static run => run());

    public Task<T> WithCircuitBreaker<T, TState>(TState state, Func<TState, Task<T>> body)
    {
        int opening;
        Task<T> call;
        try
        {
            opening = Enter();
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
        try
        {
            call = body(state);
        }
        catch (Exception e)
        {
            Failed(e, opening);
            return Task.FromException<T>(e);
        }
        if (!call.IsCompletedSuccessfully) return Watched(call, opening);
        Succeeded();
        return call;
    }

    private async Task<T> Watched<T>(Task<T> call, int opening)
    {
        try
        {
            var result = call.IsCompleted ? await call.ConfigureAwait(false) : await Limited(call).ConfigureAwait(false);
            Succeeded();
            return result;
        }
        catch (Exception e)
        {
            Failed(e, opening);
            throw;
        }
    }

    public Task WithCircuitBreaker(Func<Task> body) => WithCircuitBreaker(body, static run => run());

    public Task WithCircuitBreaker<TState>(TState state, Func<TState, Task> body) =>
        WithCircuitBreaker((state, body), static async call =>
        {
            await call.body(call.state).ConfigureAwait(false);
            return Done.Instance;
        });

    public void WithSyncCircuitBreaker(Action body) => WithSyncCircuitBreaker(() =>
    {
        body();
        return Done.Instance;
    });

    /// <summary>Runs the body on the caller's thread; one that took too long counts as failed.</summary>
    public T WithSyncCircuitBreaker<T>(Func<T> body)
    {
        var opening = Enter();
        try
        {
            var start = Scheduler.MonotonicClock;
            var result = body();
            if (Scheduler.MonotonicClock - start > CallTimeout) throw new TimeoutException($"Execution did not complete within the time allotted {CallTimeout}");
            Succeeded();
            return result;
        }
        catch (Exception e)
        {
            Failed(e, opening);
            throw;
        }
    }

    /// <summary>Counts as a successful call.</summary>
    public void Succeed() => Succeeded();

    /// <summary>Counts as a failed call.</summary>
    public void Fail()
    {
        int opening;
        lock (_gate) opening = _openings;
        Failed(new UserCalledFailException(), opening);
    }

    public CircuitBreaker OnOpen(Action callback) => Add(_onOpen, callback);

    public CircuitBreaker OnHalfOpen(Action callback) => Add(_onHalfOpen, callback);

    public CircuitBreaker OnClose(Action callback) => Add(_onClose, callback);

    public CircuitBreaker WithExponentialBackoff(TimeSpan maxResetTimeout) =>
        new(Scheduler, MaxFailures, CallTimeout, ResetTimeout, maxResetTimeout, 2.0, RandomFactor);

    public CircuitBreaker WithRandomFactor(double randomFactor) =>
        new(Scheduler, MaxFailures, CallTimeout, ResetTimeout, MaxResetTimeout, ExponentialBackoffFactor, randomFactor);

    private CircuitBreaker Add(List<Action> callbacks, Action callback)
    {
        lock (_gate) callbacks.Add(callback);
        return this;
    }

    /// <summary>Lets the call through or throws; gives how often the breaker has opened so far, to tell late outcomes from current ones.</summary>
    private int Enter()
    {
        lock (_gate)
        {
            switch (_state)
            {
                case State.Closed:
                    return _openings;
                case State.HalfOpen when !_trialRunning:
                    _trialRunning = true;
                    return _openings;
                case State.HalfOpen:
                    throw Refusal("Circuit Breaker is half open; only one call is allowed; this call is failing fast.", TimeSpan.Zero);
                default:
                    var remaining = _openUntil - Scheduler.MonotonicClock;
                    throw Refusal("Circuit Breaker is open; calls are failing fast", remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
            }
        }
    }

    private OpenCircuitException Refusal(string message, TimeSpan remaining) =>
        LastCaughtException is { } cause ? new OpenCircuitException(message, cause, remaining) : new OpenCircuitException(message, remaining);

    private async Task<T> Limited<T>(Task<T> call)
    {
        if (CallTimeout <= TimeSpan.Zero || CallTimeout == Timeout.InfiniteTimeSpan) return await call.ConfigureAwait(false);
        var late = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var timer = Scheduler.Advanced.ScheduleOnceCancelable(
            CallTimeout, () => late.TrySetException(new TimeoutException($"Execution did not complete within the time allotted {CallTimeout}")));
        var first = await Task.WhenAny(call, late.Task).ConfigureAwait(false);
        timer.Cancel();
        return await first.ConfigureAwait(false);
    }

    private void Succeeded()
    {
        Action[] callbacks;
        lock (_gate)
        {
            _failures = 0;
            if (_state != State.HalfOpen) return;
            _state = State.Closed;
            _trialRunning = false;
            _currentResetTimeout = ResetTimeout;
            callbacks = [.. _onClose];
        }
        Run(callbacks);
    }

    private void Failed(Exception cause, int opening)
    {
        Action[] callbacks;
        lock (_gate)
        {
            LastCaughtException = cause;
            // a call that was let through before the breaker opened says nothing new
            if (_state == State.Open || opening != _openings) return;
            if (_state == State.Closed && ++_failures < MaxFailures) return;
            if (_state == State.HalfOpen)
            {
                var next = _currentResetTimeout * ExponentialBackoffFactor;
                _currentResetTimeout = next < MaxResetTimeout ? next : MaxResetTimeout;
            }
            _state = State.Open;
            _trialRunning = false;
            _openings++;
            var reset = _currentResetTimeout * (1.0 + (RandomFactor == 0.0 ? 0.0 : ThreadLocalRandom.Current.NextDouble() * RandomFactor));
            _openUntil = Scheduler.MonotonicClock + reset;
            Scheduler.Advanced.ScheduleOnce(reset, AttemptReset);
            callbacks = [.. _onOpen];
        }
        Run(callbacks);
    }

    private void AttemptReset()
    {
        Action[] callbacks;
        lock (_gate)
        {
            if (_state != State.Open) return;
            _state = State.HalfOpen;
            callbacks = [.. _onHalfOpen];
        }
        Run(callbacks);
    }

    private static void Run(Action[] callbacks)
    {
        foreach (var callback in callbacks) callback();
    }
}
