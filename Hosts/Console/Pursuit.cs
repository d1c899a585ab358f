using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>
/// Follows an operation to its end for a console, over failovers, and tells of its progress: of every tenth, or of every step. The console
/// that goes away does not stop the operation.
/// </summary>
internal sealed class Pursuit : ReceiveActor, IWithTimers
{
    private const double ProgressStep = 0.1;

    private readonly MooringCluster _mooring;
    private readonly OperationId _operation;
    private readonly bool _everyStep;
    private readonly IActorRef _console;
    private readonly ConsoleSettings _settings;
    private OperationView? _last;
    private long _seen = -1;
    private double _told;

    public Pursuit(MooringCluster mooring, OperationId operation, bool everyStep, IActorRef console, ConsoleSettings settings)
    {
        (_mooring, _operation, _everyStep, _console, _settings) = (mooring, operation, everyStep, console, settings);
        Receive<Again>(_ => Ask());
        Receive<Late>(_ => End(TooLate()));
        Receive<Terminated>(_ => Context.Stop(Self));
        Receive<OperationFound>(OnFound);
        Receive<QueryFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(Replies.Unexpected(answer)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(MooringCluster mooring, OperationId operation, bool everyStep, IActorRef console, ConsoleSettings settings) =>
        Akka.Actor.Props.Create(() => new Pursuit(mooring, operation, everyStep, console, settings));

    protected override void PreStart()
    {
        Context.Watch(_console);
        Timers.StartSingleTimer("late", Late.Instance, _settings.AnswerTimeout);
        Ask();
    }

    private void Ask()
    {
        _mooring.Owner.Tell(new WatchOperation(_operation, _seen, _settings.AskAgainInterval / 2, _mooring.Node));
        Timers.StartSingleTimer("again", Again.Instance, _settings.AskAgainInterval);
    }

    private void OnFound(OperationFound found)
    {
        var operation = found.Operation;
        if (operation.Ended)
        {
            End(operation.Error is { } error ? Replies.Of(error) : new CommandResponse(Texts.Ended(operation)));
            return;
        }
        if (_last is null)
            Timers.StartSingleTimer("late", Late.Instance, _settings.OperationTimeout);
        var moved = found.Version != _seen;
        (_last, _seen) = (operation, found.Version);
        if (_everyStep ? moved : operation.Progress >= _told + ProgressStep)
        {
            _told = operation.Progress;
            _console.Tell(new CommandResponse(_everyStep ? Texts.Step(operation) : Texts.Progress(operation), final: false));
        }
        Ask();
    }

    private ErroredCommandResponse TooLate() => _last is null
        ? Replies.Late($"no answer within {_settings.AnswerTimeout.TotalSeconds:0.#} s", null)
        : Replies.Late($"operation {_operation} did not end within {_settings.OperationTimeout.TotalSeconds:0.#} s", _last.RequestId);

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
