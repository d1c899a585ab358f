using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Actors.Nodes;
using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Vip;

/// <summary>
/// The owner of the virtual IP: a cluster singleton, moved by membership events, that may act only while it holds the lease (membership
/// says who should, the block store says who may). Takeover: lease and epoch, then the address and the gateway, then the book of
/// requests. A predecessor whose process has ended is fenced before that, and its lease ends with it; one that is only silent has its lease
/// waited out, and is fenced beside the rest.
/// </summary>
public sealed class VipOwnerActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>The singleton manager's name under <c>/user</c>.</summary>
    public const string Name = "vip-owner";

    private static readonly TimeSpan AddressRetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FenceRetryInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WaitLogInterval = TimeSpan.FromSeconds(5);

    // What does not answer within this time keeps no successor waiting: the lease runs out by itself.
    private static readonly TimeSpan HandOverMax = TimeSpan.FromSeconds(1);

    private readonly MooringServices _services;
    private readonly MooringSettings _settings;
    private readonly OwnerStandby _standby;
    private readonly IActorRef _dispatcher;
    private readonly IActorRef _volumes;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private OwnerConnections? _connections;
    private LeaseHolder? _predecessor;
    private Epoch _epoch;
    private Task? _claim;
    private IActorRef _operations = ActorRefs.Nobody;
    private LeaseHolder? _ended;
    private Task<(OwnerConnections Connections, LeaseAttempt Attempt)>? _acquiring;
    private string? _steppedDown;
    private IActorRef _lostTo = ActorRefs.Nobody;
    private TimeSpan _waitLoggedAt = TimeSpan.MinValue;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="dispatcher">The node's dispatcher.</param>
    /// <param name="volumes">The region of all volumes.</param>
    /// <param name="standby">What may have been made ready for it.</param>
    public VipOwnerActor(MooringServices services, IActorRef dispatcher, IActorRef volumes, OwnerStandby standby)
    {
        (_services, _settings, _standby, _dispatcher, _volumes) = (services, services.Settings, standby, dispatcher, volumes);
        Acquiring();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    private ActorSelection Health => Context.ActorSelection(_dispatcher.Path / NodeHealthActor.Name);

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="dispatcher">The node's dispatcher.</param>
    /// <param name="volumes">The region of all volumes.</param>
    /// <param name="standby">What may have been made ready for it.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services, IActorRef dispatcher, IActorRef volumes, OwnerStandby standby) =>
        Akka.Actor.Props.Create(() => new VipOwnerActor(services, dispatcher, volumes, standby));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
        _lostTo = Self;
        _services.LeaseKeeper.Lost += OnLost;
        Health.Tell(new VipHeld(null, Taking: true));
        Self.Tell(Acquire.Instance);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Cluster.Get(Context.System).Unsubscribe(Self);
        _services.VirtualAddress.Release();
        // What is being put on right now must not stay on without an owner.
        _ = _claim?.ContinueWith(_ => _services.VirtualAddress.Release(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _services.LeaseKeeper.Stop();
        Health.Tell(new VipHeld(null));
        _stopped.Cancel();
        _stopped.Dispose();
        _services.LeaseKeeper.Lost -= OnLost;
        _ = GiveUpAsync();
    }

    // A successor need not wait for the lease to run out when the owner leaves in order.
    private Task GiveUpAsync()
    {
        var (connections, epoch, acquiring) = (_connections, _epoch, _acquiring);
        (_connections, _epoch, _acquiring) = (null, default, null);
        return EndAsync(_settings.LeaseName, connections, epoch, acquiring);
    }

    private static async Task EndAsync(string lease, OwnerConnections? connections, Epoch epoch, Task<(OwnerConnections Connections, LeaseAttempt Attempt)>? acquiring)
    {
        if (acquiring is not null)
        {
            await ((Task)acquiring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Taken for nobody.
            if (acquiring.IsCompletedSuccessfully && await acquiring is var (late, attempt))
                (connections, epoch) = (late, attempt.Acquired ? attempt.Epoch : epoch);
        }
        if (connections is null)
            return;
        try
        {
            if (epoch.Value > 0)
                await connections.Lease.ReleaseLeaseAsync(lease, connections.Self, epoch, CancellationToken.None);
        }
        catch (BlockStoreException)
        {
            // It runs out by itself.
        }
        finally
        {
            _ = connections.DisposeAsync().AsTask();
        }
    }

    // Called on a thread of the keeper's, after it has taken the address off.
    private void OnLost(LeaseLost lost) => _lostTo.Tell(lost);

    private void Acquiring()
    {
        Common();
        Receive<Acquire>(_ =>
        {
            // One at a time: a second one would end the epoch of the first.
            if (_acquiring is not null)
                return;
            var asked = _services.LeaseKeeper.Now;
            var known = _predecessor;
            _acquiring = AcquireAsync(_connections, before => Reason(known ?? before?.Holder));
            _acquiring.PipeTo(Self, success: result => new Acquired(result.Connections, result.Attempt, asked), failure: e => new AcquireFailed(e));
        });
        Receive<Acquired>(OnAcquired);
        Receive<HolderEnded>(ended =>
        {
            if (_predecessor != ended.Holder || _ended == ended.Holder || _connections is not { } connections)
                return;
            _log.Info("{0} has ended: its connection is fenced, and its lease ends", ended.Holder.Node);
            _ended = ended.Holder;
            Timers.Cancel("acquire");
            connections.Work.EvictAsync(_settings.LeaseName, ended.Holder, _settings.FenceDuration, _stopped.Token)
                .PipeTo(Self, success: () => Acquire.Instance, failure: e => new EvictFailed(e));
        });
        Receive<EvictFailed>(failed => OnRefused(failed.Cause));
        Receive<AcquireFailed>(failed =>
        {
            _acquiring = null;
            OnRefused(failed.Cause);
        });
        Receive<LeaseLost>(_ => { });
        Receive<Claim>(_ => { });
        // It was begun before this owner stepped down, and ended after the address was taken off.
        Receive<Claimed>(_ =>
        {
            _claim = null;
            _services.VirtualAddress.Release();
        });
        Receive<ClaimFailed>(_ => _claim = null);
        ReceiveAny(_ => Stash.Stash());
    }

    private void OnRefused(Exception cause)
    {
        _log.Warning("the lease of the virtual IP cannot be taken: {0}", cause.GetBaseException().Message);
        if (cause.GetBaseException() is BlockStoreException { Kind: ErrorKind.Fenced })
            Disconnect();
        _ended = null;
        AcquireLater(_settings.LeaseRetryInterval);
    }

    private void OnAcquired(Acquired acquired)
    {
        _acquiring = null;
        _connections = acquired.Connections;
        _predecessor = acquired.Attempt.Current ?? _connections.Before?.Holder;
        if (!acquired.Attempt.Acquired)
        {
            if (_waitLoggedAt == TimeSpan.MinValue || acquired.AskedAt - _waitLoggedAt > WaitLogInterval)
            {
                _waitLoggedAt = acquired.AskedAt;
                _log.Info("the lease of the virtual IP is held by {0} with epoch {1}; waiting for its end", acquired.Attempt.Current?.Node, acquired.Attempt.Epoch);
            }
            if (acquired.Attempt.Current is { } current)
                _dispatcher.Tell(new LeaseHeldBy(current));
            AcquireLater(_settings.LeaseRetryInterval);
            return;
        }
        _epoch = acquired.Attempt.Epoch;
        Timers.Cancel("acquire");
        _services.LeaseKeeper.Keep(new HeldLease(_connections.Lease, _connections.Self, _epoch, acquired.AskedAt));
        if (_predecessor is { } before && before != _ended && before.Fence != _connections.Self.Fence)
            Fence(before);
        _log.Info("lease of the virtual IP taken with epoch {0}: {1}", _epoch, Reason(_predecessor));
        Become(Claiming);
        Self.Tell(Claim.Instance);
    }

    private void Claiming()
    {
        Common();
        Losing();
        Receive<Claim>(_ => StartClaim());
        Receive<Claimed>(claimed =>
        {
            _claim = null;
            if (claimed.Epoch != _epoch)
            {
                _services.VirtualAddress.Release();
                StartClaim();
                return;
            }
            _operations = Context.ActorOf(PendingOperationsActor.Props(_services, _epoch, _volumes, _connections!.Work), $"{PendingOperationsActor.Name}-{_epoch}");
            Context.Watch(_operations);
            _log.Info("virtual IP {0} is on this node", _services.VirtualAddress.Endpoint);
            Become(Owning);
            Health.Tell(new VipHeld(_epoch));
            Stash.UnstashAll();
        });
        Receive<ClaimFailed>(failed =>
        {
            _claim = null;
            if (failed.Epoch != _epoch)
            {
                StartClaim();
                return;
            }
            _log.Error("virtual IP {0} cannot be put on this node: {1}", _services.VirtualAddress.Endpoint, Reason(failed.Cause));
            Timers.StartSingleTimer("claim", Claim.Instance, AddressRetryInterval);
        });
        ReceiveAny(_ => Stash.Stash());
    }

    // One at a time: the one of an earlier ownership ends first.
    private void StartClaim()
    {
        if (_claim is not null)
            return;
        var epoch = _epoch;
        _claim = _services.VirtualAddress.AcquireAsync(epoch, _connections!.IsFirst, _stopped.Token);
        _claim.PipeTo(Self, success: () => new Claimed(epoch), failure: e => new ClaimFailed(epoch, e));
    }

    private void Owning()
    {
        Common();
        Losing();
        Receive<GetVipHistory>(_ => HistoryAsync(_connections!.Work).PipeTo(Sender, Self, success: history => history, failure: e => new QueryFailed(ErrorOf(e))));
        Receive<CheckStore>(request => Context.ActorOf(StoreCheckActor.Props(_connections!.Work, _operations)).Forward(request));
        Receive<INodeOrder>(_dispatcher.Forward);
        Receive<Terminated>(_ =>
        {
            _log.Warning("the book of requests stopped; this owner starts again");
            StepDown("the journal of pending operations failed");
        });
        ReceiveAny(message => _operations.Forward(message));
    }

    private void Losing() => Receive<LeaseLost>(lost =>
    {
        if (lost.Epoch == _epoch)
            StepDown(lost.Reason);
    });

    private void StepDown(string reason)
    {
        _log.Warning("giving the virtual IP up: {0}", reason);
        _services.VirtualAddress.Release();
        _services.LeaseKeeper.Stop();
        Health.Tell(new VipHeld(null));
        Timers.CancelAll();
        Context.Unwatch(_operations);
        Context.Stop(_operations);
        _operations = ActorRefs.Nobody;
        (_steppedDown, _ended, _predecessor) = (reason, null, null);
        _epoch = default;
        Disconnect();
        Become(Acquiring);
        Health.Tell(new VipHeld(null, Taking: true));
        AcquireLater(_settings.LeaseRetryInterval);
    }

    // Its successor begins when this has ended: by then the address is off, and the lease given back.
    private void OnHandOver()
    {
        _log.Info("handing the virtual IP over");
        _services.VirtualAddress.Release();
        _services.LeaseKeeper.Stop();
        Context.Unwatch(_operations);
        Context.Stop(_operations);
        Become(() =>
        {
            Receive<HandedOver>(_ => Context.Stop(Self));
            ReceiveAny(_ => { });
        });
        Timers.StartSingleTimer(HandedOver.Instance, HandedOver.Instance, HandOverMax);
        GiveUpAsync().PipeTo(Self, success: () => HandedOver.Instance);
    }

    private void Common()
    {
        Receive<HandOver>(_ => OnHandOver());
        Receive<ClusterEvent.MemberRemoved>(_ => _operations.Tell(new ResendNow()));
        Receive<FenceEnded>(ended =>
        {
            if (ended.Problem is null)
            {
                _log.Info("predecessor {0} is fenced", ended.Who.Node);
                return;
            }
            _log.Warning("predecessor {0} could not be fenced yet: {1}", ended.Who.Node, ended.Problem);
            if (_epoch.Value > 0)
                Timers.StartSingleTimer("fence", new FenceAgain(ended.Who), FenceRetryInterval);
        });
        Receive<FenceAgain>(again =>
        {
            // It may have been on its way when this owner stepped down.
            if (_epoch.Value > 0)
                Fence(again.Who);
        });
    }

    private void Fence(LeaseHolder predecessor) =>
        _connections!.Work.FenceAsync(predecessor.Fence, _settings.FenceDuration, _stopped.Token).PipeTo(
            Self, success: () => new FenceEnded(predecessor, null), failure: e => new FenceEnded(predecessor, e.GetBaseException().Message));

    private static string Reason(Exception e) => (e is AggregateException several ? several.Flatten().InnerExceptions[0] : e).Message;

    private void AcquireLater(TimeSpan delay) => Timers.StartSingleTimer("acquire", Acquire.Instance, delay);

    private void Disconnect()
    {
        _ = _connections?.DisposeAsync().AsTask();
        _connections = null;
    }

    private async Task<(OwnerConnections Connections, LeaseAttempt Attempt)> AcquireAsync(OwnerConnections? open, Func<LeaseOwnership?, string> reason)
    {
        var connections = open ?? await _standby.TakeAsync(_stopped.Token);
        try
        {
            // To its end: a lease that came afterwards would be held for nobody.
            return (connections, await connections.Lease.AcquireLeaseAsync(
                _settings.LeaseName, connections.Self, _settings.LeaseDuration, reason(connections.Before), CancellationToken.None));
        }
        catch when (open is null)
        {
            await connections.DisposeAsync();
            throw;
        }
    }

    // What the history of the address says of this ownership.
    private string Reason(LeaseHolder? before) => _steppedDown is { } stepped ? $"again, after: {stepped}"
        : before is null || before.Incarnation == _services.Incarnation ? "first start"
        : before.Node == _settings.Node ? "this node was started again"
        : before == _ended ? $"took over from {before.Node}, whose process has ended"
        : $"took over from {before.Node}, which had left or was silent";

    private static OperationError ErrorOf(Exception e) =>
        e.GetBaseException() is BlockStoreException store ? store.Error : new OperationError(ErrorKind.Unavailable, "the owner of the virtual IP steps down");

    private async Task<VipHistory> HistoryAsync(IBlockStore store)
    {
        var history = await store.GetLeaseHistoryAsync(_settings.LeaseName, _stopped.Token);
        return new VipHistory(
            _services.VirtualAddress.Endpoint, [.. history.Select(h => new VipOwnership(h.Holder.Node, h.Epoch, h.Since, h.Reason))]);
    }

    private sealed record Acquire : INoSerializationVerificationNeeded
    {
        public static Acquire Instance { get; } = new();
    }

    private sealed record Acquired(OwnerConnections Connections, LeaseAttempt Attempt, TimeSpan AskedAt) : INoSerializationVerificationNeeded;

    private sealed record AcquireFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record EvictFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Claim : INoSerializationVerificationNeeded
    {
        public static Claim Instance { get; } = new();
    }

    private sealed record Claimed(Epoch Epoch) : INoSerializationVerificationNeeded;

    private sealed record ClaimFailed(Epoch Epoch, Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record HandedOver : INoSerializationVerificationNeeded
    {
        public static HandedOver Instance { get; } = new();
    }

    private sealed record FenceAgain(LeaseHolder Who) : INoSerializationVerificationNeeded;

    private sealed record FenceEnded(LeaseHolder Who, string? Problem) : INoSerializationVerificationNeeded;
}

/// <summary>Tells the owner of the virtual IP to end in order: this node leaves, and another one is to own it.</summary>
internal sealed record HandOver : INoSerializationVerificationNeeded
{
    /// <summary>The message.</summary>
    public static HandOver Instance { get; } = new();
}
