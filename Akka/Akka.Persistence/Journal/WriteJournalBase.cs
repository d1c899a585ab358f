using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>Lets event adapters change events on their way into and out of a journal.</summary>
public abstract class WriteJournalBase : ActorBase
{
    private readonly EventAdapters _eventAdapters;

    /// <summary>Must run in an actor that the persistence extension started.</summary>
    protected WriteJournalBase() => _eventAdapters = Persistence.Instance.Apply(Context.System).AdaptersFor(Self);

    /// <summary>The atomic writes among the envelopes, adapted and without senders.</summary>
    protected IEnumerable<AtomicWrite> PreparePersistentBatch(IEnumerable<IPersistentEnvelope> resequenceables) =>
        PrepareBatch(resequenceables as IPersistentEnvelope[] ?? [.. resequenceables]);

    private protected AtomicWrite[] PrepareBatch(IPersistentEnvelope[] resequenceables)
    {
        var count = 0;
        var prepared = new AtomicWrite[resequenceables.Length];
        foreach (var envelope in resequenceables)
        {
            if (envelope is AtomicWrite write)
                prepared[count++] = Prepared(write);
        }

        return count == prepared.Length ? prepared : prepared[..count];
    }

    private AtomicWrite Prepared(AtomicWrite write)
    {
        if (write.Size == 1)
            return new AtomicWrite(Prepared(write[0]));
        var adapted = ImmutableArray.CreateBuilder<IPersistentRepresentation>(write.Size);
        for (var i = 0; i < write.Size; i++)
            adapted.Add(Prepared(write[i]));
        return new AtomicWrite(adapted.MoveToImmutable());
    }

    private IPersistentRepresentation Prepared(IPersistentRepresentation p) => AdaptToJournal(
        p is Persistent own ? own.ForJournal(TimestampOf(own)) : p.Update(p.SequenceNr, p.PersistenceId, p.IsDeleted, ActorRefs.NoSender, p.WriterGuid));

    /// <summary>What the adapters make of a stored event: none, one or several.</summary>
    protected IEnumerable<IPersistentRepresentation> AdaptFromJournal(IPersistentRepresentation representation)
    {
        var adapter = _eventAdapters.Get(representation.Payload.GetType());
        if (adapter is IdentityEventAdapter)
            return [representation];
        return adapter.FromJournal(representation.Payload, representation.Manifest).Events.Select(representation.WithPayload);
    }

    /// <summary>The time that is stored with an event, in UTC ticks.</summary>
    private protected virtual long TimestampOf(Persistent persistent) => persistent.Timestamp;

    /// <summary>Hands over what the adapters make of a stored event.</summary>
    private protected void Replay(IPersistentRepresentation representation, IReplayTarget target)
    {
        if (_eventAdapters.Get(representation.Payload.GetType()) is IdentityEventAdapter)
        {
            target.Replay(new ReplayedMessage(representation));
            return;
        }

        foreach (var adapted in AdaptFromJournal(representation))
            target.Replay(new ReplayedMessage(adapted));
    }

    /// <summary>What is stored for an event.</summary>
    protected IPersistentRepresentation AdaptToJournal(IPersistentRepresentation representation)
    {
        var payload = representation.Payload;
        var adapter = _eventAdapters.Get(payload.GetType());
        return adapter is IdentityEventAdapter
            ? representation
            : representation.WithPayload(adapter.ToJournal(payload)).WithManifest(adapter.Manifest(payload));
    }
}
