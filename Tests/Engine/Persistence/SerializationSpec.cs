using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Serialization;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>Persistence's own messages survive their serializers.</summary>
public sealed class SerializationSpec : PersistenceTestKit
{
    private T RoundTrip<T>(T message)
        where T : notnull
    {
        Akka.Persistence.Persistence.Instance.Apply(Sys);
        var serializer = Sys.Serialization.FindSerializerFor(message);
        return (T)Sys.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, message.GetType());
    }

    [Fact]
    public void An_event_with_its_bookkeeping()
    {
        var persistent = new Persistent(new TestEvent("x"), 7, "p", "manifest", true, TestActor, "writer", 42);
        Assert.Equal(persistent, RoundTrip(persistent));
    }

    [Fact]
    public void An_atomic_write()
    {
        IPersistentRepresentation[] events = [new Persistent(new TestEvent("x"), 7, "p"), new Persistent(new TestEvent("y"), 8, "p")];
        var back = RoundTrip(new AtomicWrite(events.ToImmutableList()));
        Assert.Equal(events, (IEnumerable<IPersistentRepresentation>)back.Payload);
        Assert.Equal((7, 8), (back.LowestSequenceNr, back.HighestSequenceNr));
    }

    [Fact]
    public void The_state_of_at_least_once_delivery()
    {
        var snapshot = new AtLeastOnceDeliverySnapshot(9, [new UnconfirmedDelivery(3, TestActor.Path, new TestEvent("x"))]);
        Assert.Equal(snapshot, RoundTrip(snapshot));
    }

    [Fact]
    public void A_snapshot() => Assert.Equal(new Snapshot(new TestEvent("state")), RoundTrip(new Snapshot(new TestEvent("state"))));

    [Fact]
    public void A_cut_message_is_refused()
    {
        var serializer = new PersistenceSnapshotSerializer((ExtendedActorSystem)Sys);
        var bytes = serializer.ToBinary(new Snapshot(new TestEvent("state")));
        Assert.Throws<EndOfStreamException>(() => serializer.FromBinary(bytes[..^2], typeof(Snapshot)));
    }
}
