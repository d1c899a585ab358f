using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence.Journal;

/// <summary>What a replay filter does with events that a second writer of the same persistence id stored.</summary>
public enum ReplayFilterMode
{
    /// <summary>The recovery fails.</summary>
    Fail,

    /// <summary>A warning is logged.</summary>
    Warn,

    /// <summary>Events of the older writer are dropped.</summary>
    RepairByDiscardOld,

    /// <summary>Nothing is checked.</summary>
    Disabled,
}

/// <summary>Checks replayed events before a recovering actor gets them.</summary>
public class ReplayFilter : ActorBase
{
    private readonly ReplayFiltering _filtering;

    /// <summary>For one recovery of an actor.</summary>
    public ReplayFilter(IActorRef persistentActor, ReplayFilterMode mode, int windowSize, int maxOldWriters, bool debugEnabled)
    {
        PersistentActor = persistentActor;
        Mode = mode;
        WindowSize = windowSize;
        MaxOldWriters = maxOldWriters;
        DebugEnabled = debugEnabled;
        _filtering = new ReplayFiltering(persistentActor, mode, windowSize, maxOldWriters, debugEnabled, Context.GetLogger());
    }

    /// <summary>Who recovers.</summary>
    public IActorRef PersistentActor { get; }

    /// <summary>What happens on a finding.</summary>
    public ReplayFilterMode Mode { get; }

    /// <summary>Number of events held back to look at.</summary>
    public int WindowSize { get; }

    /// <summary>Number of older writers remembered.</summary>
    public int MaxOldWriters { get; }

    /// <summary>Whether each event is logged.</summary>
    public bool DebugEnabled { get; }

    /// <summary>Props of a filter.</summary>
    public static Props Props(IActorRef persistentActor, ReplayFilterMode mode, int windowSize, int maxOldWriters, bool debugEnabled) =>
        Actor.Props.Create(() => new ReplayFilter(persistentActor, mode, windowSize, maxOldWriters, debugEnabled));

    /// <inheritdoc />
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case ReplayedMessage replayed:
                _filtering.Replay(replayed);
                return true;
            case RecoverySuccess or ReplayMessagesFailure:
                _filtering.End((IJournalResponse)message);
                Context.Stop(Self);
                return true;
            default:
                return false;
        }
    }
}

/// <summary>Takes the events of one recovery in order, then its end.</summary>
internal interface IReplayTarget
{
    void Replay(ReplayedMessage message);

    void End(IJournalResponse message);
}

/// <summary>Passes everything on.</summary>
internal sealed class DirectReplay(IActorRef persistentActor) : IReplayTarget
{
    public void Replay(ReplayedMessage message) => persistentActor.Tell(message, ActorRefs.NoSender);

    public void End(IJournalResponse message) => persistentActor.Tell(message, ActorRefs.NoSender);
}

/// <summary>
/// The filter's decision, without an actor: journals call it where they read, which saves an actor for each recovery.
/// It holds back a window of events, so that those of an old writer can still be dropped when a newer one shows up.
/// </summary>
internal sealed class ReplayFiltering(
    IActorRef persistentActor,
    ReplayFilterMode mode,
    int windowSize,
    int maxOldWriters,
    bool debugEnabled,
    ILoggingAdapter log) : IReplayTarget
{
    private readonly LinkedList<ReplayedMessage> _buffer = new();
    private readonly LinkedList<string> _oldWriters = new();
    private string _writer = "";
    private long _sequenceNr = -1;
    private bool _failed;

    // The place in the window that the last event left, for the next one.
    private LinkedListNode<ReplayedMessage>? _spare;

    public void Replay(ReplayedMessage message)
    {
        if (_failed)
            return;
        if (debugEnabled && log.IsDebugEnabled)
            log.Debug("Replay: {0}", message.Persistent);
        if (_buffer.Count >= windowSize)
        {
            _spare = _buffer.First!;
            persistentActor.Tell(_spare.Value, ActorRefs.NoSender);
            _buffer.Remove(_spare);
        }

        var persistent = message.Persistent;
        var writer = persistent.WriterGuid ?? "";
        if (writer == _writer)
            ReplayOfSameWriter(message, persistent);
        else if (_oldWriters.Contains(writer))
            Report(message, $"There was already a newer writer whose last replayed event was [sequenceNr={_sequenceNr}, writerUUID={_writer}] for the same persistenceId [{persistent.PersistenceId}]. Perhaps, the old writer kept journaling messages after the new writer created, or duplicate persistentId for different entities?");
        else
            ReplayOfNewWriter(message, persistent, writer);
    }

    public void End(IJournalResponse message)
    {
        if (_failed)
            return;
        foreach (var buffered in _buffer)
            persistentActor.Tell(buffered, ActorRefs.NoSender);
        _buffer.Clear();
        persistentActor.Tell(message, ActorRefs.NoSender);
    }

    private void ReplayOfSameWriter(ReplayedMessage message, IPersistentRepresentation persistent)
    {
        if (persistent.SequenceNr < _sequenceNr)
        {
            Report(message, $"Invalid replayed event [sequenceNr={persistent.SequenceNr}, writerUUID={_writer}] as the sequenceNr should be equal to or greater than already-processed event [sequenceNr={_sequenceNr}] from the same writer, for the same persistenceId [{persistent.PersistenceId}]. Perhaps, events were journaled out of sequence, or duplicate persistentId for different entities?");
            return;
        }

        // Equal numbers come from an event adapter that makes several events of one.
        _sequenceNr = persistent.SequenceNr;
        Keep(message);
    }

    private void ReplayOfNewWriter(ReplayedMessage message, IPersistentRepresentation persistent, string writer)
    {
        if (_writer.Length > 0)
            _oldWriters.AddLast(_writer);
        if (_oldWriters.Count > maxOldWriters)
            _oldWriters.RemoveFirst();
        _writer = writer;
        _sequenceNr = persistent.SequenceNr;
        for (var node = _buffer.First; node is not null && !_failed;)
        {
            var next = node.Next;
            var older = node.Value.Persistent;
            if (older.SequenceNr >= _sequenceNr)
            {
                if (mode == ReplayFilterMode.RepairByDiscardOld)
                    _buffer.Remove(node);
                Report(null, $"Invalid replayed event [sequenceNr={persistent.SequenceNr}, writerUUID={writer}] from a new writer. An older writer already sent an event [sequenceNr={older.SequenceNr}, writerUUID={older.WriterGuid}] whose sequence number was equal or greater for the same persistenceId [{persistent.PersistenceId}]. Perhaps, the new writer journaled the event out of sequence, or duplicate persistentId for different entities?");
            }

            node = next;
        }

        if (!_failed)
            Keep(message);
    }

    private void Keep(ReplayedMessage message)
    {
        if (_spare is not { } node)
        {
            _buffer.AddLast(message);
            return;
        }

        _spare = null;
        node.Value = message;
        _buffer.AddLast(node);
    }

    private void Report(ReplayedMessage? message, string issue)
    {
        switch (mode)
        {
            case ReplayFilterMode.Warn:
                log.Warning(issue);
                if (message is not null)
                    Keep(message);
                break;
            case ReplayFilterMode.RepairByDiscardOld:
                log.Warning(issue);
                break;
            default:
                log.Error(issue);
                _failed = true;
                _buffer.Clear();
                persistentActor.Tell(new ReplayMessagesFailure(new InvalidOperationException(issue)), ActorRefs.NoSender);
                break;
        }
    }
}
