using Akka.Actor;
using Akka.Persistence;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>Messages are sent again until they are confirmed, also by the actor's next incarnation.</summary>
public sealed class AtLeastOnceDeliverySpec() : PersistenceTestKit("akka.persistence.at-least-once-delivery.redeliver-interval = 200ms")
{
    private sealed record Envelope(long Id, string Text);

    private sealed record Confirm(long Id);

    private sealed class Postman : AtLeastOnceDeliveryReceiveActor
    {
        public Postman(ActorPath destination)
        {
            Recover<TestEvent>(e => Apply(e, destination));
            Command<string>(text => Persist(new TestEvent("send:" + text), e => Apply(e, destination)));
            Command<Confirm>(c => Persist(new TestEvent("confirm:" + c.Id), e => Apply(e, destination)));
            Command<UnconfirmedWarning>(_ => { });
        }

        public override string PersistenceId => "postman";

        private void Apply(TestEvent e, ActorPath destination)
        {
            if (e.Data.StartsWith("send:", StringComparison.Ordinal))
                Deliver(destination, id => new Envelope(id, e.Data[5..]));
            else
                ConfirmDelivery(long.Parse(e.Data[8..]));
        }
    }

    [Fact]
    public void A_message_is_sent_until_it_is_confirmed()
    {
        var postman = Sys.ActorOf(Props.Create(() => new Postman(TestActor.Path)));
        postman.Tell("hello");
        ExpectMsg(new Envelope(1, "hello"));
        ExpectMsg(new Envelope(1, "hello"));
        postman.Tell(new Confirm(1));
        postman.Tell("second");
        // One more copy may have been under way.
        FishForMessage(m => m is Envelope { Id: 2 });
    }

    [Fact]
    public void What_was_not_confirmed_is_sent_after_a_restart()
    {
        var postman = Sys.ActorOf(Props.Create(() => new Postman(TestActor.Path)));
        postman.Tell("one");
        postman.Tell("two");
        FishForMessage(m => m is Envelope { Id: 2 });
        postman.Tell(new Confirm(1));
        postman.Tell("three");
        FishForMessage(m => m is Envelope { Id: 3 });
        StopAndWait(postman);
        while (HasMessages)
            ReceiveOne(TimeSpan.Zero);

        Sys.ActorOf(Props.Create(() => new Postman(TestActor.Path)));
        ExpectMsg(new Envelope(2, "two"));
        ExpectMsg(new Envelope(3, "three"));
    }
}
