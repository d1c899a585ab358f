using Akka.Actor;
using Akka.Event;
using Akka.Pattern;

namespace Akka.Persistence.Snapshot;

/// <summary>
/// Base of snapshot stores. A circuit breaker fails requests fast while the store does not answer. Outcomes come back to the store
/// as messages, so that a plugin sees them in <see cref="ReceivePluginInternal"/> before the persistent actor does.
/// </summary>
public abstract class SnapshotStore : ActorBase
{
    private readonly CircuitBreaker _breaker;
    private readonly bool _publish;

    /// <summary>Must run in an actor that the persistence extension started.</summary>
    protected SnapshotStore()
    {
        var extension = Persistence.Instance.Apply(Context.System);
        var config = extension.ConfigFor(Self);
        _publish = extension.Settings.Internal.PublishPluginCommands;
        _breaker = CircuitBreaker.Create(
            Context.System.Scheduler,
            config.GetInt("circuit-breaker.max-failures", 5),
            config.GetTimeSpan("circuit-breaker.call-timeout", TimeSpan.FromSeconds(20)),
            config.GetTimeSpan("circuit-breaker.reset-timeout", TimeSpan.FromSeconds(60)));
    }

    /// <summary>The latest snapshot that matches; null when there is none.</summary>
    protected abstract Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria);

    /// <summary>Saves a snapshot; replaces one with the same metadata.</summary>
    protected abstract Task SaveAsync(SnapshotMetadata metadata, object snapshot);

    /// <summary>Deletes the snapshot with this sequence number (and time, when it is given).</summary>
    protected abstract Task DeleteAsync(SnapshotMetadata metadata);

    /// <summary>Deletes all snapshots that match.</summary>
    protected abstract Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria);

    /// <summary>Messages that are the plugin's own, and outcomes; false when it does not know one.</summary>
    protected virtual bool ReceivePluginInternal(object message) => false;

    /// <inheritdoc />
    protected sealed override bool Receive(object message)
    {
        switch (message)
        {
            case LoadSnapshot load:
                _ = Load(load);
                return true;
            case SaveSnapshot save:
                var metadata = save.Metadata.Timestamp == DateTime.MinValue
                    ? new SnapshotMetadata(save.Metadata.PersistenceId, save.Metadata.SequenceNr, Context.System.Scheduler.Now.UtcDateTime)
                    : save.Metadata;
                _ = Run(() => SaveAsync(metadata, save.Snapshot), new SaveSnapshotSuccess(metadata), e => new SaveSnapshotFailure(metadata, e), save);
                return true;
            case DeleteSnapshot delete:
                _ = Run(() => DeleteAsync(delete.Metadata), new DeleteSnapshotSuccess(delete.Metadata), e => new DeleteSnapshotFailure(delete.Metadata, e), delete);
                return true;
            case DeleteSnapshots delete:
                _ = Run(() => DeleteAsync(delete.PersistenceId, delete.Criteria), new DeleteSnapshotsSuccess(delete.Criteria), e => new DeleteSnapshotsFailure(delete.Criteria, e), delete);
                return true;
            case Outcome outcome:
                Report(outcome);
                return true;
            default:
                return ReceivePluginInternal(message);
        }
    }

    private static Exception Unwrap(Exception e) =>
        e is AggregateException aggregate && aggregate.Flatten().InnerExceptions is [var only] ? only : e;

    private async Task Load(LoadSnapshot message)
    {
        var replyTo = Sender;
        var self = Self;
        object reply;
        try
        {
            // Nothing to look for: the answer needs no store.
            var selected = message.Criteria == SnapshotSelectionCriteria.None
                ? null
                : await _breaker.WithCircuitBreaker(() => LoadAsync(message.PersistenceId, message.Criteria.Limit(message.ToSequenceNr))).ConfigureAwait(false);
            reply = new LoadSnapshotResult(selected, message.ToSequenceNr);
        }
        catch (Exception e)
        {
            reply = new LoadSnapshotFailed(Unwrap(e));
        }

        replyTo.Tell(reply, self);
    }

    private async Task Run(Func<Task> work, ISnapshotResponse success, Func<Exception, ISnapshotResponse> failure, ISnapshotRequest request)
    {
        var replyTo = Sender;
        var self = Self;
        ISnapshotResponse response;
        try
        {
            await _breaker.WithCircuitBreaker(work).ConfigureAwait(false);
            response = success;
        }
        catch (Exception e)
        {
            response = failure(Unwrap(e));
        }

        self.Tell(new Outcome(request, response, replyTo), self);
    }

    private void Report(Outcome outcome)
    {
        try
        {
            ReceivePluginInternal(outcome.Response);
            // What is left of a snapshot that could not be saved must not be found later.
            if (outcome.Response is SaveSnapshotFailure failure)
                _ = RemoveLeftover(failure.Metadata);
        }
        finally
        {
            outcome.ReplyTo.Tell(outcome.Response, Self);
            if (_publish && outcome.Request is not SaveSnapshot)
                Context.System.EventStream.Publish(outcome.Request);
        }
    }

    private async Task RemoveLeftover(SnapshotMetadata metadata)
    {
        var log = Context.GetLogger();
        try
        {
            await _breaker.WithCircuitBreaker(() => DeleteAsync(metadata)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            log.Debug(e, "Could not delete what is left of snapshot {0}", metadata);
        }
    }

    private sealed record Outcome(ISnapshotRequest Request, ISnapshotResponse Response, IActorRef ReplyTo) : INoSerializationVerificationNeeded;
}
