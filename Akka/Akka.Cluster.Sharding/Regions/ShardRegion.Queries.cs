using System.Collections.Immutable;
using Akka.Actor;
using Akka.Util;

namespace Akka.Cluster.Sharding;

/// <summary>Questions to a region.</summary>
public sealed partial class ShardRegion
{
    private bool ReceiveQuery(IShardRegionQuery query)
    {
        switch (query)
        {
            case GetCurrentRegions:
                if (_coordinator is not null)
                    _coordinator.Forward(query);
                else
                    Sender.Tell(new CurrentRegions(ImmutableHashSet<Address>.Empty));
                return true;
            case GetClusterShardingStats:
                if (_coordinator is not null)
                    _coordinator.Forward(query);
                else
                    Sender.Tell(new ClusterShardingStats(ImmutableDictionary<Address, ShardRegionStats>.Empty));
                return true;
            case GetShardRegionState:
                AskShards(Shard.GetCurrentShardState.Instance, RegionState);
                return true;
            case GetShardRegionStats:
                AskShards(Shard.GetShardStats.Instance, RegionStats);
                return true;
            case GetEntityLocation get:
                LocateEntity(get);
                return true;
            default:
                return false;
        }
    }

    private void AskShards(object question, Func<IEnumerable<object>, IImmutableSet<string>, object> answer)
    {
        var asked = _shards.ToDictionary(pair => pair.Value, pair => pair.Key);
        Context.ActorOf(QueryCollector.Props(
            asked.Keys, question, _settings.ShardRegionQueryTimeout,
            answers => answer(answers.Values, asked.Where(pair => !answers.ContainsKey(pair.Key)).Select(pair => pair.Value).ToImmutableHashSet()),
            Sender));
    }

    private static CurrentShardRegionState RegionState(IEnumerable<object> answers, IImmutableSet<string> failed) =>
        new(answers.OfType<ShardState>().ToImmutableHashSet(), failed);

    private static ShardRegionStats RegionStats(IEnumerable<object> answers, IImmutableSet<string> failed) =>
        new(answers.OfType<Shard.ShardStats>().ToImmutableDictionary(stats => stats.ShardId, stats => stats.EntityCount), failed);

    private void LocateEntity(GetEntityLocation get)
    {
        var shardId = _extractor.ShardId(get.EntityId);
        if (!_homes.TryGetValue(shardId, out var home))
        {
            Sender.Tell(new EntityLocation(get.EntityId, shardId, Address.AllSystems, Option<IActorRef>.None));
            return;
        }

        var address = home.Path.Address.HasLocalScope ? _cluster.SelfAddress : home.Path.Address;
        var entityPath = home.Path / Uri.EscapeDataString(shardId) / Uri.EscapeDataString(get.EntityId);
        Context.ActorSelection(entityPath).ResolveOne(get.Timeout).PipeTo(
            Sender, Self,
            success: entity => new EntityLocation(get.EntityId, shardId, address, new Option<IActorRef>(entity)),
            // It does not run, or its node did not answer in time.
            failure: _ => new EntityLocation(get.EntityId, shardId, address, Option<IActorRef>.None));
    }
}
