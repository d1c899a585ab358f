using Akka.Actor;
using Akka.Persistence;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>What an actor recovers, and what happens when writing or recovering fails.</summary>
public sealed class RecoverySpec() : PersistenceTestKit("akka.persistence.max-concurrent-recoveries = 2")
{
    private static void Commands(Scripted a, object command)
    {
        switch (command)
        {
            case "snap":
                a.SaveSnapshot(new TestEvent("state at " + a.LastSequenceNr));
                break;
            case "seq":
                a.Report(a.LastSequenceNr);
                break;
            case long toSequenceNr:
                a.DeleteMessages(toSequenceNr);
                break;
            case "crash":
                a.PersistAndReport("before the crash");
                throw new InvalidOperationException("crash");
            case string[] all:
                a.PersistAll(all.Select(d => new TestEvent(d)), e => a.Report(e));
                break;
            case string data:
                a.PersistAndReport(data);
                break;
            default:
                a.Report(command);
                break;
        }
    }

    private IActorRef StartWith(string id, params object[] commands)
    {
        var actor = Start(id, Commands);
        foreach (var command in commands)
        {
            actor.Tell(command);
            _ = command is "snap" ? ExpectMsg<SaveSnapshotSuccess>() : command is long ? ExpectMsg<DeleteMessagesSuccess>() : ExpectMsg<object>(new TestEvent((string)command));
        }

        return actor;
    }

    [Fact]
    public void An_actor_recovers_from_its_latest_snapshot_and_the_events_after_it()
    {
        StopAndWait(StartWith("p", "1", "2", "snap", "3", "snap", "4", "5"));
        var recovered = RecoverAll("p");
        var offer = Assert.IsType<SnapshotOffer>(recovered[0]);
        Assert.Equal(new TestEvent("state at 3"), offer.Snapshot);
        Assert.Equal(3, offer.Metadata.SequenceNr);
        Assert.Equal([new TestEvent("4"), new TestEvent("5")], recovered.Skip(1));
    }

    [Fact]
    public void Recovery_goes_from_and_to_where_the_actor_says()
    {
        StopAndWait(StartWith("p", "1", "2", "snap", "3", "4"));
        Assert.Equal([new TestEvent("1"), new TestEvent("2"), new TestEvent("3")],
            RecoverAll("p", new Recovery(SnapshotSelectionCriteria.None, 3)));
        Assert.Equal([new TestEvent("1")], RecoverAll("p", new Recovery(SnapshotSelectionCriteria.None, 3, 1)));
        Assert.Empty(RecoverAll("p", Recovery.None));
    }

    [Fact]
    public void An_actor_without_events_completes_its_recovery_and_starts_at_one()
    {
        Assert.Empty(RecoverAll("nobody"));
        var actor = StartWith("nobody", "first");
        actor.Tell("seq");
        ExpectMsg(1L);
    }

    [Fact]
    public void Sequence_numbers_go_on_after_recovery_without_replay()
    {
        StopAndWait(StartWith("p", "1", "2"));
        var actor = Start("p", Commands, Recovery.None);
        actor.Tell("3");
        ExpectMsg(new TestEvent("3"));
        actor.Tell("seq");
        ExpectMsg(3L);
    }

    [Fact]
    public void Deleted_events_are_not_replayed_and_their_numbers_are_not_used_again()
    {
        StopAndWait(StartWith("p", "1", "2", "3", 2L));
        Assert.Equal([new TestEvent("3")], RecoverAll("p"));
        StopAndWait(StartWith("p", 3L));
        Assert.Empty(RecoverAll("p"));
        var actor = StartWith("p", "4");
        actor.Tell("seq");
        ExpectMsg(4L);
    }

    [Fact]
    public void A_failed_write_stops_the_actor_and_its_event_is_not_there()
    {
        var actor = StartWith("p", "1");
        Watch(actor);
        actor.Tell("fail 2");
        var failed = ExpectMsg<PersistFailed>();
        Assert.Equal((new TestEvent("fail 2"), 2L, "the disk is gone"), (failed.Event, failed.SequenceNr, failed.Reason));
        ExpectTerminated(actor);
        Assert.Equal([new TestEvent("1")], RecoverAll("p"));
    }

    [Fact]
    public void A_rejected_write_is_told_and_the_actor_goes_on()
    {
        var actor = StartWith("p", "1");
        actor.Tell("reject 2");
        Assert.Equal(new PersistRejected(new TestEvent("reject 2"), 2, "not this one"), ExpectMsg<PersistRejected>());
        actor.Tell("3");
        ExpectMsg(new TestEvent("3"));
        StopAndWait(actor);
        Assert.Equal([new TestEvent("1"), new TestEvent("3")], RecoverAll("p"));
    }

    [Fact]
    public void PersistAll_stores_all_events_or_none()
    {
        var actor = StartWith("p");
        actor.Tell(new[] { "1", "2" });
        ExpectMsg(new TestEvent("1"));
        ExpectMsg(new TestEvent("2"));
        actor.Tell(new[] { "3", "reject 4", "5" });
        for (var i = 3; i <= 5; i++)
            Assert.Equal(i, ExpectMsg<PersistRejected>().SequenceNr);
        StopAndWait(actor);
        Assert.Equal([new TestEvent("1"), new TestEvent("2")], RecoverAll("p"));
    }

    [Fact]
    public void An_actor_that_crashes_after_Persist_finds_its_event_when_it_restarts()
    {
        var actor = StartWith("p", "1");
        actor.Tell("crash");
        actor.Tell("2");
        ExpectMsg(new Recovered(new TestEvent("1")));
        ExpectMsg(new Recovered(new TestEvent("before the crash")));
        ExpectMsg<Recovered>(r => r.Message is RecoveryCompleted);
        ExpectMsg(new TestEvent("2"));
    }

    [Fact]
    public void An_actor_that_cannot_handle_an_event_stops()
    {
        StopAndWait(StartWith("p", "1"));
        var actor = Sys.ActorOf(Scripted.Props("p", TestActor, Commands, onRecover: (_, m) =>
        {
            if (m is TestEvent)
                throw new FormatException("cannot read this");
        }));
        Watch(actor);
        Assert.Equal("cannot read this", ExpectMsg<RecoveryFailed>().Reason);
        ExpectTerminated(actor);
    }

    [Fact]
    public void More_actors_than_permits_recover_one_after_the_other()
    {
        foreach (var i in Enumerable.Range(0, 20))
            Sys.ActorOf(Scripted.Props("p" + i, TestActor, Commands));
        for (var i = 0; i < 20; i++)
            ExpectMsg<Recovered>(r => r.Message is RecoveryCompleted);
    }

    [Fact]
    public void A_missing_plugin_is_named()
    {
        var e = Assert.Throws<ArgumentException>(() => Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor("akka.persistence.journal.nowhere"));
        Assert.Contains("akka.persistence.journal.nowhere", e.Message);
    }
}
