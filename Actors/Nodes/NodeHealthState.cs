namespace Mooring.Actors.Nodes;

/// <summary>
/// When a node counts as healthy and when it must give itself up (V4, V7). Pure: times are points on one monotonic clock.
/// </summary>
/// <param name="PingSentAt">When the unanswered heartbeat was sent; null when it was answered.</param>
/// <param name="LinkOkAt">When the block store last answered.</param>
/// <param name="LinkDetail">What the last failed probe said; null when the last one was answered.</param>
/// <param name="ChangedAt">Since when the verdicts are as they are.</param>
/// <param name="DispatcherOk">Whether the dispatcher answers within the bound.</param>
/// <param name="LinkOk">Whether the last probe was answered.</param>
/// <param name="VipProblem">Why clients would not reach the virtual IP on this node; null when nothing is known to be in their way.</param>
public sealed record NodeHealthState(
    TimeSpan? PingSentAt, TimeSpan LinkOkAt, string? LinkDetail, TimeSpan ChangedAt, bool DispatcherOk, bool LinkOk, string? VipProblem)
{
    /// <summary>What is wrong, in one line; null for a healthy node.</summary>
    public string? Problem => !DispatcherOk ? "its dispatcher does not answer" : LinkOk ? VipProblem : $"the block store does not answer: {LinkDetail}";

    /// <summary>A node that has just started: healthy until shown otherwise.</summary>
    /// <param name="now">The time now.</param>
    /// <returns>The state.</returns>
    public static NodeHealthState Started(TimeSpan now) => new(null, now, null, now, true, true, null);

    /// <summary>A heartbeat is sent to the dispatcher, unless one is still unanswered.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="dispatcherTimeout">How long the dispatcher may take.</param>
    /// <returns>The new state.</returns>
    public NodeHealthState Beat(TimeSpan now, TimeSpan dispatcherTimeout)
    {
        var late = PingSentAt is { } sent && now - sent > dispatcherTimeout;
        return (this with { PingSentAt = PingSentAt ?? now }).Judged(now, !late && (DispatcherOk || PingSentAt is null), LinkOk);
    }

    /// <summary>The dispatcher has answered.</summary>
    /// <param name="now">The time now.</param>
    /// <returns>The new state.</returns>
    public NodeHealthState Answered(TimeSpan now) => (this with { PingSentAt = null }).Judged(now, true, LinkOk);

    /// <summary>A probe of the block store has ended.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="problem">What went wrong; null when it was answered.</param>
    /// <returns>The new state.</returns>
    public NodeHealthState Probed(TimeSpan now, string? problem) =>
        (this with { LinkOkAt = problem is null ? now : LinkOkAt, LinkDetail = problem }).Judged(now, DispatcherOk, problem is null);

    /// <summary>The interface of the virtual IP was looked at.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="problem">Why clients would not reach the address; null when they would.</param>
    /// <returns>The new state.</returns>
    public NodeHealthState Looked(TimeSpan now, string? problem) =>
        problem == VipProblem ? this : this with { VipProblem = problem, ChangedAt = (problem is null) == (VipProblem is null) ? ChangedAt : now };

    /// <summary>Whether the link has been down for so long that the node must give itself up.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="linkDownMax">How long it may be down.</param>
    /// <returns>Whether it must.</returns>
    public bool MustGiveUp(TimeSpan now, TimeSpan linkDownMax) => !LinkOk && now - LinkOkAt > linkDownMax;

    private NodeHealthState Judged(TimeSpan now, bool dispatcherOk, bool linkOk) =>
        dispatcherOk == DispatcherOk && linkOk == LinkOk ? this : this with { DispatcherOk = dispatcherOk, LinkOk = linkOk, ChangedAt = now };
}
