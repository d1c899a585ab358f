using Akka.Actor;
using Mooring.Messages;

namespace Mooring.Actors.Volumes;

/// <content>The volume as a source: operations on other volumes hold it while they read it, and changes wait for that.</content>
public sealed partial class VolumeActor
{
    private void OnHold(HoldSource request)
    {
        var asker = Sender;
        DropAnnounced();
        if (_state.Decide(request, _preparing?.Request.Command) is { } held)
        {
            Persist(held, happened =>
            {
                _state = _state.Apply(happened);
                asker.Tell(new SourceHoldAnswered(request.Operation, true, null));
            });
        }
        else
        {
            asker.Tell(new SourceHoldAnswered(
                request.Operation,
                _state.Holds.ContainsKey(request.Operation),
                _state.Active?.Operation ?? _preparing?.Request.Operation ?? _state.Holds.Keys.Select(k => (OperationId?)k).FirstOrDefault()));
        }
    }

    private void OnRelease(ReleaseSource request)
    {
        var asker = Sender;
        if (_state.Decide(request) is { } released)
        {
            Persist(released, happened =>
            {
                _state = _state.Apply(happened);
                asker.Tell(new SourceHoldReleased(request.Operation));
                SnapshotWhenDue();
                Next();
            });
        }
        else
        {
            asker.Tell(new SourceHoldReleased(request.Operation));
        }
    }

    private void OnConfirmHold(ConfirmHold request)
    {
        var waiting = _preparing?.Request.Operation == request.Operation || _waiting.Any(w => w.Request.Operation == request.Operation);
        if (_state.IsOver(request, waiting))
            _volumes.Tell(new ReleaseSource(request.Source, request.Operation), Self);
    }

    private void QuestionHolds()
    {
        foreach (var (operation, hold) in _state.Holds)
            _volumes.Tell(new ConfirmHold(hold.Target, operation, _volume) { Sequence = hold.Sequence }, Self);
    }

    // A copy lets go of its source shortly after its result: who was told of that and changes the source is not to be refused.
    private void WaitForRelease(ExecuteOperation request, OperationError error)
    {
        var timer = "grace-" + request.Operation;
        if (Timers.IsTimerActive(timer) && _waiting.Any(w => w.Request.Operation == request.Operation))
            return;
        Enqueue(request);
        QuestionHolds();
        Timers.StartSingleTimer(timer, new GraceOver(request.Operation, error), _services.Settings.HoldGrace);
    }

    private void OnGraceOver(GraceOver over)
    {
        var index = _waiting.FindIndex(w => w.Request.Operation == over.Operation);
        if (index < 0 || Busy || !IsRefused(_waiting[index].Request))
            return;
        var (request, owner) = _waiting[index];
        _waiting.RemoveAt(index);
        _owner = owner;
        End(_state.DecideRefusal(request, over.Error, _services.Settings.Node, Now));
    }
}
