using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>Reading side of a journal.</summary>
public interface IAsyncRecovery
{
    /// <summary>
    /// Calls back for each stored event of the range in order, at most <paramref name="max"/> times, and completes after the last.
    /// </summary>
    Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback);

    /// <summary>
    /// The highest sequence number ever stored for the entity, deleted ones included; 0 when there is none.
    /// <paramref name="fromSequenceNr"/> is a hint where to start looking.
    /// </summary>
    Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr);
}
