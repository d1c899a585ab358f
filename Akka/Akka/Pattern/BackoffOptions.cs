using Akka.Actor;

namespace Akka.Pattern;

/// <summary>When the count of restarts begins anew.</summary>
public interface IBackoffReset;

/// <summary>After a time in which the child did not fail.</summary>
internal sealed record AutoReset(TimeSpan ResetBackoff) : IBackoffReset;

/// <summary>When somebody sends <see cref="BackoffSupervisor.Reset"/>.</summary>
internal sealed record ManualReset : IBackoffReset;

/// <summary>Builds options for supervisors that wait longer and longer before they start their child again.</summary>
public static class Backoff
{
    /// <summary>For children that fail.</summary>
    public static BackoffOptions OnFailure(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor) =>
        new BackoffOptionsImpl(true, childProps, childName, minBackoff, maxBackoff, randomFactor);

    public static BackoffOptions OnFailure(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries) =>
        OnFailure(childProps, childName, minBackoff, maxBackoff, randomFactor).WithMaxNrOfRetries(maxNrOfRetries);

    /// <summary>For children that stop, as persistent actors do when their journal fails.</summary>
    public static BackoffOptions OnStop(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor) =>
        new BackoffOptionsImpl(false, childProps, childName, minBackoff, maxBackoff, randomFactor);

    public static BackoffOptions OnStop(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries) =>
        OnStop(childProps, childName, minBackoff, maxBackoff, randomFactor).WithMaxNrOfRetries(maxNrOfRetries);
}

/// <summary>How a child is started again.</summary>
public abstract class BackoffOptions
{
    protected BackoffOptions() { }

    /// <summary>Counts anew when the child ran for that time; the default, with the shortest pause.</summary>
    public abstract BackoffOptions WithAutoReset(TimeSpan resetBackoff);

    public abstract BackoffOptions WithManualReset();

    public abstract BackoffOptions WithSupervisorStrategy(OneForOneStrategy supervisorStrategy);

    /// <summary>Stops the child on every failure.</summary>
    public abstract BackoffOptions WithDefaultStoppingStrategy();

    /// <summary>Answers messages that come while there is no child; otherwise they are dead letters.</summary>
    public abstract BackoffOptions WithReplyWhileStopped(object replyWhileStopped);

    public abstract BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries);

    /// <summary>After such a message the child may stop for good.</summary>
    public abstract BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage);

    internal abstract Props Props { get; }
}

internal sealed record BackoffOptionsImpl(
    bool OnFailure, Props ChildProps, string ChildName, TimeSpan MinBackoff, TimeSpan MaxBackoff, double RandomFactor)
{
    private IBackoffReset? Reset { get; init; }

    private OneForOneStrategy Strategy { get; init; } = new(SupervisorStrategy.DefaultDecider);

    private object? ReplyWhileStopped { get; init; }

    private Func<object, bool>? FinalStopMessage { get; init; }

    public static implicit operator BackoffOptions(BackoffOptionsImpl options) => new Options(options);

    private Props ToProps()
    {
        if (MinBackoff <= TimeSpan.Zero) throw new ArgumentException("MinBackoff must be greater than 0");
        if (MaxBackoff < MinBackoff) throw new ArgumentException("MaxBackoff must be greater than MinBackoff");
        if (RandomFactor is < 0.0 or > 1.0) throw new ArgumentException("RandomFactor must be between 0.0 and 1.0");
        var reset = Reset ?? new AutoReset(MinBackoff);
        // read by the expressions below, which take values and captured locals only
        var (childProps, childName, min, max, random) = (ChildProps, ChildName, MinBackoff, MaxBackoff, RandomFactor);
        var (strategy, reply, final) = (Strategy, ReplyWhileStopped, FinalStopMessage);
        return OnFailure
            ? Props.Create(() => new BackoffOnRestartSupervisor(childProps, childName, min, max, reset, random, strategy, reply, final))
            : Props.Create(() => new BackoffSupervisor(childProps, childName, min, max, reset, random, strategy, reply, final));
    }

    private sealed class Options(BackoffOptionsImpl options) : BackoffOptions
    {
        internal override Props Props => options.ToProps();

        public override BackoffOptions WithAutoReset(TimeSpan resetBackoff) => options with { Reset = new AutoReset(resetBackoff) };

        public override BackoffOptions WithManualReset() => options with { Reset = new ManualReset() };

        public override BackoffOptions WithSupervisorStrategy(OneForOneStrategy supervisorStrategy) => options with { Strategy = supervisorStrategy };

        public override BackoffOptions WithDefaultStoppingStrategy() =>
            options with { Strategy = new OneForOneStrategy(options.Strategy.MaxNumberOfRetries, options.Strategy.WithinTimeRangeMilliseconds, static _ => Directive.Stop) };

        public override BackoffOptions WithReplyWhileStopped(object replyWhileStopped) => options with { ReplyWhileStopped = replyWhileStopped };

        public override BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries) =>
            options with { Strategy = options.Strategy.WithMaxNrOfRetries(maxNrOfRetries) };

        public override BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage) =>
            options with { FinalStopMessage = isFinalStopMessage };
    }
}
