using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Remote;
using Akka.Remote.Serialization;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>The engine's own messages as bytes.</summary>
public sealed class RemoteSerializersSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    private T Trip<T, TSerializer>(T message)
        where T : notnull
    {
        var serializer = Sys.Serialization.FindSerializerFor(message);
        Assert.IsType<TSerializer>(serializer);
        var bytes = Sys.Serialization.Serialize(message);
        return (T)Sys.Serialization.Deserialize(bytes, serializer.Identifier, Akka.Serialization.Serialization.ManifestFor(serializer, message));
    }

    private T Misc<T>(T message)
        where T : notnull => Trip<T, MiscMessageSerializer>(message);

    [Fact]
    public void Primitives_come_back()
    {
        Assert.Equal("text", Trip<string, PrimitiveSerializers>("text"));
        Assert.Equal("", Trip<string, PrimitiveSerializers>(""));
        Assert.Equal(int.MinValue, Trip<int, PrimitiveSerializers>(int.MinValue));
        Assert.Equal(long.MaxValue, Trip<long, PrimitiveSerializers>(long.MaxValue));
    }

    [Fact]
    public void Small_messages_of_the_engine_come_back()
    {
        Assert.Equal("id", Misc(new Identify("id")).MessageId);
        Assert.Null(Misc(new Identify(null!)).MessageId);
        var identity = Misc(new ActorIdentity(5, TestActor));
        Assert.Equal((5, TestActor), ((int)identity.MessageId, identity.Subject));
        Assert.Null(Misc(new ActorIdentity(5, null!)).Subject);
        Assert.Equal(TestActor, Misc(TestActor));
        Assert.Same(PoisonPill.Instance, Misc(PoisonPill.Instance));
        Assert.Same(Kill.Instance, Misc(Kill.Instance));
        Assert.Equal("ok", Misc(new Status.Success("ok")).Status);
        Assert.Equal(LeftAddress, Misc(LeftAddress));
        Assert.Equal(new RemoteScope(LeftAddress), Misc(new RemoteScope(LeftAddress)));
        Assert.Equal(7, Misc(ConfigurationFactory.ParseString("a.b = 7")).GetInt("a.b"));
        Assert.Same(RemoteWatcher.Heartbeat.Instance, Misc(RemoteWatcher.Heartbeat.Instance));
        Assert.Equal(new RemoteWatcher.HeartbeatRsp(9), Misc(new RemoteWatcher.HeartbeatRsp(9)));
    }

    [Fact]
    public void A_failure_keeps_its_exceptions()
    {
        var failure = Misc(new Status.Failure(new ActorInitializationException("outer", new ArgumentException("inner"))));

        Assert.Equal("outer", Assert.IsType<ActorInitializationException>(failure.Cause).Message);
        Assert.Equal("inner", Assert.IsType<ArgumentException>(failure.Cause.InnerException).Message);
    }

    [Fact]
    public void System_messages_come_back()
    {
        var one = (IInternalActorRef)TestActor;
        var other = (IInternalActorRef)Sys.ActorOf(Props.Create<Echo>());
        var watch = Trip<Watch, SystemMessageSerializer>(new Watch(one, other));
        Assert.Equal((one, other), (watch.Watchee, watch.Watcher));
        var unwatch = Trip<Unwatch, SystemMessageSerializer>(new Unwatch(one, other));
        Assert.Equal((one, other), (unwatch.Watchee, unwatch.Watcher));
        var notification = Trip<DeathWatchNotification, SystemMessageSerializer>(new DeathWatchNotification(one, true, false));
        Assert.Equal((one, true, false), ((IInternalActorRef)notification.Actor, notification.ExistenceConfirmed, notification.AddressTerminated));
        Trip<Terminate, SystemMessageSerializer>(new Terminate());
        Assert.Throws<ArgumentException>(() => Sys.Serialization.Serialize(new Supervise(one, true)));
    }

    [Fact]
    public void Messages_to_selections_come_back()
    {
        var message = new ActorSelectionMessage("hello", [SelectParent.Instance, new SelectChildName("a"), new SelectChildPattern("b*")], true);

        var copy = Trip<ActorSelectionMessage, MessageContainerSerializer>(message);

        Assert.Equal("hello", copy.Message);
        Assert.True(copy.WildCardFanOut);
        Assert.Equal(message.Elements.Select(e => e.ToString()), copy.Elements.Select(e => e.ToString()));
    }

    [Fact]
    public void Bytes_that_make_no_sense_are_an_exception()
    {
        foreach (var id in new[] { 6, 16, 22 })
            Assert.ThrowsAny<SerializationException>(() => Sys.Serialization.Deserialize([200, 1, 255, 255, 255], id, "ID"));
        Assert.Throws<SerializationException>(() => Sys.Serialization.Deserialize([], 16, "unknown"));
    }
}
