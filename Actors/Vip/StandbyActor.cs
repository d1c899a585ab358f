using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Mooring.Actors.Membership;

namespace Mooring.Actors.Vip;

/// <summary>
/// Makes this node ready to own the virtual IP while whoever owns it leaves, or is out of reach and its removal is decided: what the owner needs is
/// open then, and need not be waited for by clients.
/// </summary>
public sealed class StandbyActor : ReceiveActor
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "standby";

    private readonly OwnerStandby _standby;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly string? _role = ClusterSingletonManagerSettings.Create(Context.System).Role;

    /// <summary>Makes the actor.</summary>
    /// <param name="standby">What is made ready.</param>
    public StandbyActor(OwnerStandby standby)
    {
        _standby = standby;
        Receive<ClusterEvent.IClusterDomainEvent>(_ => Look());
    }

    /// <summary>How to make one.</summary>
    /// <param name="standby">What is made ready.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(OwnerStandby standby) => Akka.Actor.Props.Create(() => new StandbyActor(standby));

    /// <inheritdoc/>
    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _standby.Drop();
    }

    // The singleton goes to the oldest that stays.
    private void Look()
    {
        var state = _cluster.State;
        var byAge = state.Members.Where(m => m.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp) && (_role is null || m.HasRole(_role)))
            .OldestFirst().ToList();
        var successor = byAge.FirstOrDefault(m => m.Status == MemberStatus.Up && !state.Unreachable.Contains(m));
        if (successor?.UniqueAddress != _cluster.SelfUniqueAddress)
            _standby.Drop();
        else if (byAge[0].UniqueAddress != _cluster.SelfUniqueAddress)
            _standby.Prepare();
    }
}

/// <summary>What is open before this node owns the virtual IP. For any thread.</summary>
/// <param name="services">The node's services.</param>
public sealed class OwnerStandby(MooringServices services)
{
    private readonly Lock _gate = new();
    private Task<OwnerConnections>? _opening;
    private bool _prepared;

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
