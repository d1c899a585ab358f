using System.Diagnostics;

namespace Akka.Actor;

/// <summary>The wall clock, and the machine's clock that never goes back.</summary>
public class DateTimeOffsetNowTimeProvider : IDateTimeOffsetNowTimeProvider
{
    private static readonly long Start = Stopwatch.GetTimestamp();

    private DateTimeOffsetNowTimeProvider()
    {
    }

    public static DateTimeOffsetNowTimeProvider Instance { get; } = new();

    public DateTimeOffset Now => DateTimeOffset.UtcNow;

    public TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(Start);

    public TimeSpan HighResMonotonicClock => Stopwatch.GetElapsedTime(Start);
}
