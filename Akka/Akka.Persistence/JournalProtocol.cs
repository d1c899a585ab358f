using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

/// <summary>A message of the persistence protocols: it stays inside one actor system.</summary>
public interface IPersistenceMessage : INoSerializationVerificationNeeded
{
}

/// <summary>A message between persistent actors and journals.</summary>
public interface IJournalMessage : IPersistenceMessage
{
}

/// <summary>What a journal is asked.</summary>
public interface IJournalRequest : IJournalMessage
{
}

/// <summary>What a journal replies.</summary>
public interface IJournalResponse : IJournalMessage
{
}

/// <summary>Events up to a sequence number have been deleted.</summary>
public sealed record DeleteMessagesSuccess
{
    /// <summary>Makes it.</summary>
    public DeleteMessagesSuccess(long toSequenceNr)
    {
        ToSequenceNr = toSequenceNr;
    }

    /// <summary>Last sequence number.</summary>
    public long ToSequenceNr { get; }
}

/// <summary>Events could not be deleted.</summary>
public sealed record DeleteMessagesFailure : INoSerializationVerificationNeeded
{
    /// <summary>Makes it.</summary>
    public DeleteMessagesFailure(Exception cause, long toSequenceNr)
    {
        Cause = cause;
        ToSequenceNr = toSequenceNr;
    }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }

    /// <summary>Last sequence number.</summary>
    public long ToSequenceNr { get; }
}

/// <summary>Asks to delete events up to a sequence number.</summary>
public sealed record DeleteMessagesTo : IJournalRequest
{
    /// <summary>Makes it.</summary>
    public DeleteMessagesTo(string persistenceId, long toSequenceNr, IActorRef persistentActor)
    {
        PersistenceId = persistenceId;
        ToSequenceNr = toSequenceNr;
        PersistentActor = persistentActor;
    }

    /// <summary>The entity.</summary>
    public string PersistenceId { get; }

    /// <summary>Last sequence number.</summary>
    public long ToSequenceNr { get; }

    /// <summary>Who gets the reply.</summary>
    public IActorRef PersistentActor { get; }
}

/// <summary>Asks to write events.</summary>
public sealed record WriteMessages : IJournalRequest
{
    /// <summary>Makes it.</summary>
    public WriteMessages(IEnumerable<IPersistentEnvelope> messages, IActorRef persistentActor, int actorInstanceId)
    {
        Messages = messages;
        PersistentActor = persistentActor;
        ActorInstanceId = actorInstanceId;
    }

    /// <summary>What to write, in order.</summary>
    public IEnumerable<IPersistentEnvelope> Messages { get; }

    /// <summary>The same as an array, which is what persistent actors send.</summary>
    internal IPersistentEnvelope[] Envelopes => Messages as IPersistentEnvelope[] ?? [.. Messages];

    /// <summary>Who gets the reply.</summary>
    public IActorRef PersistentActor { get; }

    /// <summary>Which incarnation asked; replies to an earlier one are ignored.</summary>
    public int ActorInstanceId { get; }
}

/// <summary>All writes of a request were accepted; the reply to each event follows.</summary>
public sealed class WriteMessagesSuccessful : IJournalResponse
{
    private WriteMessagesSuccessful()
    {
    }

    /// <summary>The one instance.</summary>
    public static WriteMessagesSuccessful Instance { get; } = new();
}

/// <summary>A request's writes failed; the reply to each event follows.</summary>
public sealed record WriteMessagesFailed : IJournalResponse
{
    /// <summary>Makes it.</summary>
    public WriteMessagesFailed(Exception cause, int writeCount)
    {
        Cause = cause;
        WriteCount = writeCount;
    }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }

    /// <summary>Number of atomic writes that failed.</summary>
    public int WriteCount { get; }
}

/// <summary>One event was written.</summary>
public sealed record WriteMessageSuccess : IJournalResponse
{
    /// <summary>Makes it.</summary>
    public WriteMessageSuccess(IPersistentRepresentation persistent, int actorInstanceId)
    {
        Persistent = persistent;
        ActorInstanceId = actorInstanceId;
    }

    /// <summary>The event.</summary>
    public IPersistentRepresentation Persistent { get; }

    /// <summary>Which incarnation asked; replies to an earlier one are ignored.</summary>
    public int ActorInstanceId { get; }
}

/// <summary>One event was refused before anything was written, for example because it cannot be serialized.</summary>
public sealed record WriteMessageRejected : IJournalResponse
{
    /// <summary>Makes it.</summary>
    public WriteMessageRejected(IPersistentRepresentation persistent, Exception cause, int actorInstanceId)
    {
        Persistent = persistent;
        Cause = cause;
        ActorInstanceId = actorInstanceId;
    }

    /// <summary>The event.</summary>
    public IPersistentRepresentation Persistent { get; }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }

    /// <summary>Which incarnation asked; replies to an earlier one are ignored.</summary>
    public int ActorInstanceId { get; }
}

/// <summary>One event was not written, or it is not known whether it was.</summary>
public sealed record WriteMessageFailure : IJournalResponse
{
    /// <summary>Makes it.</summary>
    public WriteMessageFailure(IPersistentRepresentation persistent, Exception cause, int actorInstanceId)
    {
        Persistent = persistent;
        Cause = cause;
        ActorInstanceId = actorInstanceId;
    }

    /// <summary>The event.</summary>
    public IPersistentRepresentation Persistent { get; }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }

    /// <summary>Which incarnation asked; replies to an earlier one are ignored.</summary>
    public int ActorInstanceId { get; }
}

/// <summary>A message that only passed through the journal.</summary>
public sealed record LoopMessageSuccess : IJournalResponse
{
    /// <summary>Makes it.</summary>
    public LoopMessageSuccess(object message, int actorInstanceId)
    {
        Message = message;
        ActorInstanceId = actorInstanceId;
    }

    /// <summary>The message.</summary>
    public object Message { get; }

    /// <summary>Which incarnation asked; replies to an earlier one are ignored.</summary>
    public int ActorInstanceId { get; }
}

/// <summary>Asks for stored events.</summary>
public sealed record ReplayMessages : IJournalRequest
{
    /// <summary>Makes it.</summary>
    public ReplayMessages(long fromSequenceNr, long toSequenceNr, long max, string persistenceId, IActorRef persistentActor)
    {
        FromSequenceNr = fromSequenceNr;
        ToSequenceNr = toSequenceNr;
        Max = max;
        PersistenceId = persistenceId;
        PersistentActor = persistentActor;
    }

    /// <summary>First sequence number, inclusive.</summary>
    public long FromSequenceNr { get; }

    /// <summary>Last sequence number, inclusive.</summary>
    public long ToSequenceNr { get; }

    /// <summary>Most events to send.</summary>
    public long Max { get; }

    /// <summary>The entity.</summary>
    public string PersistenceId { get; }

    /// <summary>Who gets the reply.</summary>
    public IActorRef PersistentActor { get; }
}

/// <summary>A stored event.</summary>
public sealed record ReplayedMessage : IJournalResponse, IDeadLetterSuppression
{
    /// <summary>Makes it.</summary>
    public ReplayedMessage(IPersistentRepresentation persistent)
    {
        Persistent = persistent;
    }

    /// <summary>The event.</summary>
    public IPersistentRepresentation Persistent { get; }
}

/// <summary>All events asked for have been sent.</summary>
public sealed record RecoverySuccess : IJournalResponse, IDeadLetterSuppression
{
    /// <summary>Makes it.</summary>
    public RecoverySuccess(long highestSequenceNr)
    {
        HighestSequenceNr = highestSequenceNr;
    }

    /// <summary>Highest sequence number ever stored for the entity.</summary>
    public long HighestSequenceNr { get; }
}

/// <summary>Stored events could not be read.</summary>
public sealed record ReplayMessagesFailure : IJournalResponse, IDeadLetterSuppression
{
    /// <summary>Makes it.</summary>
    public ReplayMessagesFailure(Exception cause)
    {
        Cause = cause;
    }

    /// <summary>What went wrong.</summary>
    public Exception Cause { get; }
}
