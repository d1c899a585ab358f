using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Persistence;

// The phases of a persistent actor: waiting for its permit, loading a snapshot, replaying events, processing commands,
// waiting for the journal.
public abstract partial class Eventsourced
{
    private enum Phase
    {
        WaitingRecoveryPermit,
        RecoveryStarted,
        Recovering,
        ProcessingCommands,
        PersistingEvents,
    }

    private Phase _phase = Phase.WaitingRecoveryPermit;
    private Recovery _recovery = Recovery.Default;
    private ICancelable? _recoveryTick;
    private TimeSpan _recoveryTimeout;
    private bool _eventSeenInInterval;
    private bool _asyncTaskRunning;
    private Action<bool>? _afterAsyncTask;
    private Action<bool>? _completeAsyncInvocation;
    private Action<bool>? _completeStashingInvocation;

    /// <summary>Runs asynchronous work of a command handler; the actor takes no other message until it is done.</summary>
    /// <exception cref="NotSupportedException">Another task of this actor is running.</exception>
    protected void RunTask(Func<Task> action)
    {
        if (_asyncTaskRunning)
            throw new NotSupportedException("RunTask calls cannot be nested");
        ActorTaskScheduler.RunTask(async () =>
        {
            _asyncTaskRunning = true;
            var failed = true;
            try
            {
                await action();
                failed = false;
            }
            finally
            {
                _asyncTaskRunning = false;
                var after = _afterAsyncTask;
                _afterAsyncTask = null;
                after?.Invoke(failed);
            }
        });
    }

    /// <inheritdoc />
    protected internal override bool AroundReceive(Receive receive, object message)
    {
        switch (_phase)
        {
            case Phase.ProcessingCommands:
                WhenProcessingCommands(receive, message);
                break;
            case Phase.PersistingEvents:
                WhenPersistingEvents(message);
                break;
            case Phase.Recovering:
                WhenRecovering(message);
                break;
            case Phase.RecoveryStarted:
                WhenRecoveryStarted(message);
                break;
            default:
                WhenWaitingRecoveryPermit(message);
                break;
        }

        return true;
    }

    /// <inheritdoc />
    public override void AroundPreStart()
    {
        // Missing plugins are noticed before the actor starts.
        _ = Journal;
        _ = SnapshotStore;
        RequestRecoveryPermit();
        base.AroundPreStart();
    }

    /// <inheritdoc />
    public override void AroundPreRestart(Exception cause, object? message)
    {
        try
        {
            UnstashEverything();
        }
        finally
        {
            FlushJournalBatch();
            base.AroundPreRestart(cause, message switch
            {
                WriteMessageSuccess written => written.Persistent,
                LoopMessageSuccess looped => looped.Message,
                ReplayedMessage replayed => replayed.Persistent,
                _ => message,
            });
        }
    }

    /// <inheritdoc />
    public override void AroundPostRestart(Exception reason, object? message)
    {
        RequestRecoveryPermit();
        base.AroundPostRestart(reason, message);
    }

    /// <inheritdoc />
    public override void AroundPostStop()
    {
        _recoveryTick?.Cancel();
        try
        {
            UnstashEverything();
        }
        finally
        {
            base.AroundPostStop();
        }
    }

    /// <inheritdoc />
    protected override void Unhandled(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                break;
            case SaveSnapshotFailure failure:
                Log.Warning("Failed to SaveSnapshot given metadata [{0}] due to: [{1}]", failure.Metadata, failure.Cause);
                break;
            case DeleteSnapshotFailure failure:
                Log.Warning("Failed to DeleteSnapshot given metadata [{0}] due to: [{1}]", failure.Metadata, failure.Cause);
                break;
            case DeleteSnapshotsFailure failure:
                Log.Warning("Failed to DeleteSnapshots given criteria [{0}] due to: [{1}]", failure.Criteria, failure.Cause);
                break;
            case DeleteMessagesFailure failure:
                Log.Warning("Failed to DeleteMessages ToSequenceNr [{0}] for PersistenceId [{1}] due to: [{2}]", failure.ToSequenceNr, PersistenceId, failure.Cause);
                break;
            default:
                base.Unhandled(message);
                break;
        }
    }

    private void UnstashEverything()
    {
        // The order makes the actor's own stash come first: each call puts its messages in front of the mailbox.
        _internalStash.UnstashAll();
        _userStash?.UnstashAll(UnstashFilterPredicate);
        _internalStash.UnstashAll();
    }

    private void RequestRecoveryPermit() => Extension.RecoveryPermitter.Tell(Akka.Persistence.RequestRecoveryPermit.Instance, Self);

    private void ReturnRecoveryPermit() => Extension.RecoveryPermitter.Tell(Akka.Persistence.ReturnRecoveryPermit.Instance, Self);

    private void WhenWaitingRecoveryPermit(object message)
    {
        if (message is not RecoveryPermitGranted)
        {
            StashInternally();
            return;
        }

        _recovery = Recovery;
        _recoveryTimeout = Extension.JournalConfigFor(JournalPluginId).GetTimeSpan("recovery-event-timeout", null, false);
        _recoveryTick = Context.System.Scheduler.ScheduleTellOnceCancelable(_recoveryTimeout, Self, new RecoveryTick(true), Self);
        _phase = Phase.RecoveryStarted;
        LoadSnapshot(SnapshotterId, _recovery.FromSnapshot, _recovery.ToSequenceNr);
    }

    private void WhenRecoveryStarted(object message)
    {
        try
        {
            switch (message)
            {
                case LoadSnapshotResult result:
                    _recoveryTick?.Cancel();
                    if (result.Snapshot is { } snapshot)
                    {
                        LastSequenceNr = snapshot.Metadata.SequenceNr;
                        base.AroundReceive(Replay, new SnapshotOffer(snapshot.Metadata, snapshot.Snapshot));
                    }

                    StartReplay(result.ToSequenceNr);
                    break;
                case LoadSnapshotFailed failed:
                    FailRecovery(failed.Cause);
                    break;
                case RecoveryTick { Snapshot: true }:
                    FailRecovery(new RecoveryTimedOutException($"Recovery timed out, didn't get snapshot within {_recoveryTimeout.TotalSeconds}s."));
                    break;
                case RecoveryTick:
                    break;
                default:
                    StashInternally();
                    break;
            }
        }
        catch
        {
            ReturnRecoveryPermit();
            throw;
        }
    }

    private void StartReplay(long toSequenceNr)
    {
        _eventSeenInInterval = false;
        _recoveryTick = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            _recoveryTimeout, _recoveryTimeout, Self, new RecoveryTick(false), Self);
        _phase = Phase.Recovering;
        Journal.Tell(new ReplayMessages(LastSequenceNr + 1, toSequenceNr, _recovery.ReplayMax, PersistenceId, Self), Self);
    }

    private void WhenRecovering(object message)
    {
        try
        {
            switch (message)
            {
                case ReplayedMessage replayed:
                    ReplayOne(replayed.Persistent);
                    break;
                case RecoverySuccess success:
                    CompleteRecovery(success.HighestSequenceNr);
                    break;
                case ReplayMessagesFailure failure:
                    FailRecovery(failure.Cause);
                    break;
                case RecoveryTick { Snapshot: false } when !_eventSeenInInterval:
                    FailRecovery(new RecoveryTimedOutException($"Recovery timed out, didn't get event within {_recoveryTimeout.TotalSeconds}s, highest sequence number seen {LastSequenceNr}."));
                    break;
                case RecoveryTick { Snapshot: false }:
                    _eventSeenInInterval = false;
                    break;
                case RecoveryTick:
                    break;
                default:
                    StashInternally();
                    break;
            }
        }
        catch
        {
            _recoveryTick?.Cancel();
            ReturnRecoveryPermit();
            throw;
        }
    }

    private void ReplayOne(IPersistentRepresentation persistent)
    {
        _eventSeenInInterval = true;
        try
        {
            UpdateLastSequenceNr(persistent);
            base.AroundReceive(Replay, persistent.Payload);
        }
        catch (Exception e)
        {
            FailRecovery(e, persistent.Payload);
        }
    }

    private void CompleteRecovery(long highestSequenceNr)
    {
        _recoveryTick?.Cancel();
        OnReplaySuccess();
        _sequenceNr = highestSequenceNr;
        LastSequenceNr = highestSequenceNr;
        // The handler of RecoveryCompleted may already persist.
        _phase = Phase.ProcessingCommands;
        try
        {
            base.AroundReceive(Replay, RecoveryCompleted.Instance);
        }
        catch
        {
            // What the handler persisted before it failed is in the journal before the restarted actor asks for it.
            FlushJournalBatch();
            throw;
        }

        ReturnRecoveryPermit();
        if (_asyncTaskRunning)
            _afterAsyncTask = _ => BeginProcessing();
        else
            BeginProcessing();
    }

    private void BeginProcessing()
    {
        FlushJournalBatch(MaxMessageBatchSize);
        if (_pendingStashingInvocations > 0)
            _phase = Phase.PersistingEvents;
        else
            _internalStash.UnstashAll();
    }

    private void FailRecovery(Exception cause, object? message = null)
    {
        _recoveryTick?.Cancel();
        try
        {
            OnRecoveryFailure(cause, message);
        }
        finally
        {
            Context.Stop(Self);
        }

        ReturnRecoveryPermit();
    }

    private bool Replay(object message) => ReceiveRecover(message);

    private void WhenProcessingCommands(Receive receive, object message)
    {
        if (HandleJournalReply(message, _completeAsyncInvocation ??= CompleteAsyncInvocation))
            return;
        try
        {
            base.AroundReceive(receive, message);
        }
        catch
        {
            CompleteCommand(failed: true);
            throw;
        }

        if (_asyncTaskRunning)
            _afterAsyncTask = CompleteCommand;
        else
            CompleteCommand(failed: false);
    }

    private void CompleteAsyncInvocation(bool failed)
    {
        _pendingInvocations.Dequeue();
        // A handler of PersistAsync may have called Persist.
        if (_pendingStashingInvocations > 0)
            _phase = Phase.PersistingEvents;
        else
            UnstashInternally(failed);
    }

    private void CompleteCommand(bool failed)
    {
        FlushJournalBatch(MaxMessageBatchSize);
        if (_pendingStashingInvocations > 0)
            _phase = Phase.PersistingEvents;
        else
            UnstashInternally(failed);
    }

    private void WhenPersistingEvents(object message)
    {
        if (!HandleJournalReply(message, _completeStashingInvocation ??= CompleteStashingInvocation))
            StashInternally();
    }

    private void CompleteStashingInvocation(bool failed)
    {
        if (_pendingInvocations.Dequeue().IsStashing)
            _pendingStashingInvocations--;
        // Handlers of PersistAsync that still wait do not hold commands back.
        if (_pendingStashingInvocations > 0)
            return;
        _phase = Phase.ProcessingCommands;
        UnstashInternally(failed);
    }

    /// <summary>Handles what the journal replies; false when the message is something else.</summary>
    private bool HandleJournalReply(object message, Action<bool> complete)
    {
        switch (message)
        {
            case WriteMessageSuccess success:
                // Replies to an earlier incarnation of this actor are of no interest.
                if (success.ActorInstanceId == _instanceId)
                {
                    UpdateLastSequenceNr(success.Persistent);
                    RunHandler(success.Persistent.Payload, complete);
                }

                return true;
            case WriteMessageRejected rejected:
                if (rejected.ActorInstanceId == _instanceId)
                {
                    var persistent = rejected.Persistent;
                    UpdateLastSequenceNr(persistent);
                    complete(false);
                    OnPersistRejected(rejected.Cause, persistent.Payload, persistent.SequenceNr);
                }

                return true;
            case WriteMessageFailure failure:
                if (failure.ActorInstanceId == _instanceId)
                {
                    complete(false);
                    FailPersist(failure);
                }

                return true;
            case LoopMessageSuccess looped:
                if (looped.ActorInstanceId == _instanceId)
                    RunHandler(looped.Message, complete);
                return true;
            case WriteMessagesSuccessful:
                _isWriteInProgress = false;
                FlushJournalBatch(MaxMessageBatchSize);
                return true;
            case WriteMessagesFailed failed:
                _isWriteInProgress = false;
                // Nothing was written: only deferred handlers were in it. Otherwise the first failure stops the actor.
                if (failed.WriteCount == 0)
                    FlushJournalBatch(MaxMessageBatchSize);
                return true;
            case RecoveryTick:
                return true;
            default:
                return false;
        }
    }

    private void RunHandler(object payload, Action<bool> complete)
    {
        try
        {
            _pendingInvocations.Peek().Run(payload);
        }
        catch
        {
            FlushJournalBatch();
            complete(true);
            throw;
        }

        if (_asyncTaskRunning)
        {
            _afterAsyncTask = failed => CompleteHandler(complete, failed);
            return;
        }

        CompleteHandler(complete, failed: false);
    }

    private void CompleteHandler(Action<bool> complete, bool failed)
    {
        FlushJournalBatch(MaxMessageBatchSize);
        complete(failed);
    }

    private void FailPersist(WriteMessageFailure failure)
    {
        try
        {
            OnPersistFailure(failure.Cause, failure.Persistent.Payload, failure.Persistent.SequenceNr);
        }
        finally
        {
            Context.Stop(Self);
        }
    }

    private void UpdateLastSequenceNr(IPersistentRepresentation persistent)
    {
        if (persistent.SequenceNr > LastSequenceNr)
            LastSequenceNr = persistent.SequenceNr;
    }

    /// <summary>
    /// One held-back command at a time keeps the order between it and what the actor's own stash gives back. After a failure all
    /// of them go back to the mailbox, where the restarted actor finds them.
    /// </summary>
    private void UnstashInternally(bool all)
    {
        if (all)
            _internalStash.UnstashAll();
        else
            _internalStash.Unstash();
    }

    private void StashInternally()
    {
        try
        {
            _internalStash.Stash();
        }
        catch (StashOverflowException)
        {
            switch (InternalStashOverflowStrategy)
            {
                case DiscardToDeadLetterStrategy:
                    var message = ((ActorCell)Context).CurrentMessage;
                    Context.System.DeadLetters.Tell(new DeadLetter(message!, Sender, Self), Sender);
                    break;
                case ReplyToStrategy strategy:
                    Sender.Tell(strategy.Response, Self);
                    break;
                default:
                    throw;
            }
        }
    }
}
