using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.TestKit;
using Mooring.Tests.Engine.PersistenceSql;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>What every journal must do, spoken in its protocol.</summary>
public abstract class JournalContract(string hocon, ITestOutputHelper? output = null) : PersistenceTestKit(hocon, output)
{
    private IActorRef Journal => Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor("");

    private static Persistent Event(string id, long sequenceNr, string data = "") =>
        new(new TestEvent(data.Length > 0 ? data : "e" + sequenceNr), sequenceNr, id, writerGuid: "writer");

    private void Write(TestProbe probe, params IPersistentEnvelope[] envelopes) =>
        Journal.Tell(new WriteMessages(envelopes, probe.Ref, 1), probe.Ref);

    private TestProbe WriteEvents(string id, int from, int to)
    {
        var probe = CreateTestProbe();
        Write(probe, [.. Enumerable.Range(from, to - from + 1).Select(i => new AtomicWrite(Event(id, i)))]);
        probe.ExpectMsg<WriteMessagesSuccessful>();
        for (var i = from; i <= to; i++)
            Assert.Equal(i, probe.ExpectMsg<WriteMessageSuccess>().Persistent.SequenceNr);
        return probe;
    }

    private (List<IPersistentRepresentation> Events, long Highest) Replay(string id, long from = 1, long to = long.MaxValue, long max = long.MaxValue)
    {
        var probe = CreateTestProbe();
        Journal.Tell(new ReplayMessages(from, to, max, id, probe.Ref), probe.Ref);
        var events = new List<IPersistentRepresentation>();
        while (true)
        {
            switch (probe.ExpectMsg<IJournalResponse>())
            {
                case ReplayedMessage replayed:
                    events.Add(replayed.Persistent);
                    break;
                case RecoverySuccess success:
                    return (events, success.HighestSequenceNr);
                case var other:
                    throw new InvalidOperationException($"unexpected {other}");
            }
        }
    }

    [ContractFact]
    public void Stored_events_come_back_in_order_with_what_belongs_to_them()
    {
        WriteEvents("a", 1, 5);
        WriteEvents("b", 1, 1);
        var (events, highest) = Replay("a");
        Assert.Equal(5, highest);
        Assert.Equal([1, 2, 3, 4, 5], events.Select(e => e.SequenceNr));
        Assert.All(events, e =>
        {
            Assert.Equal("a", e.PersistenceId);
            Assert.Equal("writer", e.WriterGuid);
            Assert.Equal(new TestEvent("e" + e.SequenceNr), e.Payload);
            Assert.True(e.Timestamp > 0);
        });
    }

    [ContractFact]
    public void A_replay_keeps_to_its_range_and_its_limit()
    {
        WriteEvents("a", 1, 10);
        Assert.Equal([3, 4, 5], Replay("a", 3, 5).Events.Select(e => e.SequenceNr));
        Assert.Equal([3, 4], Replay("a", 3, 8, 2).Events.Select(e => e.SequenceNr));
        Assert.Empty(Replay("a", 11).Events);
        Assert.Equal(10, Replay("a", 3, 5).Highest);
    }

    [ContractFact]
    public void An_unknown_entity_has_no_events()
    {
        var (events, highest) = Replay("nobody");
        Assert.Empty(events);
        Assert.Equal(0, highest);
    }

    [ContractFact]
    public void Deleted_events_do_not_come_back_but_the_highest_number_stays()
    {
        var probe = WriteEvents("a", 1, 5);
        Journal.Tell(new DeleteMessagesTo("a", 3, probe.Ref), probe.Ref);
        Assert.Equal(3, probe.ExpectMsg<DeleteMessagesSuccess>().ToSequenceNr);
        Assert.Equal([4, 5], Replay("a").Events.Select(e => e.SequenceNr));

        Journal.Tell(new DeleteMessagesTo("a", long.MaxValue, probe.Ref), probe.Ref);
        probe.ExpectMsg<DeleteMessagesSuccess>();
        var (events, highest) = Replay("a");
        Assert.Empty(events);
        Assert.Equal(5, highest);
    }

    [ContractFact]
    public void Messages_that_only_pass_through_keep_their_place()
    {
        var probe = CreateTestProbe();
        Write(probe, new AtomicWrite(Event("a", 1)), new NonPersistentMessage("through", probe.Ref), new AtomicWrite(Event("a", 2)));
        probe.ExpectMsg<WriteMessagesSuccessful>();
        Assert.Equal(1, probe.ExpectMsg<WriteMessageSuccess>().Persistent.SequenceNr);
        Assert.Equal("through", probe.ExpectMsg<LoopMessageSuccess>().Message);
        Assert.Equal(2, probe.ExpectMsg<WriteMessageSuccess>().Persistent.SequenceNr);
    }

    [ContractFact]
    public void Several_events_of_one_atomic_write_are_stored_together()
    {
        var probe = CreateTestProbe();
        Write(probe, new AtomicWrite(ImmutableList.Create<IPersistentRepresentation>(Event("a", 1), Event("a", 2), Event("a", 3))));
        probe.ExpectMsg<WriteMessagesSuccessful>();
        for (var i = 1; i <= 3; i++)
            probe.ExpectMsg<WriteMessageSuccess>();
        Assert.Equal(3, Replay("a").Events.Count);
    }

    [ContractFact]
    public void Replies_come_in_the_order_of_the_requests()
    {
        var probe = CreateTestProbe();
        for (var i = 1; i <= 50; i++)
            Write(probe, new AtomicWrite(Event("entity-" + (i % 7), 1 + (i / 7))));
        for (var i = 1; i <= 50; i++)
        {
            probe.ExpectMsg<WriteMessagesSuccessful>();
            Assert.Equal("entity-" + (i % 7), probe.ExpectMsg<WriteMessageSuccess>().Persistent.PersistenceId);
        }
    }

    [ContractFact]
    public void Odd_ids_and_texts_are_kept()
    {
        const string id = "vol/ümläut 'quoted\" -- ; drop\u0001";
        var probe = CreateTestProbe();
        Write(probe, new AtomicWrite(Event(id, 1, "snow ☃ \0 end")));
        probe.ExpectMsg<WriteMessagesSuccessful>();
        probe.ExpectMsg<WriteMessageSuccess>();
        Assert.Equal(new TestEvent("snow ☃ \0 end"), Assert.Single(Replay(id).Events).Payload);
    }
}

/// <summary>The contract on the journal in memory.</summary>
public sealed class MemoryJournalSpec() : JournalContract("""akka.persistence.journal.plugin = "akka.persistence.journal.inmem" """);
