using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Event;
using Mooring.Actors.Membership;
using Mooring.Messages;

namespace Mooring.Actors.Vip;

/// <summary>
/// Before and after this node owns the virtual IP. Makes it ready while whoever owns it leaves, or is out of reach and its removal is decided: what the
/// owner needs is open then, and need not be waited for by clients. Once this node has owned it and hands it over, it agrees to its successor's
/// taking the lease, and has the address until that one is ready for it.
/// </summary>
public sealed class StandbyActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "standby";

    // What does not come within this time keeps nobody waiting: the address is given up all the same.
    private static readonly TimeSpan StayMax = TimeSpan.FromSeconds(1);

    private readonly OwnerStandby _standby;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly string? _role = ClusterSingletonManagerSettings.Create(Context.System).Role;
    private (Address Successor, Epoch Epoch)? _offered;

    /// <summary>Makes the actor.</summary>
    /// <param name="standby">What is made ready.</param>
    public StandbyActor(OwnerStandby standby)
    {
        _standby = standby;
        Receive<ClusterEvent.IClusterDomainEvent>(_ => Look());
        Receive<OwnerStays>(OnOwnerStays);
        Receive<StayIsOver>(_ =>
        {
            _standby.Leaving.End();
            if (_offered is { } offered)
                Peer(offered.Successor).Tell(new VipIsOff(offered.Epoch));
        });
        Receive<VipOffered>(offered => _standby.Offer = new VipOffer(offered.Epoch, Sender));
        Receive<VipIsOff>(off => _standby.Over = off.Epoch);
        Receive<TakeVipOff>(take =>
        {
            _standby.Leaving.End();
            Sender.Tell(new VipIsOff(take.Epoch));
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <param name="standby">What is made ready.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(OwnerStandby standby) => Akka.Actor.Props.Create(() => new StandbyActor(standby));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        // Of an owner whose word this actor did not live to hear.
        _standby.Leaving.End();
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _standby.Drop();
        _standby.Leaving.End();
    }

    private void Look()
    {
        var (oldest, successor) = ByAge();
        if (successor?.UniqueAddress != _cluster.SelfUniqueAddress)
            _standby.Drop();
        else if (oldest!.UniqueAddress != _cluster.SelfUniqueAddress)
            _standby.Prepare();
    }

    // The singleton goes to the oldest that stays.
    private (Member? Oldest, Member? Successor) ByAge()
    {
        var state = _cluster.State;
        var byAge = state.Members.Where(m => m.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp) && (_role is null || m.HasRole(_role)))
            .OldestFirst().ToList();
        return (byAge.FirstOrDefault(), byAge.FirstOrDefault(m => m.Status == MemberStatus.Up && !state.Unreachable.Contains(m)));
    }

    private void OnOwnerStays(OwnerStays stays)
    {
        // Who is down is not heard by those who have removed it.
        if (_cluster.SelfMember.Status is MemberStatus.Down or MemberStatus.Removed
            || ByAge().Successor is not { } successor || successor.UniqueAddress == _cluster.SelfUniqueAddress)
        {
            _standby.Leaving.End();
            return;
        }
        _log.Info("the virtual IP stays here until {0} is ready for it", successor.Address);
        Timers.StartSingleTimer(StayIsOver.Instance, StayIsOver.Instance, StayMax);
        _offered = (successor.Address, stays.Epoch);
        Peer(successor.Address).Tell(new VipOffered(stays.Epoch));
    }

    private ActorSelection Peer(Address address) => Context.ActorSelection(Self.Path.ToStringWithAddress(address));

    private sealed record StayIsOver : INoSerializationVerificationNeeded
    {
        public static StayIsOver Instance { get; } = new();
    }
}

/// <summary>What is open before this node owns the virtual IP. For any thread.</summary>
/// <param name="services">The node's services.</param>
public sealed class OwnerStandby(MooringServices services)
{
    private readonly Lock _gate = new();
    private Task<OwnerConnections>? _opening;
    private bool _prepared;
    private VipOffer? _offer;
    private long _over;

    /// <summary>The epoch whose owner has said by itself that the address is off, which counts for that epoch alone; the default before any has.</summary>
    internal Epoch Over
    {
        get => new(Volatile.Read(ref _over));
        set => Volatile.Write(ref _over, value.Value);
    }

    /// <summary>What stays of the owner on this node.</summary>
    public LeavingOwner Leaving { get; } = new(services);

    /// <summary>What the latest owner has agreed to, if it has and was heard of; counts for one epoch alone.</summary>
    internal VipOffer? Offer
    {
        get => Volatile.Read(ref _offer);
        set => Volatile.Write(ref _offer, value);
    }

    /// <summary>Opens what the owner needs, and looks whether a stranger has the address; once, until it is dropped.</summary>
    public void Prepare()
    {
        lock (_gate)
        {
            // The owner may have taken it before the last that is heard of its predecessors.
            if (_prepared)
                return;
            (_prepared, _opening) = (true, OwnerConnections.OpenAsync(services, CancellationToken.None));
        }
        services.VirtualAddress.LookAhead();
    }

    /// <summary>The owner's connections: those that are ready, or new ones.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connections, which are the caller's.</returns>
    /// <exception cref="Mooring.Storage.BlockStoreException">The store cannot be reached.</exception>
    internal async Task<OwnerConnections> TakeAsync(CancellationToken cancellationToken)
    {
        if (TakeOpening() is { } opening)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
                return await opening;
        }
        return await OwnerConnections.OpenAsync(services, cancellationToken);
    }

    /// <summary>This node is not to be the owner after all.</summary>
    public void Drop()
    {
        lock (_gate)
            _prepared = false;
        _ = Ending.CloseAsync(null, TakeOpening(), opened => opened);
    }

    private Task<OwnerConnections>? TakeOpening()
    {
        lock (_gate)
        {
            var opening = _opening;
            _opening = null;
            return opening;
        }
    }
}
