using System.Diagnostics;

namespace Mooring.Client;

/// <summary>A time limit. It is not the time of day, which can be set.</summary>
internal readonly record struct Deadline
{
    private readonly long _start;
    private readonly TimeSpan _limit;

    private Deadline(TimeSpan limit) => (_start, _limit) = (Stopwatch.GetTimestamp(), limit);

    public TimeSpan Left => _limit - Stopwatch.GetElapsedTime(_start);

    public bool IsOver => Left <= TimeSpan.Zero;

    public static Deadline In(TimeSpan limit) => new(limit);
}
