using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Util;

namespace Akka.Persistence;

/// <summary>Takes and loads snapshots.</summary>
public interface ISnapshotter
{
    /// <summary>Entity whose snapshots these are.</summary>
    string SnapshotterId { get; }

    /// <summary>Sequence number that a snapshot taken now would get.</summary>
    long SnapshotSequenceNr { get; }

    /// <summary>Asks the snapshot store to load; the reply comes as a message.</summary>
    void LoadSnapshot(string persistenceId, SnapshotSelectionCriteria criteria, long toSequenceNr);

    /// <summary>Asks the snapshot store to save; the reply comes as a message.</summary>
    void SaveSnapshot(object snapshot);

    /// <summary>Asks the snapshot store to delete one; the reply comes as a message.</summary>
    void DeleteSnapshot(long sequenceNr);

    /// <summary>Asks the snapshot store to delete some; the reply comes as a message.</summary>
    void DeleteSnapshots(SnapshotSelectionCriteria criteria);
}

/// <summary>Says who the entity is and which plugins keep it.</summary>
public interface IPersistentIdentity
{
    /// <summary>Unique id of the entity.</summary>
    string PersistenceId { get; }

    /// <summary>HOCON path of the journal; empty for the default.</summary>
    string JournalPluginId { get; }

    /// <summary>HOCON path of the snapshot store; empty for the default.</summary>
    string SnapshotPluginId { get; }
}

/// <summary>Says how to recover.</summary>
public interface IPersistenceRecovery
{
    /// <summary>From which snapshot, and how far.</summary>
    Recovery Recovery { get; }
}

/// <summary>A persistent actor's stash.</summary>
public interface IPersistenceStash : IWithUnboundedStash
{
    /// <summary>What happens when the internal stash is full.</summary>
    IStashOverflowStrategy InternalStashOverflowStrategy { get; }
}

/// <summary>An event whose handler waits for the journal.</summary>
public interface IPendingHandlerInvocation
{
    /// <summary>The event.</summary>
    object Event { get; }

    /// <summary>What runs when it is stored.</summary>
    Action<object> Handler { get; }
}

/// <summary>A handler that commands wait for (Persist).</summary>
public sealed class StashingHandlerInvocation : IPendingHandlerInvocation
{
    /// <summary>An event and its handler.</summary>
    public StashingHandlerInvocation(object evt, Action<object> handler)
    {
        Event = evt;
        Handler = handler;
    }

    /// <inheritdoc />
    public object Event { get; }

    /// <inheritdoc />
    public Action<object> Handler { get; }
}

/// <summary>A handler that commands do not wait for (PersistAsync, DeferAsync).</summary>
public sealed class AsyncHandlerInvocation : IPendingHandlerInvocation
{
    /// <summary>An event and its handler.</summary>
    public AsyncHandlerInvocation(object evt, Action<object> handler)
    {
        Event = evt;
        Handler = handler;
    }

    /// <inheritdoc />
    public object Event { get; }

    /// <inheritdoc />
    public Action<object> Handler { get; }
}

/// <summary>
/// The core of a persistent actor: recovers its state from a snapshot and events, stores events and runs their handlers in
/// order, and holds commands back while handlers of <c>Persist</c> wait for the journal.
/// </summary>
public abstract partial class Eventsourced : ActorBase, IPersistentIdentity, IPersistenceStash, IPersistenceRecovery
{
    /// <summary>Messages of the journal are never unstashed again on a restart.</summary>
    public static readonly Func<Envelope, bool> UnstashFilterPredicate =
        envelope => envelope.Message is not (WriteMessageSuccess or ReplayedMessage);

    private static int _lastInstanceId;

    private readonly IStash _internalStash;
    private readonly int _instanceId = Interlocked.Increment(ref _lastInstanceId);
    private readonly string _writerGuid = NewWriterGuid();
    private readonly Queue<PendingInvocation> _pendingInvocations = new();
    private readonly Queue<IPersistentEnvelope> _journalBatch = new();
    private int _pendingStashingInvocations;
    private bool _isWriteInProgress;
    private long _sequenceNr;
    private ILoggingAdapter? _log;
    private IActorRef? _journal;
    private IActorRef? _snapshotStore;
    private IStash _userStash = null!;
    private int? _maxMessageBatchSize;

    /// <summary>Must run inside <c>ActorOf</c>.</summary>
    protected Eventsourced()
    {
        Extension = Persistence.Instance.Apply(Context.System);
        _internalStash = Context.CreateStash(GetType());
    }

    private static string NewWriterGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        ThreadLocalRandom.Current.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    /// <summary>The system's persistence extension.</summary>
    protected PersistenceExtension Extension { get; }

    /// <summary>Log of this actor.</summary>
    protected virtual ILoggingAdapter Log => _log ??= Context.GetLogger();

    /// <inheritdoc />
    public abstract string PersistenceId { get; }

    /// <inheritdoc />
    public virtual Recovery Recovery => Recovery.Default;

    /// <inheritdoc />
    public virtual IStashOverflowStrategy InternalStashOverflowStrategy => Extension.DefaultInternalStashOverflowStrategy;

    /// <summary>The actor's own stash. Messages taken out of it come before commands that were held back meanwhile.</summary>
    public IStash Stash
    {
        get => _userStash;
        set => _userStash = new UserStash(value, _internalStash);
    }

    /// <inheritdoc />
    public string JournalPluginId { get; protected set; } = "";

    /// <inheritdoc />
    public string SnapshotPluginId { get; protected set; } = "";

    /// <summary>The journal of this actor.</summary>
    public IActorRef Journal => _journal ??= Extension.JournalFor(JournalPluginId);

    /// <summary>The snapshot store of this actor.</summary>
    public IActorRef SnapshotStore => _snapshotStore ??= Extension.SnapshotStoreFor(SnapshotPluginId);

    /// <summary>Entity whose snapshots are taken.</summary>
    public string SnapshotterId => PersistenceId;

    /// <summary>Whether the actor still recovers.</summary>
    public bool IsRecovering => _phase < Phase.ProcessingCommands;

    /// <summary>Whether recovery is over.</summary>
    public bool IsRecoveryFinished => !IsRecovering;

    /// <summary>Sequence number of the last event stored or replayed.</summary>
    public long LastSequenceNr { get; private set; }

    /// <summary>Sequence number that a snapshot taken now would get.</summary>
    public long SnapshotSequenceNr => LastSequenceNr;

    private int MaxMessageBatchSize =>
        _maxMessageBatchSize ??= Math.Max(1, Extension.JournalConfigFor(JournalPluginId).GetInt("max-message-batch-size", 200));

    /// <summary>Asks the snapshot store to load; a <see cref="LoadSnapshotResult"/> comes as a message.</summary>
    public void LoadSnapshot(string persistenceId, SnapshotSelectionCriteria criteria, long toSequenceNr) =>
        SnapshotStore.Tell(new LoadSnapshot(persistenceId, criteria, toSequenceNr), Self);

    /// <summary>Asks to save a snapshot; <see cref="SaveSnapshotSuccess"/> or <see cref="SaveSnapshotFailure"/> comes as a message.</summary>
    public void SaveSnapshot(object snapshot) =>
        SnapshotStore.Tell(new SaveSnapshot(new SnapshotMetadata(SnapshotterId, SnapshotSequenceNr), snapshot), Self);

    /// <summary>Asks to delete a snapshot; <see cref="DeleteSnapshotSuccess"/> or <see cref="DeleteSnapshotFailure"/> comes as a message.</summary>
    public void DeleteSnapshot(long sequenceNr) =>
        SnapshotStore.Tell(new DeleteSnapshot(new SnapshotMetadata(SnapshotterId, sequenceNr)), Self);

    /// <summary>Asks to delete snapshots; <see cref="DeleteSnapshotsSuccess"/> or <see cref="DeleteSnapshotsFailure"/> comes as a message.</summary>
    public void DeleteSnapshots(SnapshotSelectionCriteria criteria) =>
        SnapshotStore.Tell(new DeleteSnapshots(SnapshotterId, criteria), Self);

    /// <summary>Gets snapshots, events and <see cref="RecoveryCompleted"/> during recovery; must not have effects.</summary>
    protected abstract bool ReceiveRecover(object message);

    /// <summary>Gets commands after recovery; checks them and persists events.</summary>
    protected abstract bool ReceiveCommand(object message);

    /// <summary>Stores an event; commands wait until <paramref name="handler"/> has run.</summary>
    /// <exception cref="InvalidOperationException">The actor still recovers.</exception>
    public void Persist<TEvent>(TEvent @event, Action<TEvent> handler)
    {
        AssertNotRecovering();
        _pendingStashingInvocations++;
        _pendingInvocations.Enqueue(new PendingInvocation<TEvent>(@event!, handler, stashing: true));
        _journalBatch.Enqueue(new AtomicWrite(NewPersistent(@event!)));
    }

    /// <summary>Stores events together or not at all; commands wait until the handler has run for each.</summary>
    /// <exception cref="InvalidOperationException">The actor still recovers.</exception>
    public void PersistAll<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler)
    {
        AssertNotRecovering();
        AddAtomically(events, @event =>
        {
            _pendingStashingInvocations++;
            return new PendingInvocation<TEvent>(@event, handler, stashing: true);
        });
    }

    /// <summary>Stores an event; commands go on meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The actor still recovers.</exception>
    public void PersistAsync<TEvent>(TEvent @event, Action<TEvent> handler)
    {
        AssertNotRecovering();
        _pendingInvocations.Enqueue(new PendingInvocation<TEvent>(@event!, handler, stashing: false));
        _journalBatch.Enqueue(new AtomicWrite(NewPersistent(@event!)));
    }

    /// <summary>Stores events together or not at all; commands go on meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The actor still recovers.</exception>
    public void PersistAllAsync<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler)
    {
        AssertNotRecovering();
        AddAtomically(events, @event => new PendingInvocation<TEvent>(@event, handler, stashing: false));
    }

    /// <summary>Runs the handler after the handlers of all events persisted before; stores nothing.</summary>
    /// <exception cref="InvalidOperationException">The actor still recovers.</exception>
    public void DeferAsync<TEvent>(TEvent evt, Action<TEvent> handler)
    {
        AssertNotRecovering();
        if (_pendingInvocations.Count == 0)
        {
            handler(evt);
            return;
        }

        _pendingInvocations.Enqueue(new PendingInvocation<TEvent>(evt!, handler, stashing: false));
        _journalBatch.Enqueue(new NonPersistentMessage(evt!, Sender));
    }

    /// <summary>Asks to delete events; <see cref="DeleteMessagesSuccess"/> or <see cref="DeleteMessagesFailure"/> comes as a message.</summary>
    public void DeleteMessages(long toSequenceNr) =>
        Journal.Tell(new DeleteMessagesTo(PersistenceId, toSequenceNr, Self), Self);

    /// <summary>Runs after the last event of a recovery, before <see cref="RecoveryCompleted"/>.</summary>
    protected virtual void OnReplaySuccess()
    {
    }

    /// <summary>Recovery failed; the actor stops afterwards.</summary>
    protected virtual void OnRecoveryFailure(Exception reason, object? message = null)
    {
        if (message is null)
            Log.Error(reason, "Persistence failure when replaying events for persistenceId [{0}]. Last known sequence number [{1}]", PersistenceId, LastSequenceNr);
        else
            Log.Error(reason, "Exception in ReceiveRecover when replaying event type [{0}] with sequence number [{1}] for persistenceId [{2}]", message.GetType(), LastSequenceNr, PersistenceId);
    }

    /// <summary>An event was not stored, or it is not known whether it was; the actor stops afterwards.</summary>
    protected virtual void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        Log.Error(cause, "Failed to persist event type [{0}] with sequence number [{1}] for persistenceId [{2}].", @event.GetType(), sequenceNr, PersistenceId);

    /// <summary>An event was refused and certainly not stored; the actor goes on.</summary>
    protected virtual void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        Log.Error(cause, "Rejected to persist event type [{0}] with sequence number [{1}] for persistenceId [{2}] due to [{3}].", @event.GetType(), sequenceNr, PersistenceId, cause.Message);

    private void AssertNotRecovering()
    {
        if (IsRecovering)
            throw new InvalidOperationException("Cannot persist during replay. Events can be persisted when receiving RecoveryCompleted or later.");
    }

    private Persistent NewPersistent(object @event) =>
        new(@event, ++_sequenceNr, PersistenceId, sender: Sender, writerGuid: _writerGuid);

    private void AddAtomically<TEvent>(IEnumerable<TEvent> events, Func<object, PendingInvocation> invocation)
    {
        var representations = ImmutableArray.CreateBuilder<IPersistentRepresentation>();
        foreach (var @event in events)
        {
            _pendingInvocations.Enqueue(invocation(@event!));
            representations.Add(NewPersistent(@event!));
        }

        if (representations.Count > 0)
            _journalBatch.Enqueue(new AtomicWrite(representations.ToImmutable()));
    }

    /// <summary>Sends what is waiting unless a write is under way: the journal gets one request of an actor at a time.</summary>
    private void FlushJournalBatch(int limit = int.MaxValue)
    {
        if (_isWriteInProgress || _journalBatch.Count == 0)
            return;
        var batch = new IPersistentEnvelope[Math.Min(limit, _journalBatch.Count)];
        for (var i = 0; i < batch.Length; i++)
            batch[i] = _journalBatch.Dequeue();
        _isWriteInProgress = true;
        Journal.Tell(new WriteMessages(batch, Self, _instanceId), Self);
    }
}
