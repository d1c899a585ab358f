using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Akka.Simulation;

/// <summary>The clock, timers and chance of rewritten assemblies.</summary>
public static class TimeCalls
{
    // What the runtime's own types cannot be told: a timer of ours for each.
    private static readonly ConditionalWeakTable<CancellationTokenSource, ITimer> Cancellations = [];
    private static readonly ConditionalWeakTable<Timer, ITimer> Timers = [];

    private static TimeProvider Time => SimulatedRuntime.Current.Time;

    [Replaces("System.DateTime", "get_UtcNow")]
    public static DateTime UtcNow() => Time.GetUtcNow().UtcDateTime;

    /// <summary>A world has no time zone but UTC.</summary>
    [Replaces("System.DateTime", "get_Now")]
    public static DateTime Now() => UtcNow();

    [Replaces("System.DateTimeOffset", "get_UtcNow")]
    public static DateTimeOffset OffsetUtcNow() => Time.GetUtcNow();

    [Replaces("System.DateTimeOffset", "get_Now")]
    public static DateTimeOffset OffsetNow() => Time.GetUtcNow();

    [Replaces("System.TimeProvider", "get_System")]
    public static TimeProvider SystemTime() => Time;

    [Replaces("System.Environment", "get_TickCount")]
    public static int TickCount() => (int)TickCount64();

    [Replaces("System.Environment", "get_TickCount64")]
    public static long TickCount64() => Time.GetElapsedTime(0).Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>Every watch counts from the beginning of the world, so that one in a static field is the same in each.</summary>
    [Replaces("System.Diagnostics.Stopwatch", "get_Elapsed")]
    public static TimeSpan Elapsed(Stopwatch watch) => Time.GetElapsedTime(0);

    [Replaces("System.Diagnostics.Stopwatch", "get_ElapsedMilliseconds")]
    public static long ElapsedMilliseconds(Stopwatch watch) => TickCount64();

    [Replaces("System.Diagnostics.Stopwatch", "get_ElapsedTicks")]
    public static long ElapsedTicks(Stopwatch watch) => Time.GetElapsedTime(0).Ticks * (Stopwatch.Frequency / TimeSpan.TicksPerSecond);

    [Replaces("System.Threading.Tasks.Task", "Delay")]
    public static Task Delay(TimeSpan delay) => Task.Delay(delay, Time);

    [Replaces("System.Threading.Tasks.Task", "Delay")]
    public static Task Delay(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Time);

    [Replaces("System.Threading.Tasks.Task", "Delay")]
    public static Task Delay(TimeSpan delay, CancellationToken cancellation) => Task.Delay(delay, Time, cancellation);

    [Replaces("System.Threading.Tasks.Task", "Delay")]
    public static Task Delay(int milliseconds, CancellationToken cancellation) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Time, cancellation);

    [Replaces("System.Threading.Tasks.Task", "WaitAsync")]
    public static Task WaitAsync(Task task, TimeSpan timeout) => task.WaitAsync(timeout, Time);

    [Replaces("System.Threading.Tasks.Task", "WaitAsync")]
    public static Task WaitAsync(Task task, TimeSpan timeout, CancellationToken cancellation) => task.WaitAsync(timeout, Time, cancellation);

    [Replaces("System.Threading.Tasks.Task`1", "WaitAsync")]
    public static Task<T> WaitAsync<T>(Task<T> task, TimeSpan timeout) => task.WaitAsync(timeout, Time);

    [Replaces("System.Threading.Tasks.Task`1", "WaitAsync")]
    public static Task<T> WaitAsync<T>(Task<T> task, TimeSpan timeout, CancellationToken cancellation) => task.WaitAsync(timeout, Time, cancellation);

    [Replaces("System.Threading.CancellationTokenSource", ".ctor")]
    public static CancellationTokenSource NewCancellation(TimeSpan delay) => new(delay, Time);

    [Replaces("System.Threading.CancellationTokenSource", "CancelAfter")]
    public static void CancelAfter(CancellationTokenSource source, TimeSpan delay)
    {
        var timer = Time.CreateTimer(static of => Cancel((CancellationTokenSource)of!), source, delay, Timeout.InfiniteTimeSpan);
        if (Cancellations.TryGetValue(source, out var before))
            before.Dispose();
        Cancellations.AddOrUpdate(source, timer);
    }

    [Replaces("System.Threading.CancellationTokenSource", "CancelAfter")]
    public static void CancelAfter(CancellationTokenSource source, int milliseconds) => CancelAfter(source, TimeSpan.FromMilliseconds(milliseconds));

    [Replaces("System.Threading.Timer", ".ctor")]
    public static Timer NewTimer(TimerCallback callback, object? state, int due, int period)
    {
        var timer = new Timer(static _ => { }, null, Timeout.Infinite, Timeout.Infinite);
        Timers.Add(timer, Time.CreateTimer(callback, state, TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period)));
        return timer;
    }

    [Replaces("System.Threading.Timer", "Change")]
    public static bool Change(Timer timer, int due, int period) =>
        Timers.TryGetValue(timer, out var ours) && ours.Change(TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period));

    [Replaces("System.Threading.Timer", "Dispose")]
    public static void Dispose(Timer timer)
    {
        timer.Dispose();
        if (Timers.TryGetValue(timer, out var ours))
            ours.Dispose();
    }

    [Replaces("System.Guid", "NewGuid")]
    public static Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        SimulatedRuntime.Current.Chance.NextBytes(bytes);
        return new Guid(bytes);
    }

    [Replaces("System.Random", ".ctor")]
    public static Random NewRandom() => new(SimulatedRuntime.Current.Chance.Next());

    /// <summary>Akka.NET's chance of a thread: it would go on from one world to the next.</summary>
    [Replaces("Akka.Util.ThreadLocalRandom", "get_Current")]
    public static Random ThreadRandom() => SimulatedRuntime.Current.Chance;

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // As the runtime's own timer would find it.
        }
    }
}
