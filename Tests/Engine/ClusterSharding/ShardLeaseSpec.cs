using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Coordination;
using static Mooring.Tests.Engine.ClusterSharding.ShardedCluster;

namespace Mooring.Tests.Engine.ClusterSharding;

[Collection("cluster-sharding")]
public class ShardLeaseSpec
{
    private const string Settings = """
        akka.cluster.sharding.use-lease = "test-lease"
        akka.cluster.sharding.lease-retry-interval = 50ms
        akka.cluster.sharding.shard-failure-backoff = 100ms
        test-lease.lease-class = "Mooring.Tests.Engine.ClusterSharding.ShardLeaseSpec+TestLease, Mooring.Tests.Engine"
        """;

    [Fact]
    public async Task An_entity_starts_when_its_shard_holds_the_lease_and_stops_when_it_is_lost()
    {
        await using var cluster = new ShardedCluster(Settings);
        var (system, region) = await cluster.StartAsync();
        var name = $"{system.Name}-shard-{TypeName}-{Extractor().ShardId("one", null)}";

        var answer = ReceivedAsync(region, "one");
        await EventuallyAsync(() => TestLease.Tried(name) > 2, () => "the lease was tried for again");
        Assert.Equal(0, cluster.Book.StartsOf("one"));

        TestLease.Grant(name);
        await answer;
        Assert.Equal(1, cluster.Book.StartsOf("one"));

        TestLease.Lose(name);
        await EventuallyAsync(() => TestLease.Tried(name) > 4, () => "the shard wants its lease back");
        TestLease.Grant(name);
        await ReceivedAfterCrashAsync(region, "one");
        Assert.Equal(2, cluster.Book.StartsOf("one"));
        Assert.Empty(cluster.Book.Twice);
    }

    /// <summary>A lease that the test grants and takes.</summary>
    public sealed class TestLease(LeaseSettings settings, ExtendedActorSystem system) : Lease(settings)
    {
        private static readonly ConcurrentDictionary<string, State> States = new();

        /// <summary>The system that holds it.</summary>
        public ExtendedActorSystem System { get; } = system;

        private State Own => States.GetOrAdd(Settings.LeaseName, _ => new State());

        internal static int Tried(string name) => States.TryGetValue(name, out var state) ? state.Tries : 0;

        internal static void Grant(string name) => States[name].Granted = true;

        internal static void Lose(string name)
        {
            States[name].Granted = false;
            States[name].Lost?.Invoke(new LeaseException("lost"));
        }

        public override Task<bool> Acquire() => Acquire(_ => { });

        public override Task<bool> Acquire(Action<Exception?> leaseLostCallback)
        {
            Own.Tries++;
            Own.Lost = leaseLostCallback;
            return Task.FromResult(Own.Granted);
        }

        public override Task<bool> Release() => Task.FromResult(true);

        public override bool CheckLease() => Own.Granted;

        private sealed class State
        {
            internal volatile int Tries;
            internal volatile bool Granted;
            internal volatile Action<Exception?>? Lost;
        }
    }
}
