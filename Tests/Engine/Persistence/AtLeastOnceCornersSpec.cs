using Akka.Actor;
using Akka.Persistence;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>The bounds of at-least-once delivery, its warnings and its snapshots.</summary>
public sealed class AtLeastOnceCornersSpec() : PersistenceTestKit("""
    akka.persistence.at-least-once-delivery {
      redeliver-interval = 50ms
      redelivery-burst-limit = 2
      warn-after-number-of-unconfirmed-attempts = 3
      max-unconfirmed-messages = 4
    }
    """)
{
    private sealed record Envelope(long Id, string Text);

    private sealed class Postman : AtLeastOnceDeliveryReceiveActor
    {
        public Postman(ActorPath destination, IActorRef probe)
        {
            RecoverAny(message =>
            {
                if (message is SnapshotOffer { Snapshot: AtLeastOnceDeliverySnapshot snapshot }) SetDeliverySnapshot(snapshot);
                if (message is RecoveryCompleted) probe.Tell("recovered");
            });
            Command<string>(text =>
            {
                try
                {
                    Deliver(destination, id => new Envelope(id, text));
                    probe.Tell(UnconfirmedCount);
                }
                catch (MaxUnconfirmedMessagesExceededException e)
                {
                    probe.Tell(e);
                }
            });
            Command<long>(id => probe.Tell((ConfirmDelivery(id), UnconfirmedCount)));
            Command<UnconfirmedWarning>(warning => probe.Tell(warning));
            Command<bool>(_ => SaveSnapshot(GetDeliverySnapshot()));
            Command<SaveSnapshotSuccess>(_ => probe.Tell("saved"));
        }

        public override string PersistenceId => "postman";
    }

    private IActorRef StartPostman(IActorRef destination)
    {
        var postman = Sys.ActorOf(Props.Create(() => new Postman(destination.Path, TestActor)));
        ExpectMsg("recovered");
        return postman;
    }

    [Fact]
    public void More_than_may_be_unconfirmed_is_refused_until_one_is_confirmed()
    {
        var postman = StartPostman(CreateTestProbe().Ref);
        for (var i = 1; i <= 4; i++)
        {
            postman.Tell($"m{i}");
            FishForMessage(m => m is int count && count == i);
        }
        postman.Tell("too many");
        FishForMessage(m => m is MaxUnconfirmedMessagesExceededException);
        postman.Tell(2L);
        FishForMessage(m => m is (bool, int) and (true, 3));
        postman.Tell(2L);
        FishForMessage(m => m is (bool, int) and (false, 3));
        postman.Tell("again");
        FishForMessage(m => m is 4);
    }

    [Fact]
    public void After_so_many_attempts_there_is_a_warning_that_names_what_is_not_confirmed()
    {
        var destination = CreateTestProbe();
        var postman = StartPostman(destination.Ref);
        postman.Tell("lost");
        var warning = (UnconfirmedWarning)FishForMessage(m => m is UnconfirmedWarning);
        var unconfirmed = Assert.Single(warning.UnconfirmedDeliveries);
        Assert.Equal((1L, (object)new Envelope(1, "lost")), (unconfirmed.DeliveryId, unconfirmed.Message));
        Assert.Equal(destination.Ref.Path, unconfirmed.Destination);
        // it goes on being sent
        for (var i = 0; i < 5; i++) destination.ExpectMsg(new Envelope(1, "lost"));
    }

    [Fact]
    public void A_snapshot_brings_back_what_is_not_confirmed_and_the_numbers()
    {
        var before = CreateTestProbe();
        var postman = StartPostman(before.Ref);
        foreach (var text in (string[])["one", "two", "three"]) postman.Tell(text);
        FishForMessage(m => m is 3);
        postman.Tell(2L);
        FishForMessage(m => m is (bool, int) and (true, 2));
        postman.Tell(true);
        FishForMessage(m => m is "saved");
        StopAndWait(postman);
        while (before.HasMessages) before.ReceiveOne(TimeSpan.Zero);
        while (HasMessages) ReceiveOne(TimeSpan.Zero);

        var again = StartPostman(before.Ref);

        var seen = new HashSet<long>();
        while (seen.Count < 2) seen.Add(before.ExpectMsg<Envelope>().Id);
        Assert.Equal([1, 3], seen.Order());
        again.Tell("four");
        before.FishForMessage(m => m is Envelope { Id: 4, Text: "four" });
    }
}
