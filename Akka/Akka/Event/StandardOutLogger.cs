using Akka.Actor;
using Akka.Util;

namespace Akka.Event;

/// <summary>A logger that is no actor, for the time before actors run and after.</summary>
internal abstract class MinimalLogger : MinimalActorRef
{
    public override IActorRefProvider Provider => throw new NotSupportedException("This logger does not provide.");

    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/StandardOutLogger");

    public override string ToString() => nameof(StandardOutLogger);

    protected override void TellInternal(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        Log(message);
    }

    protected abstract void Log(object message);
}

/// <summary>Prints log events to the console.</summary>
internal sealed class StandardOutLogger : MinimalLogger
{
    public static void PrintLogEvent(LogEvent logEvent)
    {
        try
        {
            StandardOutWriter.WriteLine(logEvent.ToString(), Color(logEvent.LogLevel()));
        }
        catch (FormatException e)
        {
            // the template does not fit its arguments: the event is still worth having
            var text = logEvent.Message is LogMessage message ? message.Unformatted() : logEvent.Message;
            StandardOutWriter.WriteLine(
                $"[{logEvent.LogLevel().StringFor()}][{logEvent.Timestamp:O}][{logEvent.LogSource}] {text} (cannot be formatted: {e.Message})");
        }
    }

    protected override void Log(object message)
    {
        if (message is LogEvent logEvent) PrintLogEvent(logEvent);
        else StandardOutWriter.WriteLine(message.ToString() ?? "");
    }

    private static ConsoleColor? Color(LogLevel level) => level switch
    {
        LogLevel.WarningLevel => ConsoleColor.Yellow,
        LogLevel.ErrorLevel => ConsoleColor.Red,
        LogLevel.DebugLevel => ConsoleColor.Gray,
        _ => null,
    };
}
