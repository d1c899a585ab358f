using System.Globalization;
using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>
/// Submits one changing request for a console and follows it to its end, over failovers: whatever gets lost is asked again under the same
/// request id, which has one effect. The console that goes away does not stop the operation.
/// </summary>
internal sealed class Change : ReceiveActor, IWithTimers
{
    private const double ProgressStep = 0.1;

    private readonly MooringCluster _mooring;
    private readonly SubmitOperation _request;
    private readonly bool _wait;
    private readonly IActorRef _console;
    private readonly ConsoleSettings _settings;
    private OperationView? _operation;
    private long _seen = -1;
    private double _told;

    public Change(MooringCluster mooring, SubmitOperation request, bool wait, IActorRef console, ConsoleSettings settings)
    {
        (_mooring, _request, _wait, _console, _settings) = (mooring, request, wait, console, settings);
        Receive<Again>(_ => Ask());
        Receive<Late>(_ => End(TooLate()));
        Receive<Terminated>(_ => Context.Stop(Self));
        Receive<OperationAccepted>(accepted => OnAccepted(accepted.Operation));
        Receive<OperationFound>(found =>
        {
            _seen = found.Version;
            Follow(found.Operation);
        });
        Receive<OperationFailed>(failed => End(Replies.Of(failed.Error)));
        Receive<QueryFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(Replies.Unexpected(answer)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(MooringCluster mooring, SubmitOperation request, bool wait, IActorRef console, ConsoleSettings settings) =>
        Akka.Actor.Props.Create(() => new Change(mooring, request, wait, console, settings));

    protected override void PreStart()
    {
        Context.Watch(_console);
        Timers.StartSingleTimer("late", Late.Instance, _settings.AnswerTimeout);
        Ask();
    }

    private void Ask()
    {
        if (_operation is null)
            _mooring.Owner.Tell(_request);
        else
            _mooring.Owner.Tell(new WatchOperation(_operation.Id, _seen, _settings.AskAgainInterval / 2, _mooring.Node));
        Timers.StartSingleTimer("again", Again.Instance, _settings.AskAgainInterval);
    }

    private void OnAccepted(OperationView operation)
    {
        if (_operation is not null)
            return;
        if (!_wait && !operation.Ended)
        {
            End(new CommandResponse(Texts.Accepted(operation)));
            return;
        }
        Timers.StartSingleTimer("late", Late.Instance, _settings.OperationTimeout);
        Follow(operation);
    }

    private void Follow(OperationView operation)
    {
        _operation = operation;
        if (operation.Ended)
        {
            End(operation.Error is { } error ? Replies.Of(error) : new CommandResponse(Texts.Ended(operation)));
            return;
        }
        if (operation.Progress >= _told + ProgressStep)
        {
            _told = operation.Progress;
            _console.Tell(new CommandResponse(string.Create(CultureInfo.InvariantCulture, $"{operation.Command.Kind} {operation.Progress:0 %}"), final: false));
        }
        Ask();
    }

    private ErroredCommandResponse TooLate() => Replies.Late(
        _operation is null
            ? $"no answer within {_settings.AnswerTimeout.TotalSeconds:0.#} s"
            : $"operation {_operation.Id} did not end within {_settings.OperationTimeout.TotalSeconds:0.#} s",
        _request.RequestId);

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
