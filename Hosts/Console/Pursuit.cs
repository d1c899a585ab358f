using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>
/// Follows an operation to its end for a console, over failovers, and tells of its progress: of every tenth, or of every step. The console
/// that goes away does not stop the operation.
/// </summary>
internal sealed class Pursuit : Errand
{
    private const double ProgressStep = 0.1;

    private readonly MooringCluster _mooring;
    private readonly OperationId _operation;
    private readonly bool _everyStep;
    private OperationView? _last;
    private long _seen = -1;
    private double _told;

    public Pursuit(MooringCluster mooring, OperationId operation, bool everyStep, IActorRef console, ConsoleSettings settings)
        : base(console, settings)
    {
        (_mooring, _operation, _everyStep) = (mooring, operation, everyStep);
        Receive<OperationFound>(OnFound);
        Receive<QueryFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(Replies.Unexpected(answer)));
    }

    public static Props Props(MooringCluster mooring, OperationId operation, bool everyStep, IActorRef console, ConsoleSettings settings) =>
        Akka.Actor.Props.Create(() => new Pursuit(mooring, operation, everyStep, console, settings));

    protected override void Ask() => _mooring.Owner.Tell(new WatchOperation(_operation, _seen, Settings.AskAgainInterval / 2, _mooring.Node));

    protected override CommandResponse TooLate() => _last is null
        ? Replies.NoAnswer(Settings, null)
        : Replies.Late($"operation {_operation} did not end within {Settings.OperationTimeout.TotalSeconds:0.#} s", _last.RequestId);

    private void OnFound(OperationFound found)
    {
        var operation = found.Operation;
        if (operation.Ended)
        {
            End(operation.Error is { } error ? Replies.Of(error) : new CommandResponse(Texts.Ended(operation)));
            return;
        }
        if (_last is null)
            LateAfter(Settings.OperationTimeout);
        var moved = found.Version != _seen;
        (_last, _seen) = (operation, found.Version);
        if (_everyStep ? moved : operation.Progress >= _told + ProgressStep)
        {
            _told = operation.Progress;
            Console.Tell(new CommandResponse(_everyStep ? Texts.Step(operation) : Texts.Progress(operation), final: false));
        }
        AskNow();
    }
}
