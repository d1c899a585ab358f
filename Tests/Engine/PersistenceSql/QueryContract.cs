using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Mooring.Tests.Engine.Persistence;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>What the queries do on every database.</summary>
public abstract class QueryContract : QueryTestKit
{
    private readonly string _hocon;

    protected QueryContract(string journal, string connectionString, string provider)
        : base(journal, connectionString, provider, ReadJournal("test.polling", connectionString, provider, "refresh-interval = 50ms"))
        => _hocon = Hocon(journal, connectionString, provider);

    [ContractFact]
    public void A_query_of_what_is_there_gives_an_entitys_events_in_order_and_completes()
    {
        Store("a", "1", "2");
        Store("b", "other");
        Store("a", "3", "4");
        var all = All(Queries.CurrentEventsByPersistenceId("a", 0, long.MaxValue));
        Assert.Equal(["1", "2", "3", "4"], all.ConvertAll(Data));
        Assert.Equal([1, 2, 3, 4], all.ConvertAll(e => e.SequenceNr));
        Assert.All(all, e => Assert.Equal("a", e.PersistenceId));
        Assert.Equal(all.OrderBy(e => e.Offset), all);
        Assert.All(all, e => Assert.True(e.Timestamp > 0));
        Assert.Equal(["2", "3"], Data(Queries.CurrentEventsByPersistenceId("a", 2, 3)));
        Assert.Empty(Data(Queries.CurrentEventsByPersistenceId("a", 5, long.MaxValue)));
        Assert.Empty(Data(Queries.CurrentEventsByPersistenceId("nobody", 0, long.MaxValue)));
    }

    [ContractFact]
    public void A_query_may_be_the_first_that_uses_the_database()
    {
        Assert.Empty(Data(Queries.CurrentEventsByPersistenceId("a", 0, long.MaxValue)));
        Assert.Empty(Data(Queries.CurrentAllEvents(Offset.NoOffset())));
        Assert.Empty(All(Queries.CurrentPersistenceIds()));
    }

    [ContractFact]
    public void A_live_query_of_an_entity_sees_at_once_what_is_stored_later()
    {
        Store("a", "1");
        var probe = Follow(Queries.EventsByPersistenceId("a", 0, long.MaxValue));
        Expect(probe, "1");
        Store("b", "other");
        Store("a", "2");
        Expect(probe, "2");
        Store("a", Numbered("more ", 35));
        Expect(probe, Numbered("more ", 35));
    }

    [ContractFact]
    public void A_live_query_forgets_nothing_that_comes_while_it_reads()
    {
        var actor = Sys.ActorOf(Scripted.Props("a", CreateTestProbe().Ref, PersistEach));
        var (entity, tag) = (Follow(Queries.EventsByPersistenceId("a", 0, long.MaxValue)), Follow(Queries.EventsByTag("red", Offset.NoOffset())));
        for (var round = 0; round < 100; round++)
        {
            // Two commits, the second most likely while the first one's event is read.
            actor.Tell($"red {round} 1", TestActor);
            actor.Tell($"red {round} 2", TestActor);
            Expect(entity, $"red {round} 1", $"red {round} 2");
            Expect(tag, $"red {round} 1", $"red {round} 2");
        }
    }

    [ContractFact]
    public void A_live_query_of_an_entity_completes_with_the_last_event_that_it_asked_for()
    {
        var probe = Follow(Queries.EventsByPersistenceId("a", 2, 3));
        Store("a", "1", "2", "3", "4");
        Expect(probe, "2", "3");
        probe.ExpectMsg("completed");
    }

    [ContractFact]
    public void More_events_than_a_page_come_complete()
    {
        Store("a", Numbered("red ", 40));
        Assert.Equal(Numbered("red ", 40), Data(Queries.CurrentEventsByPersistenceId("a", 0, long.MaxValue)));
        Assert.Equal(Numbered("red ", 40), Data(Queries.CurrentEventsByTag("red", Offset.NoOffset())));
        Assert.Equal(Numbered("red ", 40), Data(Queries.CurrentAllEvents(Offset.NoOffset())));
        Expect(Follow(Queries.EventsByTag("red", Offset.NoOffset())), Numbered("red ", 40));
    }

    [ContractFact]
    public void Events_by_tag_come_from_all_entities_in_the_order_of_the_journal_with_all_their_tags()
    {
        Store("a", "red 1", "plain", "blue 2");
        Store("b", "red blue 3");
        Store("a", "blue red green 4");
        var red = All(Queries.CurrentEventsByTag("red", Offset.NoOffset()));
        Assert.Equal(["red 1", "red blue 3", "blue red green 4"], red.ConvertAll(Data));
        Assert.Equal(["a", "b", "a"], red.ConvertAll(e => e.PersistenceId));
        Assert.Equal([1, 1, 4], red.ConvertAll(e => e.SequenceNr));
        Assert.Equal(["red"], red[0].Tags);
        Assert.Equal(["blue", "green", "red"], red[2].Tags);
        Assert.Equal(["blue 2", "red blue 3", "blue red green 4"], Data(Queries.CurrentEventsByTag("blue", Offset.NoOffset())));
        Assert.Equal([["red"], [], ["blue"], ["blue", "red"], ["blue", "green", "red"]], All(Queries.CurrentAllEvents(Offset.NoOffset())).ConvertAll(e => e.Tags));
        Assert.Empty(Data(Queries.CurrentEventsByTag("yellow", Offset.NoOffset())));
        Store("c", "a\"',b 5");
        Assert.Equal([["a\"',b"]], All(Queries.CurrentEventsByTag("a\"',b", Offset.NoOffset())).ConvertAll(e => e.Tags));
    }

    [ContractFact]
    public void A_query_begins_behind_its_offset()
    {
        Store("a", Numbered("red ", 25));
        var all = All(Queries.CurrentEventsByTag("red", Offset.NoOffset()));
        Assert.All(all, e => Assert.IsType<Sequence>(e.Offset));
        Assert.Equal(Numbered("red ", 25).Skip(1), Data(Queries.CurrentEventsByTag("red", all[0].Offset)));
        Assert.Equal(["red 25"], Data(Queries.CurrentAllEvents(all[23].Offset)));
        Assert.Empty(Data(Queries.CurrentEventsByTag("red", all[24].Offset)));
        Assert.Equal(Numbered("red ", 25), Data(Queries.CurrentAllEvents(Offset.Sequence(0))));

        var probe = Follow(Queries.EventsByTag("red", all[23].Offset));
        Expect(probe, "red 25");
        Store("b", "red 26");
        Expect(probe, "red 26");
    }

    [ContractFact]
    public void An_offset_of_another_kind_is_refused()
    {
        var offset = Offset.TimeBasedUuid(Guid.Empty);
        Assert.Contains("TimeBasedUuid", Assert.Throws<ArgumentException>(() => Queries.EventsByTag("red", offset)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Queries.CurrentEventsByTag("red", offset));
        Assert.Throws<ArgumentException>(() => Queries.AllEvents(offset));
        Assert.Throws<ArgumentException>(() => Queries.CurrentAllEvents(offset));
    }

    [ContractFact]
    public void A_live_query_by_tag_sees_at_once_what_is_stored_later()
    {
        Store("a", "red 1");
        var (red, blue) = (Follow(Queries.EventsByTag("red", Offset.NoOffset())), Follow(Queries.EventsByTag("blue", Offset.NoOffset())));
        Expect(red, "red 1");
        Store("b", "blue 2", "plain", "red blue 3");
        Expect(red, "red blue 3");
        Expect(blue, "blue 2", "red blue 3");
    }

    [ContractFact]
    public void All_events_come_in_the_order_of_the_journal_and_later_ones_too()
    {
        Store("a", "1");
        Store("b", "red 2");
        Store("a", "3");
        Assert.Equal(["1", "red 2", "3"], Data(Queries.CurrentAllEvents(Offset.NoOffset())));
        var probe = Follow(Queries.AllEvents(Offset.NoOffset()));
        Expect(probe, "1", "red 2", "3");
        Store("c", "4");
        Expect(probe, "4");
    }

    [ContractFact]
    public void Each_entity_is_told_once_and_new_ones_when_they_come()
    {
        foreach (var id in Numbered("entity-", 25))
            Store(id, "1", "2");
        Assert.Equal(Numbered("entity-", 25).Order(StringComparer.Ordinal), All(Queries.CurrentPersistenceIds()).Order(StringComparer.Ordinal));
        var probe = Follow(Queries.PersistenceIds());
        Assert.Equal(Numbered("entity-", 25).Order(StringComparer.Ordinal), Enumerable.Range(0, 25).Select(_ => probe.ExpectMsg<string>()).Order(StringComparer.Ordinal));
        Store("entity-1", Numbered("more", 25));
        Store("entity-26", "1", "2");
        Store("entity-27", "1");
        probe.ExpectMsg("entity-26");
        probe.ExpectMsg("entity-27");
    }

    [ContractFact]
    public void Deleted_events_are_not_shown()
    {
        Store("a", "red 1", "red 2", "red 3");
        Store("b", "red 4", "red 5");
        Delete("a", 2);
        Delete("b", 2);
        Assert.Equal(["red 3"], Data(Queries.CurrentEventsByPersistenceId("a", 0, long.MaxValue)));
        Assert.Empty(Data(Queries.CurrentEventsByPersistenceId("b", 0, long.MaxValue)));
        Assert.Equal(["red 3"], Data(Queries.CurrentEventsByTag("red", Offset.NoOffset())));
        Assert.Equal(["red 3"], Data(Queries.CurrentAllEvents(Offset.NoOffset())));
        Assert.Equal(["a"], All(Queries.CurrentPersistenceIds()));
        var probe = Follow(Queries.EventsByPersistenceId("b", 0, long.MaxValue));
        Store("b", "red 6");
        Expect(probe, "red 6");
    }

    [ContractFact]
    public void Events_pass_the_adapters_of_the_journal_that_wrote_them()
    {
        Store("a", "red 1", "red hidden", "red twice", "red 4");
        string[] expected = ["red 1", "red twice-a", "red twice-b", "red 4"];
        Assert.Equal(expected, Data(Queries.CurrentEventsByPersistenceId("a", 0, long.MaxValue)));
        var tagged = All(Queries.CurrentEventsByTag("red", Offset.NoOffset()));
        Assert.Equal(expected, tagged.ConvertAll(Data));
        Assert.Equal([1, 3, 3, 4], tagged.ConvertAll(e => e.SequenceNr));
        Assert.Equal(tagged[1].Offset, tagged[2].Offset);
    }

    [ContractFact]
    public void A_query_goes_on_only_as_fast_as_its_events_are_taken()
    {
        Store("a", Numbered("red ", 30));
        var taken = new List<string>();
        var gate = new TaskCompletionSource();
        var probe = CreateTestProbe();
        var done = Queries.CurrentEventsByTag("red", Offset.NoOffset()).SelectAsync(1, async e =>
        {
            probe.Ref.Tell(Data(e), TestActor);
            await gate.Task;
            return Data(e);
        }).RunForeach(taken.Add, Materializer);
        probe.ExpectMsg("red 1");
        // Not read yet, so gone: one page holds ten.
        Delete("a", 29);
        gate.SetResult();
        Result(done);
        Assert.Equal([.. Numbered("red ", 10), "red 30"], taken);
    }

    [ContractFact]
    public void A_kill_switch_ends_a_live_query()
    {
        Store("a", "red 1");
        var probe = CreateTestProbe();
        var (kill, done) = Queries.EventsByTag("red", Offset.NoOffset())
            .ViaMaterialized(KillSwitches.Single<EventEnvelope>(), Keep.Right)
            .ToMaterialized(Sink.ForEach<EventEnvelope>(e => probe.Ref.Tell(e, TestActor)), Keep.Both)
            .Run(Materializer);
        Expect(probe, "red 1");
        kill.Shutdown();
        Result(done);
    }

    [ContractFact]
    public async Task What_other_processes_store_is_seen_at_the_next_look()
    {
        var polling = Sys.ReadJournalFor<SqlReadJournal>("test.polling");
        var (tag, entity, ids) = (
            Follow(polling.EventsByTag("red", Offset.NoOffset())),
            Follow(polling.EventsByPersistenceId("elsewhere", 0, long.MaxValue)),
            Follow(polling.PersistenceIds()));
        var other = ActorSystem.Create("other", ConfigurationFactory.ParseString(_hocon));
        var actor = other.ActorOf(Scripted.Props("elsewhere", CreateTestProbe().Ref, PersistEach));
        actor.Tell("red 1");
        Expect(tag, "red 1");
        Expect(entity, "red 1");
        ids.ExpectMsg("elsewhere");
        await other.Terminate();
    }

    [ContractFact]
    public async Task A_live_query_gives_every_event_of_many_writers_once_and_in_order()
    {
        const int Systems = 3, Actors = 6, Events = 30;
        var probe = Follow(Sys.ReadJournalFor<SqlReadJournal>("test.polling").EventsByTag("red", Offset.NoOffset()));
        var systems = Enumerable.Range(0, Systems).Select(i => ActorSystem.Create("writer-" + i, ConfigurationFactory.ParseString(_hocon))).ToArray();
        var reports = CreateTestProbe();
        var actors = systems.SelectMany((s, i) => Enumerable.Range(0, Actors).Select(n => s.ActorOf(Scripted.Props($"s{i}-{n}", reports.Ref, PersistEach)))).ToArray();
        for (var i = 1; i <= Events; i++)
        {
            foreach (var actor in actors)
                actor.Tell("red " + i);
        }

        var seen = Enumerable.Range(0, Systems * Actors * Events).Select(_ => probe.ExpectMsg<EventEnvelope>()).ToList();
        Assert.Equal(seen.Count, seen.DistinctBy(e => e.Offset).Count());
        Assert.Equal(seen.OrderBy(e => e.Offset).Select(e => e.Offset), seen.Select(e => e.Offset));
        foreach (var entity in seen.GroupBy(e => e.PersistenceId))
            Assert.Equal(Numbered("red ", Events), entity.Select(Data));
        foreach (var system in systems)
            await system.Terminate();
    }
}
