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
    protected IEnumerable<AtomicWrite> PreparePersistentBatch(IEnumerable<IPersistentEnvelope> resequenceables) => PrepareBatch(resequenceables);

    private protected List<AtomicWrite> PrepareBatch(IEnumerable<IPersistentEnvelope> resequenceables)
    {
        var prepared = new List<AtomicWrite>(resequenceables.TryGetNonEnumeratedCount(out var count) ? count : 1);
        foreach (var envelope in resequenceables)
        {
            if (envelope is AtomicWrite write)
                prepared.Add(Prepared(write.Events));
        }

        return prepared;
    }

    private AtomicWrite Prepared(IImmutableList<IPersistentRepresentation> events)
    {
        if (events.Count == 1)
            return new AtomicWrite(Prepared(events[0]));
        var adapted = ImmutableArray.CreateBuilder<IPersistentRepresentation>(events.Count);
        for (var i = 0; i < events.Count; i++)
            adapted.Add(Prepared(events[i]));
        return new AtomicWrite(adapted.MoveToImmutable());
    }

    private IPersistentRepresentation Prepared(IPersistentRepresentation p) =>
        AdaptToJournal(p.Update(p.SequenceNr, p.PersistenceId, p.IsDeleted, ActorRefs.NoSender, p.WriterGuid));

    /// <summary>What the adapters make of a stored event: none, one or several.</summary>
    protected IEnumerable<IPersistentRepresentation> AdaptFromJournal(IPersistentRepresentation representation)
    {
        var adapter = _eventAdapters.Get(representation.Payload.GetType());
        if (adapter is IdentityEventAdapter)
            return [representation];
        return adapter.FromJournal(representation.Payload, representation.Manifest).Events.Select(representation.WithPayload);
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
