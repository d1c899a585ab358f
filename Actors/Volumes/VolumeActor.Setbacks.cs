using Akka.Actor;
using Akka.Event;
using Mooring.Actors.Nodes;
using Mooring.Messages;

namespace Mooring.Actors.Volumes;

/// <content>What the store puts off is tried again later. Meanwhile it holds no worker, and whoever asks is told why it waits.</content>
public sealed partial class VolumeActor
{
    private const string RetryTimer = "retry";

    private OperationSetback? _setback;

    // Null when nothing is known of how the last attempt ended: then all of them may still act.
    private IReadOnlyList<FenceAddress>? _mayAct;

    private Backoff Backoff => new(_services.Settings.RetryBackoffMin, _services.Settings.RetryBackoffMax, _services.Settings.RefusedMax);

    private double Chance => BitConverter.ToUInt16(_services.Entropy.Bytes(sizeof(ushort))) / (double)ushort.MaxValue;

    private void OnWorkerRefused(WorkerRefused refused)
    {
        if (_settling.Contains(refused.Operation))
        {
            SettleLater(refused.Operation, failed: true);
        }
        else if (_preparing is { Announced: true } announced && announced.Request.Operation == refused.Operation)
        {
            // Whoever asks for it will be told.
            DropAnnounced();
        }
        else if (_preparing is { Request: var request } && request.Operation == refused.Operation)
        {
            Execute(_state.DecideUnready(request, refused.Error, _setback, Backoff, Chance, _services.Settings.Node, Now));
        }
        else if (_state.Active?.Operation == refused.Operation && _worker.IsNobody() && !Timers.IsTimerActive(RetryTimer))
        {
            RetryLater(Backoff.Next(_setback, refused.Error, Chance, Now));
        }
    }

    private void OnReport(AttemptReport report)
    {
        if (_state.Decide(report, _setback, _cancelled == report.Operation, Backoff, Chance, _services.Settings.Node, Now) is not { } decision)
            return;
        DropWorker();
        Execute(decision);
    }

    private void Execute(AttemptDecision decision)
    {
        switch (decision)
        {
            case AttemptDecision.End end:
                End(end.Finished);
                break;
            case AttemptDecision.TryAgain again:
                _mayAct = again.MayAct;
                RetryLater(again.Setback);
                break;
        }
    }

    // The worker is gone, and what became of its work is unknown.
    private void RetryLost()
    {
        _mayAct = null;
        RetryLater(Backoff.Next(_setback, new OperationError(ErrorKind.Internal, "the worker has ended in the middle of it"), Chance, Now));
    }

    private void RetryLater(OperationSetback setback)
    {
        _setback = setback;
        _log.Warning("{0}: tried again at {1:HH:mm:ss.fff}, {2} refused so far: {3}", _volume, setback.NextTryAt, setback.Count, setback.Reason.Detail);
        var pause = setback.NextTryAt - Now;
        // On a machine that is busy enough, it is over.
        Timers.StartSingleTimer(RetryTimer, new WorkerDue(), pause > TimeSpan.Zero ? pause : TimeSpan.Zero);
        TellWaiting();
    }

    // A new series of tries: of another operation, or of one that has ended.
    private void ForgetSetback()
    {
        (_setback, _mayAct) = (null, null);
        Timers.Cancel(RetryTimer);
    }

    private void TellWaiting()
    {
        if (_state.Active is { } active)
            TellRunning(active);
        else if (_preparing is { Announced: false, Request: var request } && _setback is { } setback)
            _owner.Tell(new OperationRunning(request.Operation, 0, _services.Settings.Node, 0, setback.Since) { Setback = setback });
    }
}
