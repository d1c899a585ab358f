using Akka.Actor;
using Akka.Event;

namespace Mooring.Tests.Engine.EventSpecs;

public class EventStreamSpec() : Akka.TestKit.Xunit2.TestKit(Generous.Hocon)
{
    [Fact]
    public void Subscribers_get_the_events_of_their_class_and_those_derived_from_it_once()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Animal));
        Assert.False(Sys.EventStream.Subscribe<Animal>(TestActor));
        Sys.EventStream.Subscribe<Cat>(TestActor);
        Sys.EventStream.Publish(new Cat("Tom"));
        Sys.EventStream.Publish(new Stone());
        Sys.EventStream.Publish(new Dog("Rex"));
        ExpectMsg(new Cat("Tom"));
        ExpectMsg(new Dog("Rex"));
        Assert.False(HasMessages);
    }

    [Fact]
    public void Interfaces_are_classes_of_events_too()
    {
        Sys.EventStream.Subscribe<INamed>(TestActor);
        Sys.EventStream.Publish(new Dog("Rex"));
        ExpectMsg<INamed>(named => named.Name == "Rex");
    }

    [Fact]
    public void Who_unsubscribes_gets_nothing_more()
    {
        Sys.EventStream.Subscribe<Animal>(TestActor);
        Assert.True(Sys.EventStream.Unsubscribe<Animal>(TestActor));
        Assert.False(Sys.EventStream.Unsubscribe(TestActor));
        Sys.EventStream.Publish(new Dog("Rex"));
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void A_part_of_a_subscription_can_be_given_up()
    {
        Sys.EventStream.Subscribe<Animal>(TestActor);
        Sys.EventStream.Unsubscribe<Cat>(TestActor);
        Sys.EventStream.Publish(new Cat("Tom"));
        Sys.EventStream.Publish(new Dog("Rex"));
        ExpectMsg(new Dog("Rex"));
    }

    [Fact]
    public void A_subscriber_that_terminates_is_removed()
    {
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe<Animal>(probe.Ref);
        Watch(probe.Ref);
        Sys.Stop(probe.Ref);
        ExpectTerminated(probe.Ref);
        AwaitCondition(() => !Sys.EventStream.HasSubscriptions(probe.Ref));
    }

    [Fact]
    public void A_dead_subscriber_of_dead_letters_does_not_make_dead_letters_for_ever()
    {
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe<DeadLetter>(probe.Ref);
        Watch(probe.Ref);
        Sys.Stop(probe.Ref);
        ExpectTerminated(probe.Ref);
        Sys.EventStream.Subscribe<DeadLetter>(TestActor);
        probe.Ref.Tell("lost", TestActor);
        ExpectMsg<DeadLetter>(letter => letter.Message.Equals("lost") && letter.Sender.Equals(TestActor) && letter.Recipient.Equals(probe.Ref));
    }

    [Fact]
    public void A_suppressed_message_is_no_dead_letter()
    {
        Sys.EventStream.Subscribe<AllDeadLetters>(TestActor);
        Sys.DeadLetters.Tell(new Quiet(), TestActor);
        ExpectMsg<SuppressedDeadLetter>(letter => letter.Message is Quiet);
    }

    [Fact]
    public void An_unhandled_message_is_published()
    {
        Sys.EventStream.Subscribe<UnhandledMessage>(TestActor);
        var deaf = ActorOf<Deaf>();
        deaf.Tell("hello");
        ExpectMsg<UnhandledMessage>(unhandled => unhandled.Message.Equals("hello") && unhandled.Recipient.Equals(deaf));
    }

    private interface INamed
    {
        string Name { get; }
    }

    private abstract record Animal(string Name) : INamed;

    private sealed record Cat(string Name) : Animal(Name);

    private sealed record Dog(string Name) : Animal(Name);

    private sealed record Stone;

    private sealed record Quiet : IDeadLetterSuppression;

    private sealed class Deaf : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}
