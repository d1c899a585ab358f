namespace Mooring.StorageNode.Vip.Linux;

/// <summary>When an address is asked for before it is taken, and told to everybody afterwards.</summary>
internal static class AddressPlan
{
    /// <summary>For how long after a takeover a question about the address is answered to everybody: as long as the kernel of a dead predecessor
    /// may go on answering, twice.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    /// <summary>For how long an address counts as free that was found free before it had to be taken: a stranger who comes later is heard.</summary>
    public static readonly TimeSpan LookAheadMax = TimeSpan.FromSeconds(3);

    /// <summary>When, after it was put on, it is announced: at once, and again for those who missed it.</summary>
    public static IReadOnlyList<TimeSpan> Announcements { get; } =
        [TimeSpan.Zero, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    /// <summary>The probes of a first start, as RFC 5227, 2.1.1 has them: after up to 1 s three, 1 to 2 s apart, and 2 s to listen after the last.</summary>
    /// <param name="chance">A number from 0 to 1, new with each call.</param>
    /// <returns>When to probe.</returns>
    public static ProbePlan First(Func<double> chance)
    {
        var at = TimeSpan.FromSeconds(chance());
        var times = new List<TimeSpan> { at };
        while (times.Count < 3)
            times.Add(at += TimeSpan.FromSeconds(1 + chance()));
        return new ProbePlan(times, at + TimeSpan.FromSeconds(2));
    }

    /// <summary>The probes of a takeover: who has the address answers within milliseconds, and one frame may be lost.</summary>
    /// <param name="time">How long it may take.</param>
    /// <returns>When to probe.</returns>
    public static ProbePlan Takeover(TimeSpan time) => new([TimeSpan.Zero, time / 2], time);
}

/// <summary>When to ask whether an address is free.</summary>
/// <param name="Times">The probes, from the begin on.</param>
/// <param name="End">When the address counts as free.</param>
internal sealed record ProbePlan(IReadOnlyList<TimeSpan> Times, TimeSpan End);
