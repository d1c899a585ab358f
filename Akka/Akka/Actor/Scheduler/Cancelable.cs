namespace Akka.Actor;

/// <summary>
/// The usual <see cref="ICancelable"/>. Cheap when nobody asks for its token, and takes what was scheduled with it out of the
/// scheduler at once: a reply that comes in time leaves no timer behind.
/// </summary>
public class Cancelable : ICancelable, IDisposable
{
    private const int Active = 0;
    private const int Canceled = 1;

    private readonly IActionScheduler _scheduler;
    private CancellationTokenSource? _source;
    private ScheduledWork? _work;
    private int _state;
    private volatile bool _disposed;

    public Cancelable(IActionScheduler scheduler, TimeSpan delay) : this(scheduler) => CancelAfter(delay);

    public Cancelable(IScheduler scheduler, TimeSpan delay) : this(scheduler.Advanced, delay)
    {
    }

    public Cancelable(IScheduler scheduler, int millisecondsDelay) : this(scheduler.Advanced, TimeSpan.FromMilliseconds(millisecondsDelay))
    {
    }

    public Cancelable(IScheduler scheduler) : this(scheduler.Advanced)
    {
    }

    public Cancelable(IActionScheduler scheduler) => _scheduler = scheduler;

    public bool IsCancellationRequested => Volatile.Read(ref _state) == Canceled;

    public CancellationToken Token
    {
        get
        {
            if (Volatile.Read(ref _source) is { } existing) return existing.Token;
            var made = new CancellationTokenSource();
            if (Interlocked.CompareExchange(ref _source, made, null) is { } other)
            {
                made.Dispose();
                return other.Token;
            }

            // a Cancel() in between did not see the source
            if (IsCancellationRequested) made.Cancel();
            return made.Token;
        }
    }

    public bool IsDisposed => _disposed;

    public void Cancel() => Cancel(throwOnFirstException: false);

    public void Cancel(bool throwOnFirstException)
    {
        ThrowIfDisposed();
        if (Interlocked.CompareExchange(ref _state, Canceled, Active) != Active) return;
        Volatile.Read(ref _work)?.Cancel();
        Volatile.Read(ref _source)?.Cancel(throwOnFirstException);
    }

    public void CancelAfter(TimeSpan delay)
    {
        ThrowIfDisposed();
        if (delay < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(delay), $"The delay must be >0, it was {delay}");
        if (!IsCancellationRequested) _scheduler.ScheduleOnce(delay, CancelUnlessDisposed, this);
    }

    public void CancelAfter(int millisecondsDelay) => CancelAfter(TimeSpan.FromMilliseconds(millisecondsDelay));

    public static ICancelable CreateCanceled() => AlreadyCanceledCancelable.Instance;

    /// <summary>A cancelable that is canceled when one of the others is.</summary>
    public static ICancelable CreateLinkedCancelable(IScheduler scheduler, params ICancelable[] cancelables) =>
        CreateLinkedCancelable(scheduler.Advanced, cancelables);

    public static ICancelable CreateLinkedCancelable(IActionScheduler scheduler, params ICancelable[] cancelables) =>
        CreateLinkedCancelable(scheduler, cancelables.Select(cancelable => cancelable.Token).ToArray());

    public static ICancelable CreateLinkedCancelable(IScheduler scheduler, params CancellationToken[] cancellationTokens) =>
        CreateLinkedCancelable(scheduler.Advanced, cancellationTokens);

    public static ICancelable CreateLinkedCancelable(IActionScheduler scheduler, params CancellationToken[] cancellationTokens)
    {
        var linked = new Cancelable(scheduler);
        foreach (var token in cancellationTokens) token.Register(linked.CancelUnlessDisposed);
        return linked;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing || _disposed) return;
        _disposed = true;
        Volatile.Read(ref _source)?.Dispose();
    }

    /// <summary>Remembers what to take out of the scheduler; the first piece of work only, others notice when they are due.</summary>
    internal void Attach(ScheduledWork work)
    {
        if (Interlocked.CompareExchange(ref _work, work, null) is null && IsCancellationRequested) work.Cancel();
    }

    private void CancelUnlessDisposed()
    {
        if (!_disposed) Cancel();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}

/// <summary>Was canceled from the start.</summary>
internal sealed class AlreadyCanceledCancelable : ICancelable
{
    public static readonly AlreadyCanceledCancelable Instance = new();

    private AlreadyCanceledCancelable()
    {
    }

    public bool IsCancellationRequested => true;

    public CancellationToken Token { get; } = new(canceled: true);

    public void Cancel()
    {
        // it is
    }

    public void Cancel(bool throwOnFirstException)
    {
        // it is
    }

    public void CancelAfter(TimeSpan delay)
    {
        // it is
    }

    public void CancelAfter(int millisecondsDelay)
    {
        // it is
    }
}
