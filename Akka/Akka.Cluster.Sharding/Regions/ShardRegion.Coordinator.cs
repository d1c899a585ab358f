using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding;

/// <summary>What a region and the coordinator say to each other.</summary>
public sealed partial class ShardRegion
{
    // Members that can host the coordinator, the oldest first; and the addresses of all members.
    private readonly List<Member> _members = [];
    private readonly HashSet<Address> _memberAddresses = [];

    private IActorRef? _coordinator;
    private TimeSpan _registerAgainAfter;

    private TimeSpan FirstRegisterRetry => TimeSpan.FromTicks(Math.Min(
        Tuning.RetryInterval.Ticks,
        Math.Max(TimeSpan.FromMilliseconds(100).Ticks, Tuning.RetryInterval.Ticks / 8)));

    private bool ReceiveFromCoordinator(object message)
    {
        switch (message)
        {
            case ShardHome home:
                HomeIsKnown(home.Shard, home.Region);
                return true;
            case HostShard host:
                Host(host.Shard);
                return true;
            case BeginHandOff begin:
                RemoveHome(begin.Shard);
                Sender.Tell(new BeginHandOffAck(begin.Shard));
                return true;
            case HandOff handOff:
                HandShardOff(handOff);
                return true;
            case RegisterAck ack:
                Registered(ack.Coordinator);
                return true;
            case CoordinatorReady ready:
                if (!ready.Coordinator.Equals(_coordinator)) ready.Coordinator.Tell(RegisterMessage());
                return true;
            default:
                return false;
        }
    }

    private void HomeIsKnown(string shardId, IActorRef home)
    {
        if (home.Equals(Self))
        {
            BecomeHome(shardId);
            return;
        }

        if (_homes.TryGetValue(shardId, out var known) && known.Equals(Self))
            throw new InvalidOperationException($"{_typeName}: shard [{shardId}] runs here, but the coordinator says that its home is [{home}]");

        if (!home.Path.Address.HasLocalScope && !_memberAddresses.Contains(home.Path.Address))
        {
            // The coordinator's node has not heard yet that the home's node was removed (or this one not that it joined).
            Timers.StartSingleTimer(LookUpTimer, LookUpAgain.Instance, LookUpAgainAfter);
            return;
        }

        SetHome(shardId, home);
        SendHeld(shardId, home);
        StopWhenAllIsHandedOver();
    }

    private void Host(string shardId)
    {
        if (_leaving || IsProxy)
        {
            _log.Debug("{0}: shard [{1}] is not taken, this region is leaving", _typeName, shardId);
            return;
        }

        BecomeHome(shardId);
        Sender.Tell(new ShardStarted(shardId));
    }

    private void BecomeHome(string shardId)
    {
        if (_leaving && !_shards.ContainsKey(shardId)) return;

        SetHome(shardId, Self);
        if (_buffers.Contains(shardId) && ReadyShard(shardId) is { } shard)
            SendHeld(shardId, shard);
        else
            StartShard(shardId);
    }

    private void SetHome(string shardId, IActorRef home)
    {
        RemoveHome(shardId);
        _homes[shardId] = home;
        if (_shardsByHome.TryGetValue(home, out var shards))
        {
            shards.Add(shardId);
            return;
        }

        _shardsByHome.Add(home, [shardId]);
        if (!home.Equals(Self)) Context.Watch(home);
    }

    private void RemoveHome(string shardId)
    {
        if (!_homes.Remove(shardId, out var home)) return;

        var shards = _shardsByHome[home];
        shards.Remove(shardId);
        if (shards.Count > 0) return;

        _shardsByHome.Remove(home);
        if (!home.Equals(Self)) Context.Unwatch(home);
    }

    private void ForgetHome(IActorRef home)
    {
        if (!_shardsByHome.Remove(home, out var shards)) return;

        foreach (var shardId in shards)
            _homes.Remove(shardId);
        Context.Unwatch(home);
    }

    private void HandShardOff(HandOff handOff)
    {
        if (!_shards.TryGetValue(handOff.Shard, out var shard))
        {
            Sender.Tell(new ShardStopped(handOff.Shard));
            return;
        }

        RemoveHome(handOff.Shard);
        _handingOff.Add(shard);
        shard.Forward(handOff);
    }

    private void Registered(IActorRef coordinator)
    {
        if (!coordinator.Equals(_coordinator))
        {
            if (_coordinator is not null) Context.Unwatch(_coordinator);
            _coordinator = Context.Watch(coordinator);
        }

        Timers.Cancel(RegisterTimer);
        RequestHomes();
        SendGracefulShutdown();
    }

    private void StartRegistration()
    {
        _registerAgainAfter = FirstRegisterRetry;
        Register();
    }

    private void Register()
    {
        if (_coordinator is not null) return;

        var register = RegisterMessage();
        foreach (var candidate in CoordinatorCandidates())
            candidate.Tell(register, Self);

        Timers.StartSingleTimer(RegisterTimer, RegisterAgain.Instance, _registerAgainAfter);
        _registerAgainAfter = TimeSpan.FromTicks(Math.Min(2 * _registerAgainAfter.Ticks, Tuning.RetryInterval.Ticks));
    }

    private object RegisterMessage() => IsProxy
        ? new RegisterProxy(Self)
        : new Register(Self, [.. _shards.Where(pair => !_handingOff.Contains(pair.Value)).Select(pair => pair.Key)]);

    /// <summary>The oldest member; while it leaves also those that follow, up to the first that stays.</summary>
    private IEnumerable<ActorSelection> CoordinatorCandidates()
    {
        foreach (var member in _members)
        {
            yield return Context.ActorSelection(member.Address + _coordinatorPath);
            if (member.Status == MemberStatus.Up) yield break;
        }
    }

    private void RequestHome(string shardId) => _coordinator?.Tell(new GetShardHome(shardId));

    private void RequestHomes()
    {
        foreach (var shardId in _buffers.Keys)
        {
            if (!_homes.ContainsKey(shardId)) RequestHome(shardId);
        }
    }

    private void RetryWhatIsMissing()
    {
        if (_buffers.Count > 0 && ++_retries % 5 == 0)
        {
            _log.Warning(
                "{0}: {1} messages for {2} shards are held back, coordinator: [{3}]",
                _typeName, _buffers.Count, _buffers.Keys.Count, _coordinator?.Path.ToString() ?? "not known");
        }

        if (_coordinator is null) return;
        RequestHomes();
        SendGracefulShutdown();
        StopWhenAllIsHandedOver();
    }

    private void SendGracefulShutdown()
    {
        if (_leaving && _shards.Count > 0) _coordinator?.Tell(new GracefulShutdownReq(Self));
    }

    private bool ReceiveMembership(object message)
    {
        switch (message)
        {
            case ClusterEvent.CurrentClusterState state:
                _memberAddresses.UnionWith(state.Members.Select(member => member.Address));
                ChangeMembers(state.Members);
                return true;
            case ClusterEvent.MemberRemoved removed:
                MemberWasRemoved(removed.Member);
                return true;
            case ClusterEvent.MemberDowned downed:
                // It will not come back: messages wait for the new homes instead of getting lost.
                ForgetHomesAt(downed.Member.Address);
                ChangeMembers([downed.Member]);
                return true;
            case ClusterEvent.IMemberEvent change:
                _memberAddresses.Add(change.Member.Address);
                ChangeMembers([change.Member]);
                return true;
            default:
                return message is ClusterEvent.IClusterDomainEvent;
        }
    }

    private void MemberWasRemoved(Member removed)
    {
        if (removed.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            Context.Stop(Self);
            return;
        }

        // A successor under the same address that is known already would only be asked for once more.
        _memberAddresses.Remove(removed.Address);
        if (_members.Exists(member => member.Address.Equals(removed.Address) && !member.UniqueAddress.Equals(removed.UniqueAddress)))
            _memberAddresses.Add(removed.Address);

        ForgetHomesAt(removed.Address);
        ChangeMembers([removed]);
    }

    private void ForgetHomesAt(Address address)
    {
        foreach (var home in _shardsByHome.Keys.Where(home => home.Path.Address.Equals(address)).ToList())
            ForgetHome(home);
    }

    private void ChangeMembers(IEnumerable<Member> changed)
    {
        var oldest = _members.FirstOrDefault()?.UniqueAddress;
        foreach (var member in changed)
        {
            _members.RemoveAll(known => known.UniqueAddress.Equals(member.UniqueAddress));
            if (MayHostCoordinator(member)) _members.Add(member);
        }

        _members.Sort(Member.AgeOrdering);
        if (Equals(oldest, _members.FirstOrDefault()?.UniqueAddress)) return;

        if (_coordinator is { } coordinator && !coordinator.Path.Address.Equals(CoordinatorAddress()))
        {
            Context.Unwatch(coordinator);
            _coordinator = null;
        }

        if (_coordinator is null) StartRegistration();
    }

    /// <summary>Address in the path of a coordinator on the oldest member, as this node sees it.</summary>
    private Address? CoordinatorAddress()
    {
        if (_members.FirstOrDefault() is not { } oldest) return null;
        return oldest.Address.Equals(_cluster.SelfAddress) ? Self.Path.Address : oldest.Address;
    }

    private bool MayHostCoordinator(Member member) =>
        member.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down
        && (string.IsNullOrEmpty(_settings.Role) || member.HasRole(_settings.Role));
}
