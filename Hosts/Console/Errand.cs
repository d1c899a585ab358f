using Akka.Actor;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>
/// Does one thing for a console and answers it: ends with the answer, when none comes in time, or when the console goes away. What it asks it
/// may ask again, because whom it asks may have died with it.
/// </summary>
internal abstract class Errand : ReceiveActor, IWithTimers
{
    protected Errand(IActorRef console, ConsoleSettings settings)
    {
        (Console, Settings) = (console, settings);
        Receive<Again>(_ => Ask());
        Receive<Late>(_ => End(TooLate()));
        Receive<Terminated>(_ => Context.Stop(Self));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected IActorRef Console { get; }

    protected ConsoleSettings Settings { get; }

    protected override void PreStart()
    {
        Context.Watch(Console);
        LateAfter(Settings.AnswerTimeout);
        AskNow();
    }

    /// <summary>Sends the question.</summary>
    protected abstract void Ask();

    /// <summary>Has the question sent at once, and again at every interval.</summary>
    protected void AskNow() => Timers.StartPeriodicTimer("again", Again.Instance, TimeSpan.Zero, Settings.AskAgainInterval);

    /// <summary>What the console is told when no answer came in time.</summary>
    protected abstract CommandResponse TooLate();

    /// <summary>The time for the answer begins anew.</summary>
    protected void LateAfter(TimeSpan time) => Timers.StartSingleTimer("late", Late.Instance, time);

    protected void End(CommandResponse response)
    {
        Console.Tell(response);
        Context.Stop(Self);
    }

    private sealed record Again : INoSerializationVerificationNeeded
    {
        public static readonly Again Instance = new();
    }

    private sealed record Late : INoSerializationVerificationNeeded
    {
        public static readonly Late Instance = new();
    }
}
