using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>Keeps events in memory, for tests: they are gone with the actor system.</summary>
public class MemoryJournal : AsyncWriteJournal
{
    private static readonly Task<IImmutableList<Exception?>> s_allStored = Task.FromResult<IImmutableList<Exception?>>(ImmutableArray<Exception?>.Empty);

    private readonly ConcurrentDictionary<string, LinkedList<IPersistentRepresentation>> _messages = new();
    private readonly IScheduler _scheduler = Context.System.Scheduler;

    /// <summary>Events by entity.</summary>
    protected virtual ConcurrentDictionary<string, LinkedList<IPersistentRepresentation>> Messages => _messages;

    /// <inheritdoc />
    protected override Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        foreach (var write in messages)
        {
            for (var i = 0; i < write.Size; i++)
            {
                var p = write[i];
                var payload = p.Payload is Tagged tagged ? tagged.Payload : p.Payload;
                Add(ReferenceEquals(payload, p.Payload) ? p : p.WithPayload(payload));
            }
        }

        return s_allStored;
    }

    /// <inheritdoc />
    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(HighestSequenceNr(persistenceId));

    /// <inheritdoc />
    public override Task ReplayMessagesAsync(
        IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var p in Read(persistenceId, fromSequenceNr, Math.Min(HighestSequenceNr(persistenceId), toSequenceNr), max))
            recoveryCallback(p);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        if (!Messages.TryGetValue(persistenceId, out var stored))
            return Task.CompletedTask;
        lock (stored)
        {
            var last = stored.Last;
            for (var node = stored.First; node is not null && node.Value.SequenceNr <= toSequenceNr;)
            {
                var next = node.Next;
                // The last event stays, deleted logically: it keeps the highest sequence number.
                if (node == last)
                    node.Value = node.Value.Update(node.Value.SequenceNr, node.Value.PersistenceId, true, ActorRefs.NoSender, node.Value.WriterGuid);
                else
                    stored.Remove(node);
                node = next;
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    private protected override long TimestampOf(Persistent persistent) => persistent.Timestamp > 0 ? persistent.Timestamp : _scheduler.Now.UtcTicks;

    /// <summary>Stores an event.</summary>
    public IDictionary<string, LinkedList<IPersistentRepresentation>> Add(IPersistentRepresentation persistent)
    {
        var stored = Messages.GetOrAdd(persistent.PersistenceId, static _ => new LinkedList<IPersistentRepresentation>());
        lock (stored)
            stored.AddLast(persistent);
        return Messages;
    }

    /// <summary>Changes a stored event.</summary>
    public IDictionary<string, LinkedList<IPersistentRepresentation>> Update(
        string pid, long seqNr, Func<IPersistentRepresentation, IPersistentRepresentation> updater)
    {
        if (Messages.TryGetValue(pid, out var stored))
        {
            lock (stored)
            {
                if (Find(stored, seqNr) is { } node)
                    node.Value = updater(node.Value);
            }
        }

        return Messages;
    }

    /// <summary>Removes a stored event.</summary>
    public IDictionary<string, LinkedList<IPersistentRepresentation>> Delete(string pid, long seqNr)
    {
        if (Messages.TryGetValue(pid, out var stored))
        {
            lock (stored)
            {
                if (Find(stored, seqNr) is { } node)
                    stored.Remove(node);
            }
        }

        return Messages;
    }

    /// <summary>Stored events of a range.</summary>
    public IEnumerable<IPersistentRepresentation> Read(string pid, long fromSeqNr, long toSeqNr, long max)
    {
        if (!Messages.TryGetValue(pid, out var stored))
            return [];
        lock (stored)
            return stored.Where(p => p.SequenceNr >= fromSeqNr && p.SequenceNr <= toSeqNr).Take(max > int.MaxValue ? int.MaxValue : (int)max).ToArray();
    }

    /// <summary>Highest sequence number stored; 0 when there is none.</summary>
    public long HighestSequenceNr(string pid)
    {
        if (!Messages.TryGetValue(pid, out var stored))
            return 0;
        lock (stored)
            return stored.Last?.Value.SequenceNr ?? 0;
    }

    private static LinkedListNode<IPersistentRepresentation>? Find(LinkedList<IPersistentRepresentation> stored, long seqNr)
    {
        for (var node = stored.First; node is not null; node = node.Next)
        {
            if (node.Value.SequenceNr == seqNr)
                return node;
        }

        return null;
    }
}

/// <summary>Keeps events in memory for all actor systems of the process.</summary>
public class SharedMemoryJournal : MemoryJournal
{
    private static readonly ConcurrentDictionary<string, LinkedList<IPersistentRepresentation>> SharedMessages = new();

    /// <inheritdoc />
    protected override ConcurrentDictionary<string, LinkedList<IPersistentRepresentation>> Messages => SharedMessages;
}
