using Akka.Event;
using Akka.TestKit.Internal.StringMatcher;

namespace Akka.TestKit.Internal;

/// <summary>Events of one level.</summary>
internal sealed class LevelFilter(LogLevel level, IStringMatcher? message, IStringMatcher? source) : EventFilterBase(message, source)
{
    protected override string FilterDescriptiveName => level.ToString().Replace("Level", "");

    protected override bool IsMatch(LogEvent evt) => evt.LogLevel() == level && InternalDoMatch(evt.LogSource, evt.Message);
}

/// <summary>Errors with an exception of a type.</summary>
internal sealed class ErrorFilter(Type exceptionType, IStringMatcher? message, IStringMatcher? source, bool recurseInnerExceptions)
    : EventFilterBase(message, source)
{
    private readonly bool _anyMessage = message is null or MatchesAll;

    protected override string FilterDescriptiveName => $"Error with {exceptionType.Name}";

    protected override bool IsMatch(LogEvent evt) => evt is Error && evt.Cause is { } cause && Matches(evt, cause);

    private bool Matches(LogEvent evt, Exception? cause)
    {
        if (cause is null) return false;
        if (exceptionType.IsInstanceOfType(cause)
            && (InternalDoMatch(evt.LogSource, evt.Message) || InternalDoMatch(evt.LogSource, cause.Message)
                || _anyMessage && InternalDoMatch(evt.LogSource, "")))
            return true;
        return recurseInnerExceptions && Matches(evt, cause.InnerException);
    }
}

/// <summary>Events that a condition accepts.</summary>
internal sealed class CustomEventFilter(Predicate<LogEvent> predicate) : EventFilterBase(null, null)
{
    protected override string FilterDescriptiveName => "Custom";

    protected override bool IsMatch(LogEvent evt) => predicate(evt);
}
