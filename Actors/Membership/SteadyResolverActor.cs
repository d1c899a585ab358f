using Akka.Actor;
using Akka.Event;

namespace Mooring.Actors.Membership;

/// <summary>
/// Runs the split-brain resolver, and starts it anew when the time of day is set: it goes by that, and set back by an hour it would decide an
/// hour late (docs/akka-net.md).
/// </summary>
internal sealed class SteadyResolverActor : ReceiveActor, IWithTimers
{
    // Well below stable-after, so that little of it is waited for twice.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    // More than a clock is slewed by in one period, less than would be noticed.
    private static readonly TimeSpan StepMin = TimeSpan.FromMilliseconds(50);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private TimeSpan _offset;

    /// <summary>Makes the actor.</summary>
    /// <param name="resolver">The recipe of the resolver.</param>
    public SteadyResolverActor(Props resolver)
    {
        _offset = Offset();
        var running = Context.Watch(Context.ActorOf(resolver));
        Receive<Look>(_ =>
        {
            var (before, now) = (_offset, Offset());
            _offset = now;
            if ((now - before).Duration() < StepMin)
                return;
            _log.Info("the time of day was set by {0}: the split-brain resolver starts anew", now - before);
            Context.Stop(running);
        });
        Receive<Terminated>(_ => running = Context.Watch(Context.ActorOf(resolver)));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <param name="resolver">The recipe of the resolver.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(Props resolver) => Akka.Actor.Props.Create(() => new SteadyResolverActor(resolver));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Look.Instance, Look.Instance, Period);

    // How far the time of day is ahead of the monotonic clock.
    private static TimeSpan Offset() => Context.System.Scheduler.Now - DateTimeOffset.UnixEpoch - Context.System.Scheduler.MonotonicClock;

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }
}
