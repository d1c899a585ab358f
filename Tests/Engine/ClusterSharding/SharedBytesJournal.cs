using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Mooring.Tests.Engine.ClusterSharding;

/// <summary>A journal that actor systems of one process share, named in its configuration. It keeps bytes, as a real one does.</summary>
public sealed class SharedBytesJournal(Config config) : AsyncWriteJournal
{
    private static readonly ConcurrentDictionary<string, ConcurrentDictionary<string, List<Entry>>> Stores = new();

    private readonly ConcurrentDictionary<string, List<Entry>> _events = Stores.GetOrAdd(config.GetString("store"), _ => new());
    private readonly Akka.Serialization.Serialization _serialization = ((ExtendedActorSystem)Context.System).Serialization;

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(Read(persistenceId).LastOrDefault()?.SequenceNr ?? 0);

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var entry in Read(persistenceId).Where(entry => entry.SequenceNr >= fromSequenceNr && entry.SequenceNr <= toSequenceNr))
        {
            var payload = _serialization.Deserialize(entry.Bytes, entry.SerializerId, entry.Manifest);
            recoveryCallback(new Persistent(payload, entry.SequenceNr, persistenceId, "", false, ActorRefs.NoSender, entry.WriterGuid));
        }

        return Task.CompletedTask;
    }

    protected override Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        foreach (var write in messages)
        {
            var stored = _events.GetOrAdd(write.PersistenceId, _ => []);
            foreach (var message in (IImmutableList<IPersistentRepresentation>)write.Payload)
            {
                var serializer = _serialization.FindSerializerFor(message.Payload);
                var entry = new Entry(
                    message.SequenceNr, serializer.ToBinary(message.Payload), serializer.Identifier,
                    Akka.Serialization.Serialization.ManifestFor(serializer, message.Payload), message.WriterGuid);
                lock (stored)
                    stored.Add(entry);
            }
        }

        return Task.FromResult<IImmutableList<Exception?>>(ImmutableList<Exception?>.Empty);
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        if (_events.TryGetValue(persistenceId, out var stored))
        {
            lock (stored)
                stored.RemoveAll(entry => entry.SequenceNr <= toSequenceNr);
        }

        return Task.CompletedTask;
    }

    private List<Entry> Read(string persistenceId)
    {
        if (!_events.TryGetValue(persistenceId, out var stored)) return [];
        lock (stored)
            return [.. stored];
    }

    private sealed record Entry(long SequenceNr, byte[] Bytes, int SerializerId, string Manifest, string WriterGuid);
}
