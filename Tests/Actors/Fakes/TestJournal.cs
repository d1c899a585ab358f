using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Mooring.Actors.Serialization;

namespace Mooring.Tests.Actors.Fakes;

/// <summary>A journal in memory that takes every event through Mooring's serializer, and that a test can read, stop and make refuse.</summary>
public sealed class TestJournal : MemoryJournal
{
    private static readonly MooringSerializer Serializer = new(null!);

    private readonly JournalControl _control = JournalControl.Of(Context.System);

    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.Select(w => (ImmutableList<IPersistentRepresentation>)[.. ((IEnumerable<IPersistentRepresentation>)w.Payload).Select(RoundTrip)]).ToList();
        foreach (var written in writes.SelectMany(w => w))
            await _control.BeforeAsync(written.Payload);
        var result = await base.WriteMessagesAsync(writes.Select(w => new AtomicWrite(w)), cancellationToken);
        foreach (var written in writes.SelectMany(w => w))
            _control.Written(written.PersistenceId, written.Payload);
        return result;
    }

    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        await _control.BeforeReplayAsync();
        await base.ReplayMessagesAsync(context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback);
    }

    protected override async Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken)
    {
        await base.DeleteMessagesToAsync(persistenceId, toSequenceNr, cancellationToken);
        _control.Deleted(persistenceId, toSequenceNr);
    }

    private static IPersistentRepresentation RoundTrip(IPersistentRepresentation p) =>
        p.WithPayload(Serializer.FromBinary(Serializer.ToBinary(p.Payload), Serializer.Manifest(p.Payload)));
}

/// <summary>A test's hand on the journal of its actor system.</summary>
public sealed class JournalControl
{
    private static readonly ConditionalWeakTable<ActorSystem, JournalControl> Controls = [];

    private readonly ConcurrentQueue<(string Id, object Event)> _written = new();
    private readonly ConcurrentDictionary<Type, Hold> _holds = new();
    private readonly ConcurrentDictionary<string, long> _deleted = new();
    private Hold? _replay;

    public static JournalControl Of(ActorSystem system) => Controls.GetValue(system, _ => new JournalControl());

    /// <summary>What is in the journal of one actor, in order.</summary>
    public IReadOnlyList<object> Events(string persistenceId) => [.. _written.Where(w => w.Id == persistenceId).Select(w => w.Event)];

    /// <summary>The next event of a type stays on its way until the test lets it go.</summary>
    public Hold HoldNext<T>() => _holds[typeof(T)] = new Hold();

    /// <summary>The next actor that recovers has read its snapshot, and gets no events until the test lets it go on.</summary>
    public Hold HoldNextReplay() => _replay = new Hold();

    /// <summary>Up to which event those of one actor are removed.</summary>
    public long DeletedTo(string persistenceId) => _deleted.GetValueOrDefault(persistenceId);

    internal Task BeforeReplayAsync() => Interlocked.Exchange(ref _replay, null)?.PassAsync() ?? Task.CompletedTask;

    internal void Deleted(string id, long to) => _deleted[id] = to;

    internal Task BeforeAsync(object happened) => _holds.TryRemove(happened.GetType(), out var hold) ? hold.PassAsync() : Task.CompletedTask;

    internal void Written(string id, object happened) => _written.Enqueue((id, happened));

    public sealed class Hold
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when the event has come to the journal.</summary>
        public Task Arrived => _arrived.Task.WaitAsync(ActorSpec.Limit);

        public void LetGo() => _gone.TrySetResult();

        public void Refuse() => _gone.TrySetException(new IOException("the disk is gone"));

        internal Task PassAsync()
        {
            _arrived.TrySetResult();
            return _gone.Task;
        }
    }
}
