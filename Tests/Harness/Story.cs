using System.Diagnostics;
using System.Globalization;

namespace Mooring.Harness;

/// <summary>A timeline for a person who watches.</summary>
public sealed class Story(bool aloud)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Says what happens now.</summary>
    /// <param name="what">One line.</param>
    public void Tell(string what)
    {
        if (aloud)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,7:0.00} s  {what}"));
    }
}
