using Akka.Actor;
using Akka.Streams.Implementation;

namespace Akka.Persistence.Sql.Query;

/// <summary>
/// Looks for new events on behalf of all queries of a read journal: when this process has written, and from time to time because others
/// write too. Tells the queries how far they can read; does nothing while there are none.
/// </summary>
internal sealed class JournalWatch : ReceiveActor, IWithTimers
{
    private readonly QueryStore _store;
    private readonly Orderings _orderings;
    private readonly Dictionary<IActorRef, Query> _queries = [];
    private readonly Action _committed;
    private bool _looking;
    private bool _lookAgain;
    private bool _counts;

    public JournalWatch(QueryStore store)
    {
        _store = store;
        _orderings = new Orderings(store.CommitsInOrder, store.Settings.GapTries);
        var self = Self;
        _committed = () => self.Tell(Look.Early, ActorRefs.NoSender);
        Receive<Subscribe>(OnSubscribe);
        Receive<Look>(OnLook);
        Receive<Seen>(OnSeen);
        Receive<NotSeen>(OnNotSeen);
        Receive<Terminated>(t => Forget(t.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static IActorRef Start(ExtendedActorSystem system, QueryStore store) => system.SystemActorOf(
        Props.Create(() => new JournalWatch(store)).WithDeploy(Deploy.Local), $"sql-read-journal-{SqlPersistence.Get(system).NextReadJournal()}");

    protected override void PostStop() => _store.Committed -= _committed;

    private void OnSubscribe(Subscribe subscribe)
    {
        if (_queries.Count == 0)
        {
            _store.Committed += _committed;
            Timers.StartPeriodicTimer("refresh", Look.Early, _store.Settings.RefreshInterval);
            if (!_store.CommitsInOrder)
                Timers.StartPeriodicTimer("gaps", Look.Counted, _store.Settings.GapDelay);
        }
        Context.Watch(subscribe.Run.Actor);
        _queries[subscribe.Run.Actor] = new Query(subscribe.Run, subscribe.Changed, _store.CommitsInOrder);
        OnLook(Look.Early);
    }

    private void Forget(IActorRef stream)
    {
        if (!_queries.Remove(stream) || _queries.Count > 0)
            return;
        _store.Committed -= _committed;
        Timers.CancelAll();
    }

    private void OnLook(Look look)
    {
        _counts |= look.Counts;
        if (_queries.Count == 0)
            return;
        if (_looking)
        {
            _lookAgain = true;
            return;
        }
        var counts = _counts;
        (_looking, _lookAgain, _counts) = (true, false, false);
        // Who comes later must not be told what was seen before.
        foreach (var query in _queries.Values)
            query.Waits = true;
        _store.Look(_orderings.Position.Settled).PipeTo(
            Self,
            success: seen => new Seen(seen.Highest, seen.Behind, counts),
            failure: cause => new NotSeen(cause));
    }

    private void OnSeen(Seen seen)
    {
        var before = _orderings.Position;
        _orderings.Observe(seen.Highest, seen.Behind, seen.Counts);
        var position = _orderings.Position;
        foreach (var query in _queries.Values)
        {
            if (query.Waits)
                query.Tell(position);
        }
        // There is more behind a full batch without a gap.
        if (seen.Behind.Count == _store.Settings.GapBatchSize && position.Settled > before.Settled)
            _lookAgain = true;
        LookAgain();
    }

    private void OnNotSeen(NotSeen failure)
    {
        foreach (var query in _queries.Values)
            query.Run.PostFailure(failure.Cause);
        LookAgain();
    }

    private void LookAgain()
    {
        _looking = false;
        if (_lookAgain)
            OnLook(Look.Early);
    }

    /// <summary>A query that wants to know; the callback is called by the stream's actor, at once and whenever there is something new.</summary>
    internal sealed record Subscribe(StreamRun Run, Action<JournalPosition> Changed) : INoSerializationVerificationNeeded;

    private sealed record Look(bool Counts) : INoSerializationVerificationNeeded
    {
        public static readonly Look Early = new(false);
        public static readonly Look Counted = new(true);
    }

    private sealed record Seen(long Highest, List<long> Behind, bool Counts) : INoSerializationVerificationNeeded;

    private sealed record NotSeen(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed class Query(StreamRun run, Action<JournalPosition> changed, bool commitsInOrder)
    {
        private JournalPosition? _told;

        public StreamRun Run => run;

        public bool Waits { get; set; }

        public void Tell(JournalPosition position)
        {
            // An event whose gap was not waited for any longer changes nothing when it comes after all; its entity's query still wants it.
            if (commitsInOrder && _told == position)
                return;
            _told = position;
            run.Post(() => changed(position));
        }
    }
}
