using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Mooring.StorageNode;

/// <summary>
/// One line for each event: time (UTC), level, where it comes from (an actor by its path), what happened. What led to an error stands behind
/// it in full, what led to a warning by its message.
/// </summary>
internal sealed class NodeConsoleFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name in the console's options.</summary>
    public const string FormatterName = "mooring";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var source = logEntry.Category;
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        // Akka.NET's bridge puts level, time and thread before the message, which stand here already.
        if (logEntry.State is IEnumerable<KeyValuePair<string, object?>> properties)
        {
            foreach (var (key, value) in properties)
            {
                if (key == "LogSource" && value is string actor)
                    source = Short(actor);
            }
        }
        if (message.StartsWith('[') && message.Split("] ", 2) is [var prefix, var rest] && prefix.Contains("[Thread", StringComparison.Ordinal))
            (source, message) = (Short(prefix[(prefix.LastIndexOf('[') + 1)..]), rest);
        var level = logEntry.LogLevel switch
        {
            LogLevel.Critical or LogLevel.Error => "error",
            LogLevel.Warning => "warn ",
            LogLevel.Information => "info ",
            _ => "debug",
        };
        var cause = logEntry.Exception switch
        {
            null => "",
            var e when logEntry.LogLevel >= LogLevel.Error => "\n" + e,
            var e => $" ({e.GetBaseException().Message.ReplaceLineEndings(" ")})",
        };
        textWriter.Write(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {level} {source}: {message.TrimEnd()}{cause}\n"));
    }

    // akka.tcp://mooring@10.0.0.11:4053/user/vip-owner/singleton is /user/vip-owner/singleton on this node.
    private static string Short(string source) =>
        source.StartsWith("akka", StringComparison.Ordinal) && source.IndexOf('/', source.IndexOf("//", StringComparison.Ordinal) + 2) is > 0 and var at ? source[at..] : source;
}
