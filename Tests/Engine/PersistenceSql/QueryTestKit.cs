using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.TestKit;
using Mooring.Tests.Engine.Persistence;

namespace Mooring.Tests.Engine.PersistenceSql;

/// <summary>A test kit with a SQL journal and its read journal. The words before the last one of an event are its tags.</summary>
public abstract class QueryTestKit : PersistenceTestKit
{
    /// <summary>Gaps are not waited for long, and the next look of its own accord is far away: what wakes a query is the journal.</summary>
    private const string Reading = """
        max-buffer-size = 10
        refresh-interval = 1h
        journal-sequence-retrieval { max-tries = 3, query-delay = 100ms, batch-size = 20 }
        """;

    private readonly Dictionary<string, long> _sequenceNrs = [];

    protected QueryTestKit(string journal, string connectionString, string provider, string more = "")
        : base(Hocon(journal, connectionString, provider) + "\n" + more)
    {
        Materializer = Sys.Materializer();
        Queries = Sys.ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier);
    }

    protected SqlReadJournal Queries { get; }

    protected ActorMaterializer Materializer { get; }

    /// <summary>The same for another actor system.</summary>
    protected static string Hocon(string journal, string connectionString, string provider) => Generous.Hocon + "\n" + TestEventSerializer.Hocon + "\n" + journal + $$"""

        akka.persistence.journal.sql {
          event-adapters { tagging = "{{typeof(Tagging).FullName}}, Mooring.Tests.Engine" }
          event-adapter-bindings { "Mooring.Tests.Engine.Persistence.TestEvent, Mooring.Tests.Engine" = tagging }
        }
        """ + "\n" + ReadJournal("akka.persistence.query.journal.sql", connectionString, provider, Reading);

    protected static string ReadJournal(string path, string connectionString, string provider, string reading) => $$"""
        {{path}} {
          class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql"
          write-plugin = "akka.persistence.journal.sql"
          connection-string = "{{connectionString}}"
          provider-name = "{{provider}}"
          {{reading}}
        }
        """;

    /// <summary>Stores one event after another; returns when they are stored.</summary>
    protected void Store(string id, params IEnumerable<string> events)
    {
        foreach (var data in events)
        {
            var probe = CreateTestProbe();
            var sequenceNr = _sequenceNrs[id] = _sequenceNrs.GetValueOrDefault(id) + 1;
            var write = new AtomicWrite(new Persistent(new TestEvent(data), sequenceNr, id, writerGuid: "writer"));
            Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor("").Tell(new WriteMessages([write], probe.Ref, 1), probe.Ref);
            probe.ExpectMsg<WriteMessagesSuccessful>();
            probe.ExpectMsg<WriteMessageSuccess>();
        }
    }

    protected void Delete(string id, long toSequenceNr)
    {
        var probe = CreateTestProbe();
        Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor("").Tell(new DeleteMessagesTo(id, toSequenceNr, probe.Ref), probe.Ref);
        probe.ExpectMsg<DeleteMessagesSuccess>();
    }

    /// <summary>Everything that a query gives that completes.</summary>
    protected List<T> All<T>(Source<T, Akka.NotUsed> query) => [.. Result(query.RunWith(Sink.Seq<T>(), Materializer))];

    protected List<string> Data(Source<EventEnvelope, Akka.NotUsed> query) => All(query).ConvertAll(Data);

    /// <summary>A probe that gets what a query gives, and "completed" or the exception at its end.</summary>
    protected TestProbe Follow<T>(Source<T, Akka.NotUsed> query) where T : notnull
    {
        var probe = CreateTestProbe();
        query.RunForeach(element => probe.Ref.Tell(element, TestActor), Materializer).ContinueWith(
            task => probe.Ref.Tell(task.Exception?.InnerException ?? (object)"completed", TestActor), TaskScheduler.Default);
        return probe;
    }

    protected static void Expect(TestProbe probe, params IEnumerable<string> events)
    {
        foreach (var data in events)
            Assert.Equal(data, Data(probe.ExpectMsg<EventEnvelope>()));
    }

    protected static string Data(EventEnvelope envelope) => ((TestEvent)envelope.Event).Data;

    /// <summary>Of a task that ends soon; its failure is thrown.</summary>
    protected static T Result<T>(Task<T> task)
    {
        Assert.True(
            SpinWait.SpinUntil(() => task.IsCompleted, TimeSpan.FromSeconds(30)), $"the stream that gives {typeof(T)} did not end within 30 s");
        return task.GetAwaiter().GetResult();
    }

    protected static IEnumerable<string> Numbered(string prefix, int count) => Enumerable.Range(1, count).Select(i => prefix + i);

    /// <summary>"twice" comes out as two events, "hidden" as none.</summary>
    public sealed class Tagging : IEventAdapter
    {
        public string Manifest(object evt) => "";

        public object ToJournal(object evt)
        {
            var words = ((TestEvent)evt).Data.Split(' ');
            return words.Length > 1 ? new Tagged(evt, words[..^1]) : evt;
        }

        public IEventSequence FromJournal(object evt, string manifest)
        {
            var data = ((TestEvent)evt).Data;
            if (data.EndsWith("hidden", StringComparison.Ordinal))
                return EventSequence.Empty;
            return data.EndsWith("twice", StringComparison.Ordinal)
                ? EventSequence.Create(new TestEvent(data + "-a"), new TestEvent(data + "-b"))
                : EventSequence.Single(evt);
        }
    }
}
