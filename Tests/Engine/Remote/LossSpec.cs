using Akka.Actor;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Connections break again and again, in the midst of everything.</summary>
public sealed class LossSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    [Fact]
    public async Task Death_watch_loses_nothing_and_tells_nothing_twice()
    {
        const int Rounds = 10;
        const int ActorsARound = 20;
        var right = Another();
        Assert.Equal(1, await SeenFromLeft(right, right.ActorOf(Props.Create<Echo>())).Ask<int>(1, Limit));

        for (var round = 0; round < Rounds; round++)
        {
            var actors = Enumerable.Range(0, ActorsARound).Select(_ => right.ActorOf(Props.Create<Echo>())).ToList();
            var watched = new HashSet<IActorRef>();
            foreach (var actor in actors)
            {
                var seen = SeenFromLeft(right, actor);
                Watch(seen);
                watched.Add(seen);
                if (watched.Count is 5 or 15)
                    AssociationWith(right).BreakConnection();
            }

            foreach (var actor in actors)
            {
                right.Stop(actor);
                if (actor == actors[10])
                    AssociationWith(right).BreakConnection();
            }

            while (watched.Count > 0)
                Assert.True(watched.Remove(ExpectMsg<Terminated>(Limit).ActorRef));
        }

        ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Messages_may_be_lost_with_a_connection_but_are_never_doubled_or_out_of_order()
    {
        const int Count = 50_000;
        var right = Another();
        var echo = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Assert.Equal(-1, await echo.Ask<int>(-1, Limit));

        for (var i = 0; i < Count; i++)
        {
            echo.Tell(i, TestActor);
            if (i % 10_000 == 5_000)
                AssociationWith(right).BreakConnection();
        }

        await AwaitAssertAsync(async () => Assert.Equal(-2, await echo.Ask<int>(-2, TimeSpan.FromMilliseconds(200))), Limit);
        echo.Tell("end", TestActor);

        var last = -1;
        var received = 0;
        while (ExpectMsg<object>(Limit) is int next)
        {
            Assert.True(next > last, $"{next} after {last}");
            last = next;
            received++;
        }

        Assert.InRange(received, Count / 10, Count);
    }
}
