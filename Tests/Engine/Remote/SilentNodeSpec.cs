using Akka.Actor;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Death watch of actors on a node that is connected and silent.</summary>
public sealed class SilentNodeSpec(ITestOutputHelper output) : RemotingTestKit(output, """
    akka.remote.watch-failure-detector {
      heartbeat-interval = 100 ms
      acceptable-heartbeat-pause = 500 ms
      unreachable-nodes-reaper-interval = 100 ms
      expected-response-after = 100 ms
    }
    """)
{
    [Fact]
    public async Task A_watcher_hears_that_a_node_does_not_answer_any_more()
    {
        var right = Another();
        var watched = SeenFromLeft(right, right.ActorOf(Props.Create<Echo>()));
        Watch(watched);
        Assert.Equal(1, await watched.Ask<int>(1, Limit));

        // its own remote watcher is what answers heartbeats
        var watcher = await right.ActorSelection("/system/remote-watcher").ResolveOne(Limit);
        right.Stop(watcher);

        Assert.True(ExpectTerminated(watched, Limit).AddressTerminated);
    }
}
