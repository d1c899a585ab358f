using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Journal;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Db;
using Microsoft.Data.Sqlite;
using Mooring.Tests.Engine.Persistence;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>What the SQL journal does beyond the contract: one file, many actors, several writers.</summary>
public sealed class SqlWriteJournalSpec : PersistenceTestKit
{
    private readonly SqliteFile _file;
    private readonly ITestOutputHelper _output;

    public SqlWriteJournalSpec(ITestOutputHelper output)
        : this(new SqliteFile(), output)
    {
    }

    private SqlWriteJournalSpec(SqliteFile file, ITestOutputHelper output)
        : base(
            file.Hocon + """

            akka.persistence.journal.sql {
              event-adapters { tagging = "Mooring.Tests.Engine.PersistenceSql.SqlWriteJournalSpec+Tagging, Mooring.Tests.Engine" }
              event-adapter-bindings { "Mooring.Tests.Engine.Persistence.TestEvent, Mooring.Tests.Engine" = tagging }
            }
            """,
            output) => (_file, _output) = (file, output);

    public sealed class Tagging : IEventAdapter
    {
        public string Manifest(object evt) => "";

        public object ToJournal(object evt) => ((TestEvent)evt).Data.StartsWith("tagged", StringComparison.Ordinal) ? new Tagged(evt, ["red", "blue"]) : evt;

        public IEventSequence FromJournal(object evt, string manifest) => EventSequence.Single(evt);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _file.Dispose();
    }

    private SqlDatabase Database => SqlPersistence.Get(Sys).Open(new SqlSettings(
        Sys.Settings.Config.GetConfig(SqlPersistence.JournalConfigPath), SqlPersistence.JournalConfigPath));

    private long Count(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_file.Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    [Fact]
    public void Twenty_actors_share_commits()
    {
        var actors = Enumerable.Range(0, 20).Select(i => Start("actor-" + i, PersistEach)).ToArray();
        var before = Database.Commits;
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 50; i++)
        {
            foreach (var actor in actors)
                actor.Tell(i.ToString());
        }

        for (var i = 0; i < 50 * actors.Length; i++)
            ExpectMsg<TestEvent>();
        var commits = Database.Commits - before;
        _output.WriteLine($"{50 * actors.Length} events in {clock.ElapsedMilliseconds} ms and {commits} commits");
        Assert.True(commits <= 500, $"{commits} commits for {50 * actors.Length} events");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (object)new TestEvent(i.ToString())), RecoverAll("actor-7"));
    }

    [Fact]
    public void The_second_writer_of_a_sequence_number_is_refused_and_no_other_write_with_it()
    {
        using var other = ActorSystem.Create("other", ConfigurationFactory.ParseString(_file.Hocon + "\n" + TestEventSerializer.Hocon));
        var mine = Start("contended", PersistEach);
        mine.Tell("1");
        ExpectMsg(new TestEvent("1"));
        var stale = other.ActorOf(Scripted.Props("contended", TestActor, PersistEach));
        ExpectMsg(new Recovered(new TestEvent("1")));
        ExpectMsg<Recovered>();
        Watch(stale);

        mine.Tell("2");
        ExpectMsg(new TestEvent("2"));
        var bystanders = Enumerable.Range(0, 10).Select(i => other.ActorOf(Scripted.Props("bystander-" + i, TestActor, PersistEach))).ToArray();
        for (var i = 0; i < bystanders.Length; i++)
            ExpectMsg<Recovered>();
        foreach (var bystander in bystanders.Prepend(stale))
            bystander.Tell("mine");
        var answers = Enumerable.Range(0, 12).Select(_ => ExpectMsg<object>()).ToArray();

        var failed = Assert.Single(answers.OfType<PersistFailed>());
        Assert.Equal(2, failed.SequenceNr);
        Assert.Contains("Another writer", failed.Reason);
        Assert.Single(answers.OfType<Terminated>());
        Assert.Equal(10, answers.OfType<TestEvent>().Count());
        Assert.Equal(2, Count("SELECT COUNT(*) FROM journal WHERE persistence_id = 'contended'"));
    }

    [Fact]
    public async Task Several_systems_write_to_one_file_at_once()
    {
        var systems = Enumerable.Range(0, 3)
            .Select(i => ActorSystem.Create("writer-" + i, ConfigurationFactory.ParseString(_file.Hocon + "\n" + TestEventSerializer.Hocon))).ToArray();
        var actors = systems.SelectMany((s, i) => Enumerable.Range(0, 5).Select(n => s.ActorOf(Scripted.Props($"s{i}-{n}", TestActor, PersistEach)))).ToArray();
        for (var i = 0; i < 40; i++)
        {
            foreach (var actor in actors)
                actor.Tell(i.ToString());
        }

        var stored = 0;
        while (stored < 40 * actors.Length)
        {
            if (ExpectMsg<object>(TimeSpan.FromSeconds(20)) is TestEvent)
                stored++;
        }

        foreach (var system in systems)
            await system.Terminate();
        Assert.Equal(40 * actors.Length, Count("SELECT COUNT(*) FROM journal"));
    }

    [Fact]
    public void What_the_official_plugin_expects_is_in_the_tables()
    {
        var actor = Start("p", PersistEach);
        actor.Tell("tagged 1");
        ExpectMsg(new TestEvent("tagged 1"));
        StopAndWait(actor);
        Assert.Equal(1, Count("SELECT COUNT(*) FROM journal WHERE persistence_id = 'p' AND sequence_number = 1 AND identifier = 9001 "
            + "AND manifest = 'T' AND deleted = 0 AND created > 0 AND writer_uuid <> '' AND CAST(message AS TEXT) = 'tagged 1'"));
        Assert.Equal(2, Count("SELECT COUNT(*) FROM tags JOIN journal ON ordering_id = ordering WHERE tag IN ('red', 'blue') AND sequence_nr = 1"));
        Assert.Equal([new TestEvent("tagged 1")], RecoverAll("p"));
    }

    [Fact]
    public async Task A_system_that_has_terminated_has_closed_its_database()
    {
        var system = ActorSystem.Create("closing", ConfigurationFactory.ParseString(_file.Hocon + "\n" + TestEventSerializer.Hocon));
        var written = SqlPersistence.Get(system).Open(new SqlSettings(
            system.Settings.Config.GetConfig(SqlPersistence.JournalConfigPath), SqlPersistence.JournalConfigPath))
            .InitializeAsync("CREATE TABLE last(word TEXT)", "INSERT INTO last VALUES('done')");

        await system.Terminate().WaitAsync(RemainingOrDefault);

        Assert.True(written.IsCompletedSuccessfully);
        // SQLite's log goes into the file, and away, when the last connection closes.
        Assert.Equal([_file.Path], Directory.GetFiles(Path.GetDirectoryName(_file.Path)!));
        Assert.Equal(1, Count("SELECT COUNT(*) FROM last WHERE word = 'done'"));
    }

    [Fact]
    public void An_event_that_cannot_be_serialized_is_rejected()
    {
        var actor = Start("p", PersistEach);
        actor.Tell("unserializable");
        Assert.Contains("cannot serialize", ExpectMsg<PersistRejected>().Reason);
        actor.Tell("2");
        ExpectMsg(new TestEvent("2"));
        StopAndWait(actor);
        Assert.Equal([new TestEvent("2")], RecoverAll("p"));
    }

    [Fact]
    public void Long_histories_are_read_page_by_page()
    {
        var actor = Start("long", (a, command) => a.PersistAll(Enumerable.Range(0, (int)command).Select(i => new TestEvent("e" + i)), e =>
        {
            if (a.LastSequenceNr % 500 == 0)
                a.Report(e);
        }));
        for (var i = 0; i < 6; i++)
        {
            actor.Tell(500);
            ExpectMsg<TestEvent>();
        }

        StopAndWait(actor);
        Assert.Equal(3000, RecoverAll("long").Count);
    }
}

/// <summary>A journal file that cannot be used says so.</summary>
public sealed class SqlWriteJournalWithoutFileSpec() : PersistenceTestKit(SqliteFile.HoconFor("/nonexistent/journal.db"))
{
    [Fact]
    public void A_journal_that_cannot_be_written_fails_with_its_name()
    {
        var actor = Sys.ActorOf(Scripted.Props("p", TestActor, PersistEach));
        Watch(actor);
        var reason = ExpectMsg<RecoveryFailed>().Reason;
        Assert.Contains("/nonexistent/journal.db", reason);
        ExpectTerminated(actor);
    }
}
