using System.Collections;

namespace Akka.Event;

/// <summary>A template and its arguments, which become text only when a logger prints them.</summary>
public abstract class LogMessage
{
    protected readonly ILogMessageFormatter Formatter;

    public LogMessage(ILogMessageFormatter formatter, string format)
    {
        Formatter = formatter;
        Format = format;
    }

    public string Format { get; }

    /// <summary>Template and arguments side by side, for messages whose formatting fails.</summary>
    public abstract string Unformatted();

    public abstract IEnumerable<object> Parameters();
}

/// <summary>A message whose arguments are kept without boxing them into an array before they are needed.</summary>
internal sealed class LogMessage<T> : LogMessage where T : IEnumerable<object>
{
    private readonly T _arguments;

    public LogMessage(ILogMessageFormatter formatter, string format, T arguments) : base(formatter, format) => _arguments = arguments;

    public override string Unformatted() => $"{Format}, Args: [{string.Join(',', _arguments)}]";

    public override IEnumerable<object> Parameters() => _arguments;

    public override string ToString() => Formatter.Format(Format, _arguments);
}

/// <summary>The arguments of a log message, typed until they are printed.</summary>
internal readonly record struct LogValues<T1>(T1 Arg1) : IEnumerable<object>
{
    public IEnumerator<object> GetEnumerator()
    {
        yield return Arg1!;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <inheritdoc cref="LogValues{T1}"/>
internal readonly record struct LogValues<T1, T2>(T1 Arg1, T2 Arg2) : IEnumerable<object>
{
    public IEnumerator<object> GetEnumerator()
    {
        yield return Arg1!;
        yield return Arg2!;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <inheritdoc cref="LogValues{T1}"/>
internal readonly record struct LogValues<T1, T2, T3>(T1 Arg1, T2 Arg2, T3 Arg3) : IEnumerable<object>
{
    public IEnumerator<object> GetEnumerator()
    {
        yield return Arg1!;
        yield return Arg2!;
        yield return Arg3!;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
