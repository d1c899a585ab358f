namespace Akka.Actor.Internal;

/// <summary>What a parent keeps for a child's name.</summary>
public interface IChildStats;

/// <summary>A name that is reserved while its actor is being made.</summary>
public sealed class ChildNameReserved : IChildStats
{
    private ChildNameReserved() { }

    public static ChildNameReserved Instance { get; } = new();

    public override string ToString() => "Name";
}

/// <summary>A child and how often it was restarted within the time window.</summary>
public sealed class ChildRestartStats : IChildStats
{
    private long _restartTimeWindowStartTicks;
    private uint _maxNrOfRetriesCount;

    public ChildRestartStats(IInternalActorRef child, uint maxNrOfRetriesCount = 0, long restartTimeWindowStartTicks = 0)
    {
        Child = child;
        _maxNrOfRetriesCount = maxNrOfRetriesCount;
        _restartTimeWindowStartTicks = restartTimeWindowStartTicks;
    }

    public long Uid => Child.Path.Uid;

    public IInternalActorRef Child { get; }

    public uint MaxNrOfRetriesCount => _maxNrOfRetriesCount;

    public long RestartTimeWindowStartTicks => _restartTimeWindowStartTicks;

    /// <summary>Counts one more restart; false when that is one too many.</summary>
    /// <param name="maxNrOfRetries">Restarts that are allowed; negative: no limit.</param>
    /// <param name="withinTimeMilliseconds">The window in which they count; not positive: ever.</param>
    public bool RequestRestartPermission(int maxNrOfRetries, int withinTimeMilliseconds)
    {
        if (maxNrOfRetries == 0) return false;
        var hasLimit = maxNrOfRetries > 0;
        var hasWindow = withinTimeMilliseconds > 0;
        if (hasLimit && !hasWindow) return ++_maxNrOfRetriesCount <= maxNrOfRetries;
        return !hasWindow || RetriesInWindowOkay(hasLimit ? maxNrOfRetries : 1, withinTimeMilliseconds);
    }

    private bool RetriesInWindowOkay(int retries, int windowMilliseconds)
    {
        var now = Now.Ticks;
        if (_restartTimeWindowStartTicks == 0) _restartTimeWindowStartTicks = now;
        if (now - _restartTimeWindowStartTicks <= TimeSpan.FromMilliseconds(windowMilliseconds).Ticks)
        {
            _maxNrOfRetriesCount++;
            return _maxNrOfRetriesCount <= retries;
        }
        _maxNrOfRetriesCount = 1;
        _restartTimeWindowStartTicks = now;
        return true;
    }

    /// <summary>The child's own system has the clock.</summary>
    private TimeSpan Now => Child is ActorRefWithCell { Underlying: { } cell } ? cell.System.Scheduler.MonotonicClock + TimeSpan.FromTicks(1) : TimeSpan.FromTicks(1);

    public override string ToString() => $"ChildRestartStats({Child}, {_maxNrOfRetriesCount})";
}
