using Akka.Actor;
using Mooring.Actors;
using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>
/// Submits one changing request for a console and has it followed to its end: whatever gets lost is asked again under the same request id,
/// which has one effect. The console that goes away does not stop the operation.
/// </summary>
internal sealed class Change : Errand
{
    private readonly MooringCluster _mooring;
    private readonly SubmitOperation _request;
    private readonly bool _wait;

    public Change(MooringCluster mooring, SubmitOperation request, bool wait, IActorRef console, ConsoleSettings settings)
        : base(console, settings)
    {
        (_mooring, _request, _wait) = (mooring, request, wait);
        Receive<OperationAccepted>(accepted => OnAccepted(accepted.Operation));
        Receive<OperationFailed>(failed => End(Replies.Of(failed.Error)));
        ReceiveAny(answer => End(Replies.Unexpected(answer)));
    }

    public static Props Props(MooringCluster mooring, SubmitOperation request, bool wait, IActorRef console, ConsoleSettings settings) =>
        Akka.Actor.Props.Create(() => new Change(mooring, request, wait, console, settings));

    protected override void Ask() => _mooring.Owner.Tell(_request);

    protected override CommandResponse TooLate() => Replies.NoAnswer(Settings, _request.RequestId);

    private void OnAccepted(OperationView operation)
    {
        Timers.CancelAll();
        if (!_wait && !operation.Ended)
        {
            End(new CommandResponse(Texts.Accepted(operation)));
            return;
        }
        Context.Watch(Context.ActorOf(Pursuit.Props(_mooring, operation.Id, everyStep: false, Console, Settings)));
        Become(() =>
        {
            Receive<Terminated>(_ => Context.Stop(Self));
            // Answers to the same request that was sent again.
            ReceiveAny(_ => { });
        });
    }
}
