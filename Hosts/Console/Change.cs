using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>
/// Submits one changing request for a console and has it followed to its end: whatever gets lost is asked again under the same request id,
/// which has one effect. The console that goes away does not stop the operation.
/// </summary>
internal sealed class Change : ReceiveActor, IWithTimers
{
    private readonly MooringCluster _mooring;
    private readonly SubmitOperation _request;
    private readonly bool _wait;
    private readonly IActorRef _console;
    private readonly ConsoleSettings _settings;

    public Change(MooringCluster mooring, SubmitOperation request, bool wait, IActorRef console, ConsoleSettings settings)
    {
        (_mooring, _request, _wait, _console, _settings) = (mooring, request, wait, console, settings);
        Receive<Again>(_ => _mooring.Owner.Tell(_request));
        Receive<Late>(_ => End(Replies.Late($"no answer within {_settings.AnswerTimeout.TotalSeconds:0.#} s", _request.RequestId)));
        Receive<Terminated>(_ => Context.Stop(Self));
        Receive<OperationAccepted>(accepted => OnAccepted(accepted.Operation));
        Receive<OperationFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(Replies.Unexpected(answer)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(MooringCluster mooring, SubmitOperation request, bool wait, IActorRef console, ConsoleSettings settings) =>
        Akka.Actor.Props.Create(() => new Change(mooring, request, wait, console, settings));

    protected override void PreStart()
    {
        Context.Watch(_console);
        Timers.StartSingleTimer("late", Late.Instance, _settings.AnswerTimeout);
        Timers.StartPeriodicTimer("again", Again.Instance, TimeSpan.Zero, _settings.AskAgainInterval);
    }

    private void OnAccepted(OperationView operation)
    {
        Timers.CancelAll();
        if (!_wait && !operation.Ended)
        {
            End(new CommandResponse(Texts.Accepted(operation)));
            return;
        }
        Context.Watch(Context.ActorOf(Pursuit.Props(_mooring, operation.Id, everyStep: false, _console, _settings)));
        Become(() =>
        {
            Receive<Terminated>(_ => Context.Stop(Self));
            // Answers to the same request that was sent again.
            ReceiveAny(_ => { });
        });
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
