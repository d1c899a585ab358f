using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.Sharding.CoordinatorEvents;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>Shards that get a home or leave it.</summary>
internal sealed partial class PersistentShardCoordinator
{
    private void AnswerOrAllocate(string shard, IActorRef requester)
    {
        if (_rebalanceInProgress.TryGetValue(shard, out var askers))
        {
            askers.Add(requester);
            return;
        }

        if (!_waitingForHome.TryGetValue(shard, out var waiting)) _waitingForHome.Add(shard, waiting = []);
        waiting.Add(requester);

        if (_state.Shards.ContainsKey(shard))
            AnswerWaiting(shard);
        else
            AllocateWaiting();
    }

    /// <summary>Tells the home of a shard to those who wait for it, unless the home is not there (yet or any more).</summary>
    private void AnswerWaiting(string shard)
    {
        if (!_state.Shards.TryGetValue(shard, out var home)) return;
        if (!_aliveRegions.Contains(home) || _terminatingRegions.Contains(home)) return;
        if (!_waitingForHome.Remove(shard, out var waiting)) return;

        var answer = new ShardHome(shard, home);
        foreach (var requester in waiting)
            requester.Tell(answer);
    }

    private void AllocateWaiting() => Update(ChooseHomes(_state));

    /// <summary>Homes for all shards that wait for one, as far as the strategy decides at once.</summary>
    private List<IDomainEvent> ChooseHomes(CoordinatorState state)
    {
        var events = new List<IDomainEvent>();
        if (_waitingForHome.Count == 0 || !AllRegionsRegistered) return events;

        foreach (var (shard, waiting) in _waitingForHome)
        {
            if (state.Shards.ContainsKey(shard) || _rebalanceInProgress.ContainsKey(shard) || _choosingHome.Contains(shard)) continue;

            var candidates = Candidates(state);
            if (candidates.Count == 0) return events;
            if (ChooseHome(shard, waiting.FirstOrDefault() ?? Self, candidates) is not { } home) continue;

            var allocated = new ShardHomeAllocated(shard, home);
            events.Add(allocated);
            state = state.Updated(allocated);
        }

        return events;
    }

    private IActorRef? ChooseHome(string shard, IActorRef requester, IImmutableDictionary<IActorRef, IImmutableList<string>> candidates)
    {
        try
        {
            var choice = _strategy.AllocateShard(requester, shard, candidates);
            if (choice.IsCompletedSuccessfully)
            {
                if (candidates.ContainsKey(choice.Result)) return choice.Result;
                _log.Error("{0}: the allocation strategy chose [{1}] for shard [{2}], which is no region that can take it", _typeName, choice.Result, shard);
                return null;
            }

            _choosingHome.Add(shard);
            choice.PipeTo(Self, success: home => new HomeChosen(shard, home), failure: reason => new ChoiceFailed(shard, reason));
        }
        catch (Exception reason)
        {
            // A strategy of the user's. The shard stays without a home until it is asked for again.
            _log.Error(reason, "{0}: the allocation strategy failed for shard [{1}]", _typeName, shard);
        }

        return null;
    }

    private void HomeWasChosen(HomeChosen chosen)
    {
        _choosingHome.Remove(chosen.Shard);
        if (_state.Shards.ContainsKey(chosen.Shard))
            AnswerWaiting(chosen.Shard);
        else if (_rebalanceInProgress.ContainsKey(chosen.Shard))
            return;
        else if (Candidates(_state).ContainsKey(chosen.Region))
            Update([new ShardHomeAllocated(chosen.Shard, chosen.Region)]);
        else
            // The region went away while the strategy was thinking.
            AllocateWaiting();
    }

    private ImmutableDictionary<IActorRef, IImmutableList<string>> Candidates(CoordinatorState state)
    {
        var candidates = state.Regions;
        if (_leavingRegions.Count > 0) candidates = candidates.RemoveRange(_leavingRegions);
        if (_terminatingRegions.Count > 0) candidates = candidates.RemoveRange(_terminatingRegions);
        return candidates;
    }

    private void SendHostShard(string shard, IActorRef region)
    {
        region.Tell(new HostShard(shard));
        if (_unconfirmedStarts.Remove(shard, out var previous)) previous.Cancel();
        _unconfirmedStarts[shard] = Context.System.Scheduler.ScheduleTellOnceCancelable(
            Tuning.ShardStartTimeout, Self, new ResendHostShard(shard, region), Self);
    }

    private void HandOverAllShardsOf(IActorRef region)
    {
        if (!_state.Regions.TryGetValue(region, out var shards) || !_leavingRegions.Add(region)) return;

        _log.Debug("{0}: region [{1}] hands over {2} shards", _typeName, region, shards.Count);
        foreach (var shard in shards)
            StartHandOff(shard);
    }

    private void LookForUnevenSpread()
    {
        if (_state.Regions.IsEmpty || !AllRegionsRegistered) return;

        try
        {
            var choice = _strategy.Rebalance(Candidates(_state), _rebalanceInProgress.Keys.ToImmutableHashSet());
            if (choice.IsCompletedSuccessfully)
            {
                foreach (var shard in choice.Result)
                    StartHandOff(shard);
                return;
            }

            choice.PipeTo(Self, success: shards => new ShardsChosen(shards), failure: reason => new ChoiceFailed(null, reason));
        }
        catch (Exception reason)
        {
            // A strategy of the user's. It is asked again in the next interval.
            _log.Error(reason, "{0}: the allocation strategy failed to rebalance", _typeName);
        }
    }

    private void StartHandOff(string shard)
    {
        if (_rebalanceInProgress.ContainsKey(shard) || !_state.Shards.TryGetValue(shard, out var home)) return;
        if (_terminatingRegions.Contains(home)) return;

        _log.Debug("{0}: shard [{1}] leaves [{2}]", _typeName, shard, home);
        _rebalanceInProgress.Add(shard, []);
        if (_unconfirmedStarts.Remove(shard, out var timer)) timer.Cancel();
        var regions = _state.Regions.Keys.Concat(_state.Proxies).Where(region => !_terminatingRegions.Contains(region)).ToList();
        Context.ActorOf(RebalanceWorker.Props(shard, home, Tuning.HandOffTimeout, regions).WithDispatcher(Context.Props.Dispatcher));
    }

    private void RebalanceDone(RebalanceWorker.Done done)
    {
        if (_rebalanceInProgress.Remove(done.Shard, out var askers) && askers.Count > 0)
        {
            if (_waitingForHome.TryGetValue(done.Shard, out var waiting))
                waiting.UnionWith(askers);
            else
                _waitingForHome.Add(done.Shard, askers);
        }

        var isStillHome = _state.Shards.TryGetValue(done.Shard, out var home) && home.Equals(done.Home);
        if (isStillHome && done.Ok)
        {
            // One write takes the shard from its old home and gives it the new one.
            _waitingForHome.TryAdd(done.Shard, []);
            var deallocated = new ShardHomeDeallocated(done.Shard);
            Update([deallocated, .. ChooseHomes(_state.Updated(deallocated))]);
            return;
        }

        if (isStillHome)
        {
            _log.Warning("{0}: shard [{1}] did not leave [{2}] within {3}", _typeName, done.Shard, done.Home, Tuning.HandOffTimeout);
            // The region asks again, if it still wants to leave.
            _leavingRegions.Remove(done.Home);
        }

        AnswerWaiting(done.Shard);
        AllocateWaiting();
    }
}
