using Akka.Actor;
using Akka.Persistence.Journal;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>Event adapters change what is stored and what is replayed.</summary>
public sealed class EventAdapterSpec() : PersistenceTestKit("""
    akka.persistence.journal.flaky {
      event-adapters { doubling = "Mooring.Tests.Engine.Persistence.EventAdapterSpec+Doubling, Mooring.Tests.Engine" }
      event-adapter-bindings { "Mooring.Tests.Engine.Persistence.TestEvent, Mooring.Tests.Engine" = doubling }
    }
    """)
{
    public sealed class Doubling : IEventAdapter
    {
        public string Manifest(object evt) => "doubled";

        public object ToJournal(object evt) => new Tagged(new TestEvent("stored " + ((TestEvent)evt).Data), ["tag"]);

        public IEventSequence FromJournal(object evt, string manifest) =>
            ((TestEvent)evt).Data.Contains("drop", StringComparison.Ordinal) ? EventSequence.Empty : EventSequence.Create(evt, manifest);
    }

    [Fact]
    public void Adapters_write_one_event_and_read_none_or_several()
    {
        var actor = Start("p", PersistEach);
        actor.Tell("1");
        actor.Tell("drop");
        ExpectMsg(new TestEvent("1"));
        ExpectMsg(new TestEvent("drop"));
        StopAndWait(actor);
        Assert.Equal([new TestEvent("stored 1"), "doubled"], RecoverAll("p"));
    }
}
