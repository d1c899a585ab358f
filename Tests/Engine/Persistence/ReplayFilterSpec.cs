using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>What recovering actors get when two writers have stored events under one id.</summary>
public sealed class ReplayFilterSpec : PersistenceTestKit
{
    private void Feed(ReplayFilterMode mode, params (long SequenceNr, string Writer)[] events)
    {
        var filter = Sys.ActorOf(ReplayFilter.Props(TestActor, mode, 100, 10, false));
        foreach (var (sequenceNr, writer) in events)
            filter.Tell(new ReplayedMessage(new Persistent(new TestEvent(writer), sequenceNr, "p", writerGuid: writer)), TestActor);
        filter.Tell(new RecoverySuccess(events[^1].SequenceNr), TestActor);
    }

    private void ExpectEvents(params (long SequenceNr, string Writer)[] events)
    {
        foreach (var (sequenceNr, writer) in events)
        {
            var persistent = ExpectMsg<ReplayedMessage>().Persistent;
            Assert.Equal((sequenceNr, writer), (persistent.SequenceNr, persistent.WriterGuid));
        }
    }

    [Fact]
    public void Events_of_writers_that_follow_each_other_pass()
    {
        Feed(ReplayFilterMode.RepairByDiscardOld, (1, "A"), (2, "A"), (3, "B"));
        ExpectEvents((1, "A"), (2, "A"), (3, "B"));
        ExpectMsg<RecoverySuccess>();
    }

    [Fact]
    public void Events_of_an_old_writer_that_a_newer_one_overwrote_are_dropped()
    {
        Feed(ReplayFilterMode.RepairByDiscardOld, (1, "A"), (2, "A"), (3, "A"), (2, "B"), (4, "A"), (3, "B"));
        ExpectEvents((1, "A"), (2, "B"), (3, "B"));
        ExpectMsg<RecoverySuccess>();
    }

    [Fact]
    public void In_mode_fail_recovery_fails()
    {
        Feed(ReplayFilterMode.Fail, (1, "A"), (2, "A"), (2, "B"));
        Assert.Contains("older writer", ExpectMsg<ReplayMessagesFailure>().Cause.Message);
    }

    [Fact]
    public void In_mode_warn_everything_passes()
    {
        Feed(ReplayFilterMode.Warn, (1, "A"), (2, "B"), (3, "A"));
        ExpectEvents((1, "A"), (2, "B"), (3, "A"));
        ExpectMsg<RecoverySuccess>();
    }
}
