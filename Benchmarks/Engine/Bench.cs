using System.Diagnostics;

namespace Mooring.Benchmarks.Engine;

/// <summary>Measures what can be repeated any number of times: finds a number that takes long enough, then takes the median of three.</summary>
internal static class Bench
{
    private const int Rounds = 3;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(600);

    /// <summary>Operations a second and bytes allocated for each.</summary>
    /// <param name="run">Does that many operations.</param>
    /// <param name="first">The number to begin with.</param>
    /// <param name="most">The largest number.</param>
    /// <param name="elsewhere">Bytes that another process has allocated so far.</param>
    public static async Task<(double PerSecond, double BytesEach)> RateAsync(
        Func<int, Task> run, int first, int most = int.MaxValue, Func<Task<long>>? elsewhere = null)
    {
        var count = first;
        var warm = Stopwatch.StartNew();
        double perSecond;
        do
        {
            var watch = Stopwatch.StartNew();
            await run(count);
            perSecond = count / watch.Elapsed.TotalSeconds;
            count = (int)Math.Clamp(perSecond * Round.TotalSeconds, first, Math.Min(count * 8L, most));
        }
        while (warm.Elapsed < WarmUp);
        var rates = new List<double>();
        var bytes = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true) + (elsewhere is null ? 0 : await elsewhere());
            var watch = Stopwatch.StartNew();
            await run(count);
            rates.Add(count / watch.Elapsed.TotalSeconds);
            bytes.Add((double)(GC.GetTotalAllocatedBytes(precise: true) + (elsewhere is null ? 0 : await elsewhere()) - before) / count);
        }
        return (Median(rates), Median(bytes));
    }

    /// <summary>The middle one.</summary>
    public static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>Waits, but not for ever: a benchmark that hangs says where.</summary>
    public static async Task<T> Within<T>(Task<T> task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(60))) != task)
            throw new TimeoutException($"after 60 s there is still no end of: {what}");
        return await task;
    }
}
