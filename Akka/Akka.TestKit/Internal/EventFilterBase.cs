using Akka.Event;
using Akka.TestKit.Internal.StringMatcher;

namespace Akka.TestKit.Internal;

/// <summary>Base of the filters: source and message by matcher, the kind of event by the derived class.</summary>
public abstract class EventFilterBase : IEventFilter
{
    private readonly IStringMatcher _messageMatcher;
    private readonly IStringMatcher _sourceMatcher;

    protected EventFilterBase(IStringMatcher? messageMatcher, IStringMatcher? sourceMatcher)
    {
        _messageMatcher = messageMatcher ?? MatchesAll.Instance;
        _sourceMatcher = sourceMatcher ?? MatchesAll.Instance;
    }

    /// <summary>Raised, on the logger's thread, for each event that matched.</summary>
    internal event Action? EventMatched;

    protected abstract string FilterDescriptiveName { get; }

    public bool Apply(LogEvent logEvent)
    {
        if (!IsMatch(logEvent)) return false;
        EventMatched?.Invoke();
        return true;
    }

    public override string ToString() => $"{FilterDescriptiveName} when {(_sourceMatcher is MatchesAll ? "" : $"source {_sourceMatcher} and ")}message {_messageMatcher}";

    protected abstract bool IsMatch(LogEvent evt);

    protected bool InternalDoMatch(string src, object msg) => _sourceMatcher.IsMatch(src) && _messageMatcher.IsMatch(msg?.ToString() ?? "null");
}
