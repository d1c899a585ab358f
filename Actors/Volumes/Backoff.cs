using Mooring.Messages;

namespace Mooring.Actors.Volumes;

/// <summary>How what the store has refused for now is tried again: after pauses that grow, and not for ever. Pure.</summary>
/// <param name="Min">The first pause.</param>
/// <param name="Max">The longest pause.</param>
/// <param name="RefusedMax">For how long it is tried.</param>
public sealed record Backoff(TimeSpan Min, TimeSpan Max, TimeSpan RefusedMax)
{
    // Beyond this the doubling has reached any longest pause.
    private const int DoublingsMax = 20;

    /// <summary>How long to wait before the next try: doubled each time, and between half of that and all of it, so that many do not come at once.</summary>
    /// <param name="refusals">How many tries were refused; 1 at least.</param>
    /// <param name="chance">From 0 to 1.</param>
    /// <returns>The pause.</returns>
    public TimeSpan Pause(int refusals, double chance)
    {
        var full = Math.Min(Max.Ticks, Min.Ticks << Math.Min(refusals - 1, DoublingsMax));
        return TimeSpan.FromTicks((long)(full * (0.5 + (chance / 2))));
    }

    /// <summary>The next setback after others.</summary>
    /// <param name="before">The last one; null when there was none.</param>
    /// <param name="reason">What the store says now.</param>
    /// <param name="chance">From 0 to 1.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The setback.</returns>
    public OperationSetback Next(OperationSetback? before, OperationError reason, double chance, DateTimeOffset now)
    {
        // What has gone on for as long as this since then is another matter.
        var same = before is not null && now - before.NextTryAt < RefusedMax ? before : null;
        var count = (same?.Count ?? 0) + 1;
        // The time of day may have been set back.
        var since = same is not null && same.Since < now ? same.Since : now;
        return new OperationSetback(reason, count, since, now + Pause(count, chance));
    }

    /// <summary>
    /// Whether a setback is the last one. The attempt after it only looks whether an earlier one has taken effect, whatever the store has said of that.
    /// </summary>
    /// <param name="setback">The setback.</param>
    /// <returns>True when another try would come too late.</returns>
    public bool IsOver(OperationSetback setback) => setback.NextTryAt - setback.Since > RefusedMax;

    /// <summary>The error of what is given up.</summary>
    /// <param name="setback">The last setback.</param>
    /// <returns>The error.</returns>
    public static OperationError GivenUp(OperationSetback setback)
    {
        var seconds = (setback.NextTryAt - setback.Since).TotalSeconds;
        return setback.Reason with { Detail = $"{setback.Reason.Detail}; given up after {setback.Count} tries in {seconds:0} s" };
    }
}
