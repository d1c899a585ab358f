using Akka.Actor;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>Asks an actor one question for a console and shows the answer.</summary>
internal sealed class Question : Errand
{
    private readonly IActorRef _whom;
    private readonly object _question;

    public Question(IActorRef whom, object question, IActorRef console, ConsoleSettings settings, Func<object, CommandResponse?> show)
        : base(console, settings)
    {
        (_whom, _question) = (whom, question);
        Receive<QueryFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(show(answer) ?? Replies.Unexpected(answer)));
    }

    public static Props Props(IActorRef whom, object question, IActorRef console, ConsoleSettings settings, Func<object, CommandResponse?> show) =>
        Akka.Actor.Props.Create(() => new Question(whom, question, console, settings, show));

    protected override void Ask() => _whom.Tell(_question);

    protected override CommandResponse TooLate() => Replies.NoAnswer(Settings, null);
}
