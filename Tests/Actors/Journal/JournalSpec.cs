using Akka.Actor;
using Mooring.Actors.Journal;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.StorageNode;

namespace Mooring.Tests.Actors.Journal;

/// <summary>What Mooring asks of a journal and a snapshot store, of each that <c>mooring.journal</c> can name.</summary>
public sealed class JournalSpec(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private const string Id = "keeper/1";

    private static readonly string[] Names = PostgreSqlServer.Missing is null ? ["store", "sqlite", "postgresql"] : ["store", "sqlite"];

    public static TheoryData<string> Journals => [.. Names];

    [NeedsPostgreSqlFact]
    public void PostgreSQL_is_among_them() => Assert.Contains("postgresql", Names);

    [Theory, MemberData(nameof(Journals))]
    public async Task What_was_persisted_is_recovered_in_order(string journal)
    {
        await using var nodes = Nodes(journal);
        var first = Start(await nodes.StartAsync(), Id);
        Assert.Equal(1, await AskAsync(first, new Keeper.Keep("a")));
        Assert.Equal(4, await AskAsync(first, new Keeper.Keep("b", "c", "d")));
        var next = Start(await nodes.StartAsync(), Id);
        Assert.Equal(["a", "b", "c", "d"], await KeptAsync(next));
        Assert.Equal(5, await AskAsync(next, new Keeper.Keep("e")));
    }

    [Theory, MemberData(nameof(Journals))]
    public async Task Many_actors_that_persist_at_once_keep_each_their_own(string journal)
    {
        await using var nodes = Nodes(journal);
        var system = await nodes.StartAsync();
        var keepers = Enumerable.Range(0, 20).Select(i => Start(system, $"many/{i}")).ToList();
        for (var round = 0; round < 5; round++)
            await Task.WhenAll(keepers.Select((keeper, i) => AskAsync(keeper, new Keeper.Keep($"{i} {round}"))));
        var next = await nodes.StartAsync();
        for (var i = 0; i < keepers.Count; i++)
            Assert.Equal(Enumerable.Range(0, 5).Select(round => $"{i} {round}"), await KeptAsync(Start(next, $"many/{i}")));
    }

    [Theory, MemberData(nameof(Journals))]
    public async Task A_snapshot_stands_for_the_events_before_it_which_may_go(string journal)
    {
        await using var nodes = Nodes(journal);
        var first = Start(await nodes.StartAsync(), Id);
        await AskAsync(first, new Keeper.Keep("a", "b"));
        Assert.Equal(2, await AskAsync(first, new Keeper.Take()));
        await AskAsync(first, new Keeper.Keep("c"));
        Assert.Equal(3, await AskAsync(first, new Keeper.Take()));
        Assert.Equal(3, await AskAsync(first, new Keeper.Forget(3)));
        Assert.Equal(2, await AskAsync(first, new Keeper.ForgetSnapshots(2)));
        await AskAsync(first, new Keeper.Keep("d"));
        var next = Start(await nodes.StartAsync(), Id);
        Assert.Equal(["a", "b", "c", "d"], await KeptAsync(next));
        Assert.Equal(5, await AskAsync(next, new Keeper.Keep("e")));
    }

    [Theory, MemberData(nameof(Journals))]
    public async Task Where_all_events_were_deleted_the_next_number_follows_the_highest(string journal)
    {
        await using var nodes = Nodes(journal);
        var first = Start(await nodes.StartAsync(), Id);
        await AskAsync(first, new Keeper.Keep("a", "b"));
        await AskAsync(first, new Keeper.Forget(long.MaxValue));
        var next = Start(await nodes.StartAsync(), Id);
        Assert.Empty(await KeptAsync(next));
        Assert.Equal(3, await AskAsync(next, new Keeper.Keep("c")));
    }

    [Theory, MemberData(nameof(Journals))]
    public async Task Of_two_incarnations_the_stale_one_is_stopped_by_its_next_event(string journal)
    {
        await using var nodes = Nodes(journal);
        var stale = Start(await nodes.StartAsync(), Id);
        await AskAsync(stale, new Keeper.Keep("a"));
        var fresh = Start(await nodes.StartAsync(), Id);
        await AskAsync(fresh, new Keeper.Keep("b"));

        var stopped = stale.WatchAsync();
        stale.Tell(new Keeper.Keep("stale"));
        Assert.True(await stopped.WaitAsync(ActorSpec.Limit));

        Assert.Equal(3, await AskAsync(fresh, new Keeper.Keep("c")));
        Assert.Equal(["a", "b", "c"], await KeptAsync(Start(await nodes.StartAsync(), Id)));
    }

    [Theory, MemberData(nameof(Journals))]
    public async Task A_reference_to_an_actor_leads_to_its_node_from_another_one(string journal)
    {
        await using var nodes = Nodes(journal);
        var here = (ExtendedActorSystem)await nodes.StartAsync();
        var first = Start(here, Id);
        var other = Start(here, "other");
        // One that has gone has no actor system that it could tell by itself.
        var gone = here.Provider.ResolveActorRef($"{here.Provider.DefaultAddress}/user/gone");
        await AskAsync(first, new Keeper.Keep(other, gone));
        Assert.Equal(2, await AskAsync(first, new Keeper.Take()));
        await AskAsync(first, new Keeper.Keep(other, gone));
        var found = await KeptAsync(Start(await nodes.StartAsync(), Id));
        Assert.Equal(4, found.Length);
        Assert.All(found, reference => Assert.Equal(here.Provider.DefaultAddress, ((IActorRef)reference).Path.Address));
    }

    [Fact]
    public async Task That_its_connection_is_shut_out_of_the_store_is_told_once()
    {
        await using var nodes = Nodes("store");
        var system = await nodes.StartAsync();
        var told = Inbox.Create(system);
        system.EventStream.Subscribe(told.Receiver, typeof(JournalShutOut));
        var keepers = new[] { Start(system, "keeper/1"), Start(system, "keeper/2") };
        await Task.WhenAll(keepers.Select(k => AskAsync(k, new Keeper.Keep("a"))));
        await using var other = await new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = nodes.DataDirectory }).ConnectAsync("other", 1, default);
        await other.FenceAsync(((IEventLogConnection)EventLogExtension.Get(system)).Address, TimeSpan.FromHours(1), default);
        foreach (var keeper in keepers)
        {
            told.Watch(keeper);
            keeper.Tell(new Keeper.Keep("b"));
        }
        // The ends of both, and once why.
        var messages = new[] { told.Receive(ActorSpec.Limit), told.Receive(ActorSpec.Limit), told.Receive(ActorSpec.Limit) };
        Assert.Equal(2, messages.OfType<Terminated>().Count());
        Assert.Single(messages.OfType<JournalShutOut>());
        Assert.Equal(["a"], await KeptAsync(Start(await nodes.StartAsync(), "keeper/1")));
    }

    [Theory]
    [InlineData("store", "sql")]
    [InlineData("sql", "store")]
    public async Task A_store_whose_journal_is_another_one_is_refused(string written, string started)
    {
        await using var nodes = new JournalNodes();
        await nodes.StartAsync($"journal={written}");
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => nodes.StartAsync($"journal={started}"));
        Assert.Equal($"the journal of this block store was written with mooring.journal = {written}; this node was started with {started}", refused.Message);
        await nodes.StartAsync($"journal={written}");
    }

    [Fact]
    public async Task A_store_from_before_there_was_a_choice_is_sqls()
    {
        await using var nodes = new JournalNodes();
        Directory.CreateDirectory(nodes.DataDirectory);
        await File.WriteAllTextAsync(Path.Combine(nodes.DataDirectory, "journal.db"), "");
        await Assert.ThrowsAsync<NodeStartException>(() => nodes.StartAsync());
        await nodes.StartAsync("journal=sql");
    }

    [Fact]
    public async Task A_database_that_does_not_answer_stops_the_start_and_leaves_the_choice_open()
    {
        await using var nodes = new JournalNodes();
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => nodes.StartAsync(
            "journal=sql", "sql-journal.provider-name=PostgreSQL.15", "sql-journal.connection-string=Host=127.0.0.1;Port=1;Username=nobody;Timeout=1"));
        Assert.StartsWith("the journal (mooring.sql-journal) cannot be written: ", refused.Message, StringComparison.Ordinal);
        await nodes.StartAsync();
    }

    private JournalNodes Nodes(string journal) => journal switch
    {
        "store" => new JournalNodes(),
        "sqlite" => new JournalNodes("journal=sql"),
        _ => new JournalNodes("journal=sql", "sql-journal.provider-name=PostgreSQL.15", $"sql-journal.connection-string={server.CreateDatabase()}"),
    };

    private static IActorRef Start(ActorSystem system, string id) => system.ActorOf(Props.Create(() => new Keeper(id)));

    private static Task<long> AskAsync(IActorRef keeper, object request) => keeper.Ask<long>(request, ActorSpec.Limit);

    private static Task<object[]> KeptAsync(IActorRef keeper) => keeper.Ask<object[]>(new Keeper.GetKept(), ActorSpec.Limit);

    private sealed class NeedsPostgreSqlFactAttribute : FactAttribute
    {
        public override string? Skip => PostgreSqlServer.Missing;
    }
}
