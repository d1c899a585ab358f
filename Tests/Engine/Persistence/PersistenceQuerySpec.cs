using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>Read journals are plugins, found by their section; offsets and envelopes are values.</summary>
public sealed class PersistenceQuerySpec() : Akka.TestKit.Xunit2.TestKit("""
    test.read-journal { class = "Mooring.Tests.Engine.Persistence.PersistenceQuerySpec+Provider, Mooring.Tests.Engine", text = "configured" }
    test.no-class { text = "none" }
    test.no-type.class = "Nothing, Nowhere"
    """)
{
    public sealed class Journal(string text) : IReadJournal
    {
        public string Text => text;

        public static Config DefaultConfiguration() => ConfigurationFactory.ParseString("test.read-journal { text = default, more = \"from the type\" }");
    }

    public sealed class Provider(ExtendedActorSystem system, Config config) : IReadJournalProvider
    {
        public IReadJournal GetReadJournal() => new Journal($"{config.GetString("text")} {config.GetString("more")} in {system.Name}");
    }

    [Fact]
    public void A_read_journal_is_made_once_from_its_section_and_its_types_defaults()
    {
        var journal = PersistenceQuery.Get(Sys).ReadJournalFor<Journal>("test.read-journal");
        Assert.Equal("configured from the type in " + Sys.Name, journal.Text);
        Assert.Same(journal, Sys.ReadJournalFor<Journal>("test.read-journal"));
    }

    [Fact]
    public void What_is_configured_wrongly_is_named()
    {
        Assert.Contains("test.nowhere.class", Assert.Throws<ArgumentException>(() => Sys.ReadJournalFor<IReadJournal>("test.nowhere")).Message, StringComparison.Ordinal);
        Assert.Contains("test.no-class.class", Assert.Throws<ArgumentException>(() => Sys.ReadJournalFor<IReadJournal>("test.no-class")).Message, StringComparison.Ordinal);
        Assert.Contains("[Nothing, Nowhere]", Assert.Throws<ArgumentException>(() => Sys.ReadJournalFor<IReadJournal>("test.no-type")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Offsets_of_one_kind_have_an_order_and_of_two_kinds_none()
    {
        Assert.True(Offset.Sequence(1).CompareTo(Offset.Sequence(2)) < 0);
        Assert.Equal(Offset.Sequence(3), new Sequence(3));
        Assert.Equal(0, Offset.NoOffset().CompareTo(NoOffset.Instance));
        Assert.Throws<InvalidOperationException>(() => Offset.Sequence(1).CompareTo(Offset.NoOffset()));
        var id = Guid.Parse("6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        Assert.Equal(0, Offset.TimeBasedUuid(id).CompareTo(new TimeBasedUuid(id)));
        Assert.Throws<InvalidOperationException>(() => Offset.TimeBasedUuid(id).CompareTo(Offset.Sequence(1)));
    }

    [Fact]
    public void Envelopes_with_the_same_content_are_equal()
    {
        var one = new EventEnvelope(Offset.Sequence(1), "p", 7, "event", 42, ["a", "b"]);
        Assert.Equal(one, new EventEnvelope(Offset.Sequence(1), "p", 7, "event", 42, ["a", "b"]));
        Assert.NotEqual(one, new EventEnvelope(Offset.Sequence(1), "p", 7, "event", 42, ["a"]));
        Assert.Empty(new EventEnvelope(Offset.NoOffset(), "p", 7, "event").Tags);
    }
}
