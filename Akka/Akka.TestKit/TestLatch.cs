using System.Diagnostics.CodeAnalysis;

namespace Akka.TestKit;

/// <summary>Opens when it has been counted down; waiting for it has a limit.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The API has no Dispose; no wait handle is ever made.")]
public class TestLatch
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    private readonly CountdownEvent _latch;
    private readonly Func<TimeSpan, TimeSpan> _dilate;
    private readonly TimeSpan _defaultTimeout;

    public TestLatch() : this(1)
    {
    }

    public TestLatch(int count) : this(count, DefaultTimeout)
    {
    }

    public TestLatch(int count, TimeSpan defaultTimeout) : this(static span => span, defaultTimeout, count)
    {
    }

    protected internal TestLatch(Func<TimeSpan, TimeSpan> dilate, TimeSpan defaultTimeout, int count)
    {
        _latch = new CountdownEvent(count);
        _dilate = dilate;
        _defaultTimeout = defaultTimeout;
    }

    public bool IsOpen => _latch.CurrentCount == 0;

    public void CountDown() => _latch.Signal();

    public void Open()
    {
        while (!IsOpen) CountDown();
    }

    public void Reset() => _latch.Reset();

    public void Ready(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan) throw new ArgumentException("TestLatch does not support waiting for ever", nameof(timeout));
        var limit = _dilate(timeout);
        if (!_latch.Wait(limit)) throw new TimeoutException($"Timeout of {limit} while waiting for a latch; {_latch.CurrentCount} of {_latch.InitialCount} missing");
    }

    public void Ready() => Ready(_defaultTimeout);
}
