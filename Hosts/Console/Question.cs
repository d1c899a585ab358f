using Akka.Actor;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>Asks an actor one question for a console and shows the answer. Repeats the question while no answer comes: whom it asks may have
/// died with it.</summary>
internal sealed class Question : ReceiveActor, IWithTimers
{
    private readonly IActorRef _whom;
    private readonly object _question;
    private readonly IActorRef _console;
    private readonly ConsoleSettings _settings;

    public Question(IActorRef whom, object question, IActorRef console, ConsoleSettings settings, Func<object, CommandResponse?> show)
    {
        (_whom, _question, _console, _settings) = (whom, question, console, settings);
        Receive<Again>(_ => _whom.Tell(_question));
        Receive<Late>(_ => End(Replies.Late($"no answer within {settings.AnswerTimeout.TotalSeconds:0.#} s", null)));
        Receive<Terminated>(_ => Context.Stop(Self));
        Receive<QueryFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(show(answer) ?? Replies.Unexpected(answer)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef whom, object question, IActorRef console, ConsoleSettings settings, Func<object, CommandResponse?> show) =>
        Akka.Actor.Props.Create(() => new Question(whom, question, console, settings, show));

    protected override void PreStart()
    {
        Context.Watch(_console);
        Timers.StartPeriodicTimer("again", Again.Instance, TimeSpan.Zero, _settings.AskAgainInterval);
        Timers.StartSingleTimer("late", Late.Instance, _settings.AnswerTimeout);
    }

    private void End(CommandResponse response)
    {
        _console.Tell(response);
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
