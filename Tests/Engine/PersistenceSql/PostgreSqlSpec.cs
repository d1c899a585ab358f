using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Mooring.Tests.Engine.Persistence;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>Runs where MOORING_POSTGRESQL holds a connection string of an empty database.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute()
    {
        if (string.IsNullOrEmpty(ConnectionString))
            Skip = "needs PostgreSQL: set MOORING_POSTGRESQL to a connection string";
    }

    public static string? ConnectionString => Environment.GetEnvironmentVariable("MOORING_POSTGRESQL");
}

/// <summary>The SQL plugins on PostgreSQL.</summary>
public sealed class PostgreSqlSpec() : PersistenceTestKit(Hocon)
{
    private readonly string _id = "pg-" + Guid.NewGuid();

    private static string Hocon => SqliteFile.HoconFor("").Replace("\"Data Source=\"", $"\"{PostgreSqlFactAttribute.ConnectionString}\"", StringComparison.Ordinal)
        .Replace("SQLite.MS", "PostgreSQL.15", StringComparison.Ordinal);

    [PostgreSqlFact]
    public void Events_and_snapshots_come_back()
    {
        var actor = Start(_id, (a, command) =>
        {
            switch (command)
            {
                case "snap":
                    a.SaveSnapshot(new TestEvent("state"));
                    break;
                case string data:
                    a.PersistAndReport(data);
                    break;
                default:
                    a.Report(command);
                    break;
            }
        });
        foreach (var data in new[] { "1", "2", "3" })
        {
            actor.Tell(data);
            ExpectMsg(new TestEvent(data));
        }

        actor.Tell("snap");
        ExpectMsg<SaveSnapshotSuccess>();
        StopAndWait(actor);
        Assert.Equal([new TestEvent("1"), new TestEvent("2"), new TestEvent("3")], RecoverAll(_id, new Recovery(SnapshotSelectionCriteria.None)));
        Assert.Equal(new TestEvent("state"), Assert.IsType<SnapshotOffer>(RecoverAll(_id)[0]).Snapshot);
    }

    [PostgreSqlFact]
    public void The_second_writer_of_a_sequence_number_is_refused()
    {
        using var other = ActorSystem.Create("other", ConfigurationFactory.ParseString(Hocon + "\n" + TestEventSerializer.Hocon));
        var mine = Start(_id, PersistEach);
        var stale = other.ActorOf(Scripted.Props(_id, TestActor, PersistEach));
        ExpectMsg<Recovered>();
        mine.Tell("1");
        ExpectMsg(new TestEvent("1"));
        stale.Tell("2");
        Assert.Equal(1, ExpectMsg<PersistFailed>().SequenceNr);
    }
}
