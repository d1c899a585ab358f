using Akka.Actor;
using Akka.Persistence;

namespace Mooring.Tests.Actors.Journal;

/// <summary>A persistent actor that keeps what it is given, and tells.</summary>
internal sealed class Keeper : ReceivePersistentActor
{
    private readonly List<object> _kept = [];
    private IActorRef _asker = ActorRefs.Nobody;

    public Keeper(string id)
    {
        PersistenceId = id;
        Recover<SnapshotOffer>(offer => _kept.AddRange(((Snapshot)offer.Snapshot).Kept));
        Recover<RecoveryCompleted>(_ => { });
        Recover<object>(_kept.Add);

        Command<Keep>(keep =>
        {
            var (left, asker) = (keep.Events.Length, Sender);
            PersistAll(keep.Events, happened =>
            {
                _kept.Add(happened);
                if (--left == 0)
                    asker.Tell(LastSequenceNr);
            });
        });
        Command<GetKept>(_ => Sender.Tell(_kept.ToArray()));
        Command<Take>(_ =>
        {
            _asker = Sender;
            SaveSnapshot(new Snapshot([.. _kept]));
        });
        Command<SaveSnapshotSuccess>(saved => _asker.Tell(saved.Metadata.SequenceNr));
        Command<SaveSnapshotFailure>(failed => _asker.Tell(new Status.Failure(failed.Cause)));
        Command<Forget>(forget =>
        {
            _asker = Sender;
            DeleteMessages(forget.To);
        });
        Command<DeleteMessagesSuccess>(done => _asker.Tell(done.ToSequenceNr));
        Command<DeleteMessagesFailure>(failed => _asker.Tell(new Status.Failure(failed.Cause)));
        Command<ForgetSnapshots>(forget =>
        {
            _asker = Sender;
            DeleteSnapshots(new SnapshotSelectionCriteria(forget.To));
        });
        Command<DeleteSnapshotsSuccess>(done => _asker.Tell(done.Criteria.MaxSequenceNr));
        Command<DeleteSnapshotsFailure>(failed => _asker.Tell(new Status.Failure(failed.Cause)));
    }

    public override string PersistenceId { get; }

    public sealed record Keep(params object[] Events);

    public sealed record GetKept;

    public sealed record Take;

    public sealed record Forget(long To);

    public sealed record ForgetSnapshots(long To);

    public sealed record Snapshot(object[] Kept);
}
