using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Pattern;

namespace Akka.Persistence.Journal;

/// <summary>
/// Base of journals that write asynchronously. Replies leave in the order of the requests, whatever the order in which writes
/// complete. A circuit breaker fails writes and reads fast while the store does not answer.
/// </summary>
public abstract class AsyncWriteJournal : WriteJournalBase, IAsyncRecovery
{
    private static readonly IImmutableList<Exception?> NothingRejected = ImmutableArray<Exception?>.Empty;
    private static readonly Task<IImmutableList<Exception?>> s_nothingToWrite = Task.FromResult(NothingRejected);

    private readonly CircuitBreaker _breaker;
    private readonly ReplayFilterMode _replayFilterMode;
    private readonly int _replayFilterWindowSize;
    private readonly int _replayFilterMaxOldWriters;
    private readonly bool _replayFilterDebug;
    private readonly ReplyOrder _order = new();
    private readonly ILoggingAdapter _log;

    /// <summary>Whether executed commands are published on the event stream (<c>akka.persistence.publish-plugin-commands</c>).</summary>
    protected readonly bool CanPublish;

    /// <summary>Must run in an actor that the persistence extension started.</summary>
    protected AsyncWriteJournal()
    {
        var extension = Persistence.Instance.Apply(Context.System);
        var config = extension.ConfigFor(Self);
        CanPublish = extension.Settings.Internal.PublishPluginCommands;
        _log = Context.GetLogger();
        _breaker = CircuitBreaker.Create(
            Context.System.Scheduler,
            config.GetInt("circuit-breaker.max-failures", 10),
            config.GetTimeSpan("circuit-breaker.call-timeout", TimeSpan.FromSeconds(10)),
            config.GetTimeSpan("circuit-breaker.reset-timeout", TimeSpan.FromSeconds(30)));
        _replayFilterMode = ParseMode(config.GetString("replay-filter.mode", "repair-by-discard-old"));
        _replayFilterWindowSize = config.GetInt("replay-filter.window-size", 100);
        _replayFilterMaxOldWriters = config.GetInt("replay-filter.max-old-writers", 10);
        _replayFilterDebug = config.GetBoolean("replay-filter.debug");
    }

    /// <inheritdoc />
    public abstract Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback);

    /// <inheritdoc />
    public abstract Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr);

    /// <summary>
    /// Writes events; each <see cref="AtomicWrite"/> completely or not at all. The result is null or empty when all were accepted;
    /// otherwise it has one entry for each write, null or the reason why it was rejected. The task fails when it is not certain
    /// that nothing was written: the actors concerned stop.
    /// </summary>
    protected abstract Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages);

    /// <summary>Deletes events up to a sequence number, without losing the highest sequence number.</summary>
    protected abstract Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr);

    /// <summary>Messages that are the plugin's own; false when it does not know one.</summary>
    protected virtual bool ReceivePluginInternal(object message) => false;

    /// <inheritdoc />
    protected sealed override bool Receive(object message) => ReceiveWriteJournal(message) || ReceivePluginInternal(message);

    /// <summary>Takes the messages of the journal protocol.</summary>
    protected bool ReceiveWriteJournal(object message)
    {
        switch (message)
        {
            case WriteMessages write:
                HandleWriteMessages(write);
                return true;
            case ReplayMessages replay:
                HandleReplayMessages(replay);
                return true;
            case DeleteMessagesTo delete:
                HandleDeleteMessagesTo(delete);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The one exception inside an <see cref="AggregateException"/>, or the exception itself.</summary>
    protected static Exception TryUnwrapException(Exception e)
    {
        if (e is not AggregateException aggregate)
            return e;
        aggregate = aggregate.Flatten();
        return aggregate.InnerExceptions.Count == 1 ? aggregate.InnerExceptions[0] : aggregate;
    }

    private static ReplayFilterMode ParseMode(string mode) => mode.ToLowerInvariant() switch
    {
        "off" or "false" or "no" => ReplayFilterMode.Disabled,
        "repair-by-discard-old" => ReplayFilterMode.RepairByDiscardOld,
        "fail" => ReplayFilterMode.Fail,
        "warn" => ReplayFilterMode.Warn,
        _ => throw new Configuration.ConfigurationException($"Invalid replay-filter.mode [{mode}], supported values [off, repair-by-discard-old, fail, warn]"),
    };

    private void HandleWriteMessages(WriteMessages message)
    {
        var slot = _order.Reserve();
        Task<IImmutableList<Exception?>> write;
        try
        {
            var prepared = PrepareBatch(message.Envelopes);
            write = prepared.Length == 0
                ? s_nothingToWrite
                : _breaker.WithCircuitBreaker((Journal: this, Writes: prepared), static call => call.Journal.WriteMessagesAsync(call.Writes));
        }
        catch (Exception e)
        {
            write = Task.FromException<IImmutableList<Exception?>>(e);
        }

        if (write.IsCompletedSuccessfully)
            _order.Complete(slot, new WriteReply(message, write.Result ?? NothingRejected, null));
        else
            _ = ReplyWhenWritten(message, slot, write);
    }

    private async Task ReplyWhenWritten(WriteMessages message, long slot, Task<IImmutableList<Exception?>> write)
    {
        IImmutableList<Exception?> rejections = NothingRejected;
        Exception? failure = null;
        try
        {
            rejections = await write.ConfigureAwait(false) ?? NothingRejected;
        }
        catch (Exception e)
        {
            failure = TryUnwrapException(e);
        }

        _order.Complete(slot, new WriteReply(message, rejections, failure));
    }

    private void HandleReplayMessages(ReplayMessages message)
    {
        IReplayTarget target = _replayFilterMode == ReplayFilterMode.Disabled
            ? new DirectReplay(message.PersistentActor)
            : new ReplayFiltering(message.PersistentActor, _replayFilterMode, _replayFilterWindowSize, _replayFilterMaxOldWriters, _replayFilterDebug, _log);
        _ = Replay(message, target, Context, Context.System.EventStream);
    }

    private async Task Replay(ReplayMessages message, IReplayTarget target, IActorContext context, EventStream eventStream)
    {
        try
        {
            var readFrom = Math.Max(0, message.FromSequenceNr - 1);
            var highest = await _breaker.WithCircuitBreaker(() => ReadHighestSequenceNrAsync(message.PersistenceId, readFrom)).ConfigureAwait(false);
            var to = Math.Min(message.ToSequenceNr, highest);
            if (to > 0 && message.FromSequenceNr <= to)
            {
                await ReplayMessagesAsync(context, message.PersistenceId, message.FromSequenceNr, to, message.Max, p =>
                {
                    // Journals that delete logically still call back for deleted events.
                    if (!p.IsDeleted)
                        Replay(p, target);
                }).ConfigureAwait(false);
            }

            target.End(new RecoverySuccess(highest));
        }
        catch (Exception e)
        {
            target.End(new ReplayMessagesFailure(TryUnwrapException(e)));
        }

        if (CanPublish)
            eventStream.Publish(message);
    }

    private void HandleDeleteMessagesTo(DeleteMessagesTo message) => _ = Delete(message, Self, Context.System.EventStream);

    private async Task Delete(DeleteMessagesTo message, IActorRef self, EventStream eventStream)
    {
        object reply;
        try
        {
            await _breaker.WithCircuitBreaker(() => DeleteMessagesToAsync(message.PersistenceId, message.ToSequenceNr)).ConfigureAwait(false);
            reply = new DeleteMessagesSuccess(message.ToSequenceNr);
        }
        catch (Exception e)
        {
            reply = new DeleteMessagesFailure(TryUnwrapException(e), message.ToSequenceNr);
        }

        message.PersistentActor.Tell(reply, self);
        if (CanPublish)
            eventStream.Publish(message);
    }
}
