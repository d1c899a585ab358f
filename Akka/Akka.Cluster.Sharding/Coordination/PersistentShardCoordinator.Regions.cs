using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.Sharding.CoordinatorEvents;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>Regions that come and go.</summary>
internal sealed partial class PersistentShardCoordinator
{
    private bool AllRegionsRegistered => _allRegionsRegistered |=
        _awaitedReports.Count == 0
        && _aliveRegions.Count >= RegionsMin
        && _state.Regions.Keys.All(region => _aliveRegions.Contains(region) || _terminatingRegions.Contains(region));

    private int RegionsMin => string.IsNullOrEmpty(_settings.Role)
        ? _cluster.Settings.MinNrOfMembers
        : _cluster.Settings.MinNrOfMembersOfRole.GetValueOrDefault(_settings.Role, 1);

    private void StartToCoordinate()
    {
        if (_settings.RememberEntities)
        {
            foreach (var shard in _state.Homeless) _waitingForHome.TryAdd(shard, []);
        }

        var members = _cluster.State.Members;
        var addresses = members.Select(member => member.Address).ToHashSet();
        foreach (var region in _state.Regions.Keys.Concat(_state.Proxies))
        {
            if (region.Path.Address.HasLocalScope || addresses.Contains(region.Path.Address))
            {
                Context.Watch(region);
                continue;
            }

            // Its node left the cluster while no coordinator was there to see it.
            _terminatingRegions.Add(region);
            Self.Tell(new RegionGone(region));
        }

        if (_state.Regions.Keys.All(_terminatingRegions.Contains)) AwaitReportsOf(members);
        foreach (var member in members)
            LookForRegionsOf(member);
    }

    /// <summary>
    /// The journal knows of no living region. That is right at the first start, but shards may be running if the journal was lost:
    /// members that are there, this one too, get the time to say so.
    /// </summary>
    private void AwaitReportsOf(IEnumerable<Member> members)
    {
        foreach (var member in members)
        {
            if (MayHostShards(member)) _awaitedReports.Add(member.Address);
        }

        if (_awaitedReports.Count == 0) return;
        _reportTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(
            Tuning.WaitingForStateTimeout, Self, ReportsOverdue.Instance, Self);
    }

    /// <summary>
    /// Looks for the regions of a member, so that they hear of this coordinator before their next retry. Nodes without sharding
    /// understand the question as well.
    /// </summary>
    private void LookForRegionsOf(Member member)
    {
        if (member.Status is MemberStatus.Down or MemberStatus.Removed) return;

        foreach (var path in _regionPaths)
            Context.ActorSelection(member.Address + path).Tell(new Identify(member.Address + path), Self);
    }

    private void RegionWasIdentified(ActorIdentity identity)
    {
        if (identity.Subject is { } region && !region.IsNobody())
        {
            region.Tell(new CoordinatorReady(Self));
            return;
        }

        // Where no region is, no shard is running.
        var path = (string)identity.MessageId;
        if (_awaitedReports.Count == 0 || !path.EndsWith(_regionPaths[0], StringComparison.Ordinal)) return;
        if (_awaitedReports.Remove(Address.Parse(path[..^_regionPaths[0].Length]))) AllocateWaiting();
    }

    private bool MayHostShards(Member member) =>
        member.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting
        && (string.IsNullOrEmpty(_settings.Role) || member.HasRole(_settings.Role));

    private bool IsOnMember(IActorRef region)
    {
        var address = AddressOf(region);
        return address.Equals(_cluster.SelfAddress)
            || _cluster.State.Members.Any(member => member.Address.Equals(address)
                && member.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting);
    }

    private void RegisterRegion(Register register)
    {
        var region = register.Region;
        if (!IsOnMember(region))
        {
            _log.Debug("{0}: region [{1}] is not registered, its node is no member of the cluster yet", _typeName, region);
            return;
        }

        // An actor's name is free only after its predecessor ended, so older incarnations are gone.
        foreach (var other in _state.Regions.Keys.Where(other => IsOlderIncarnation(other, region)).ToList())
            RegionTerminated(other);

        var events = new List<IDomainEvent>();
        if (!_state.Regions.ContainsKey(region))
        {
            _leavingRegions.Remove(region);
            events.Add(new ShardRegionRegistered(region));
        }

        foreach (var shard in register.RunningShards)
        {
            if (_rebalanceInProgress.ContainsKey(shard) || _choosingHome.Contains(shard)) continue;
            if (!_state.Shards.TryGetValue(shard, out var home))
                events.Add(new ShardHomeAllocated(shard, region));
            else if (!home.Equals(region) && !_terminatingRegions.Contains(home))
                StopSecondCopy(shard, region, home);
        }

        Update(events, () => RegionIsRegistered(region, register.RunningShards));
    }

    private static bool IsOlderIncarnation(IActorRef other, IActorRef region) =>
        !other.Equals(region)
        && other.Path.Address.Equals(region.Path.Address)
        && other.Path.ToStringWithoutAddress() == region.Path.ToStringWithoutAddress();

    private void StopSecondCopy(string shard, IActorRef region, IActorRef home)
    {
        _log.Warning("{0}: shard [{1}] runs at [{2}] although its home is [{3}]; it is stopped there", _typeName, shard, region, home);
        region.Tell(new BeginHandOff(shard));
        region.Tell(new HandOff(shard));
    }

    private void RegionIsRegistered(IActorRef region, IReadOnlyCollection<string> running)
    {
        Context.Watch(region);
        _aliveRegions.Add(region);
        _awaitedReports.Remove(AddressOf(region));
        region.Tell(new RegisterAck(Self));

        // After a restart of the coordinator nobody knows whether the region was told to host these.
        foreach (var shard in _state.Regions[region].Except(running))
        {
            if (!_rebalanceInProgress.ContainsKey(shard)) SendHostShard(shard, region);
        }

        foreach (var shard in _waitingForHome.Keys.Where(shard => _state.Shards.ContainsKey(shard)).ToList())
            AnswerWaiting(shard);
        AllocateWaiting();
    }

    private void RegisterRegionProxy(IActorRef proxy)
    {
        if (_state.Proxies.Contains(proxy))
        {
            ProxyIsRegistered(proxy);
            return;
        }

        Update([new ShardRegionProxyRegistered(proxy)], () => ProxyIsRegistered(proxy));
    }

    private void ProxyIsRegistered(IActorRef proxy)
    {
        Context.Watch(proxy);
        proxy.Tell(new RegisterAck(Self));
    }

    private void MemberWasRemoved(ClusterEvent.MemberRemoved removed)
    {
        var address = removed.Member.Address;
        // A node that came back under its old address has regions of its own; what its predecessor had ends by death watch.
        if (_cluster.State.Members.Any(member => member.Address.Equals(address))) return;

        // Who left in order has stopped its entities; only after a downing the others wait for the margin.
        var margin = removed.PreviousStatus == MemberStatus.Exiting ? TimeSpan.Zero : _removalMargin;
        foreach (var region in RegionsAt(address))
            RefTerminated(region, margin);
        if (_awaitedReports.Remove(address)) AllocateWaiting();
    }

    private List<IActorRef> RegionsAt(Address address) =>
        [.. _state.Regions.Keys.Concat(_state.Proxies).Where(region => region.Path.Address.Equals(address))];

    private void RefTerminated(IActorRef gone, TimeSpan margin)
    {
        if (margin <= TimeSpan.Zero)
        {
            RegionTerminated(gone);
            return;
        }

        _terminatingRegions.Add(gone);
        if (_terminationScheduled.Add(gone))
            Context.System.Scheduler.ScheduleTellOnce(margin, Self, new RegionGone(gone), Self);
    }

    private void RegionTerminated(IActorRef region)
    {
        foreach (var worker in Context.GetChildren())
            worker.Tell(new RebalanceWorker.RegionTerminated(region));

        if (_state.Proxies.Contains(region))
        {
            _terminatingRegions.Remove(region);
            _terminationScheduled.Remove(region);
            Update([new ShardRegionProxyTerminated(region)]);
        }

        if (!_state.Regions.TryGetValue(region, out var shards)) return;

        _log.Debug("{0}: region [{1}] has ended with {2} shards", _typeName, region, shards.Count);
        _terminatingRegions.Add(region);
        foreach (var shard in shards)
        {
            if (_unconfirmedStarts.Remove(shard, out var timer)) timer.Cancel();
            _waitingForHome.TryAdd(shard, []);
        }

        // One write takes the shards from the region and gives them their new homes.
        var terminated = new ShardRegionTerminated(region);
        Update([terminated, .. ChooseHomes(_state.Updated(terminated))]);
    }
}
