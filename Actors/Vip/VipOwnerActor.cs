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
/// says who should, the block store says who may). Takeover: lease and epoch, then the address and the gateway, and beside them the book of
/// requests. A predecessor whose process has ended is fenced before that, and its lease ends with it; one that is only silent has its lease
/// waited out, and is fenced beside the rest; one that hands over has agreed to the lease's being taken, and serves the address until all else is done.
/// </summary>
public sealed class VipOwnerActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>The singleton manager's name under <c>/user</c>.</summary>
    public const string Name = "vip-owner";

    private static readonly TimeSpan AddressRetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FenceRetryInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WaitLogInterval = TimeSpan.FromSeconds(5);

    // What does not answer within this time keeps no successor waiting: the lease runs out by itself.
    private static readonly TimeSpan GiveUpMax = TimeSpan.FromSeconds(1);

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
    private VipOffer? _offer;
    private TimeSpan _offerOverAt;
    private TaskCompletionSource? _free;
    private bool _stays;
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
        // Of an earlier owner in this actor system.
        _standby.Leaving.End();
        _standby.Leaving.Begin();
        _services.LeaseKeeper.Lost += OnLost;
        Health.Tell(new VipHeld(null, Taking: true));
        Self.Tell(Acquire.Instance);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Cluster.Get(Context.System).Unsubscribe(Self);
        _free?.TrySetCanceled();
        if (!_stays)
        {
            _services.VirtualAddress.Release();
            // What is being put on right now must not stay on without an owner.
            _ = _claim?.ContinueWith(_ => _services.VirtualAddress.Release(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _services.LeaseKeeper.Stop();
            _standby.Leaving.EndWithoutStay();
        }
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
        if (connections is not null)
            await LeavingOwner.GiveBackAsync(lease, connections, epoch);
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
            var (known, offer) = (_predecessor, _standby.Offer);
            _acquiring = AcquireAsync(_connections, before => Reason(known ?? before?.Holder, offer is not null && offer.Epoch == before?.Epoch), offer?.Epoch ?? default);
            _acquiring.PipeTo(Self, success: result => new Acquired(result.Connections, result.Attempt, asked, offer), failure: e => new AcquireFailed(e));
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
        Receive<Unclaimed>(_ => { });
        Receive<VipIsOff>(_ => { });
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
        if (acquired.Offer is { } offer && offer.Epoch.Next == _epoch)
            (_offer, _offerOverAt) = (offer, _services.LeaseKeeper.Now + _settings.LeaseDuration);
        else
            FencePredecessor();
        _log.Info("lease of the virtual IP taken with epoch {0}: {1}", _epoch, Reason(_predecessor, _offer is not null));
        _operations = Context.Watch(Context.ActorOf(
            PendingOperationsActor.Props(_services, _epoch, _volumes, _connections.Work), $"{PendingOperationsActor.Name}-{_epoch}"));
        Become(Claiming);
        Self.Tell(Claim.Instance);
    }

    private void Claiming()
    {
        Common();
        Losing();
        Receive<Claim>(_ => StartClaim());
        Receive<Unclaimed>(unclaimed =>
        {
            if (unclaimed.Epoch != _epoch || _offer is not { } offer)
                return;
            if (_standby.Over == offer.Epoch)
            {
                OnFree();
                return;
            }
            var left = _offerOverAt - _services.LeaseKeeper.Now;
            Timers.StartSingleTimer(OfferIsOver.Instance, OfferIsOver.Instance, left > TimeSpan.Zero ? left : TimeSpan.Zero);
            Timers.StartPeriodicTimer(AskForIt.Instance, AskForIt.Instance, TimeSpan.Zero, FenceRetryInterval);
        });
        Receive<AskForIt>(_ =>
        {
            if (_offer is not { } offer)
                return;
            offer.From.Tell(new TakeVipOff(offer.Epoch));
            if (_predecessor is { } before)
                _dispatcher.Tell(new LeaseHeldBy(before));
        });
        Receive<VipIsOff>(off =>
        {
            if (off.Epoch == _offer?.Epoch)
                OnFree();
        });
        Receive<HolderEnded>(ended =>
        {
            if (_offer is not { } offer || _predecessor != ended.Holder || _ended == ended.Holder)
                return;
            _log.Info("{0} has ended, which was handing the virtual IP over: its connection is fenced", ended.Holder.Node);
            _ended = ended.Holder;
            // When that fails its time is waited out.
            _connections!.Work.EvictAsync(_settings.LeaseName, ended.Holder, _settings.FenceDuration, _stopped.Token)
                .PipeTo(Self, success: () => new VipIsOff(offer.Epoch), failure: _ => AskForIt.Instance);
        });
        Receive<OfferIsOver>(_ =>
        {
            _log.Warning("{0}, which hands the virtual IP over, does not say that it is off: its lease has been waited out", _predecessor?.Node);
            FencePredecessor();
            OnFree();
        });
        Receive<Claimed>(claimed =>
        {
            _claim = null;
            if (claimed.Epoch != _epoch)
            {
                _services.VirtualAddress.Release();
                StartClaim();
                return;
            }
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
        var isFree = static () => Task.CompletedTask;
        if (_offer is not null)
        {
            var (free, self) = (_free = new TaskCompletionSource(), Self);
            isFree = () =>
            {
                self.Tell(new Unclaimed(epoch));
                return free.Task;
            };
        }
        _claim = _services.VirtualAddress.AcquireAsync(epoch, _connections!.IsFirst, isFree, _stopped.Token);
        _claim.PipeTo(Self, success: () => new Claimed(epoch), failure: e => new ClaimFailed(epoch, e));
    }

    // Nobody has the address: it may be put on.
    private void OnFree()
    {
        Timers.Cancel(OfferIsOver.Instance);
        Timers.Cancel(AskForIt.Instance);
        _offer = null;
        _free?.TrySetResult();
        _free = null;
    }

    private void Owning()
    {
        Receive<HandOver>(_ => OnHandOverOwned());
        Receive<VipIsOff>(_ => { });
        Receive<HolderEnded>(_ => { });
        Common();
        Losing();
        Receive<GetVipHistory>(_ => HistoryAsync(_connections!.Work).PipeTo(Sender, Self, success: history => history, failure: e => new QueryFailed(ErrorOf(e))));
        Receive<CheckStore>(request => Context.ActorOf(StoreCheckActor.Props(_connections!.Work, _operations)).Forward(request));
        Receive<INodeOrder>(_dispatcher.Forward);
        ReceiveAny(message => _operations.Forward(message));
    }

    private void Losing()
    {
        Receive<LeaseLost>(lost =>
        {
            if (lost.Epoch == _epoch)
                StepDown(lost.Reason);
        });
        Receive<Terminated>(_ =>
        {
            _log.Warning("the book of requests stopped; this owner starts again");
            StepDown("the journal of pending operations failed");
        });
    }

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
        (_epoch, _offer) = (default, null);
        _free?.TrySetCanceled();
        Disconnect();
        Become(Acquiring);
        Health.Tell(new VipHeld(null, Taking: true));
        AcquireLater(_settings.LeaseRetryInterval);
    }

    // Its successor begins when this has ended, and the address stays meanwhile.
    private void OnHandOverOwned()
    {
        _log.Info("handing the virtual IP over");
        _stays = true;
        _standby.Leaving.Stay(_connections!, _epoch);
        Context.ActorSelection(_dispatcher.Path / StandbyActor.Name).Tell(new OwnerStays(_epoch));
        (_connections, _epoch) = (null, default);
        Context.Stop(Self);
    }

    // By the time at which its successor begins, the lease is given back.
    private void OnHandOver()
    {
        _services.VirtualAddress.Release();
        _services.LeaseKeeper.Stop();
        Context.Unwatch(_operations);
        Context.Stop(_operations);
        Become(() =>
        {
            Receive<GivenUp>(_ => Context.Stop(Self));
            ReceiveAny(_ => { });
        });
        Timers.StartSingleTimer(GivenUp.Instance, GivenUp.Instance, GiveUpMax);
        GiveUpAsync().PipeTo(Self, success: () => GivenUp.Instance);
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

    private void FencePredecessor()
    {
        if (_predecessor is { } before && before != _ended && before.Fence != _connections!.Self.Fence)
            Fence(before);
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

    private async Task<(OwnerConnections Connections, LeaseAttempt Attempt)> AcquireAsync(OwnerConnections? open, Func<LeaseOwnership?, string> reason, Epoch agreed)
    {
        var connections = open ?? await _standby.TakeAsync(_stopped.Token);
        try
        {
            // To its end: a lease that came afterwards would be held for nobody.
            return (connections, await connections.Lease.AcquireLeaseAsync(
                _settings.LeaseName, connections.Self, _settings.LeaseDuration, reason(connections.Before), agreed, CancellationToken.None));
        }
        catch when (open is null)
        {
            await connections.DisposeAsync();
            throw;
        }
    }

    // What the history of the address says of this ownership.
    private string Reason(LeaseHolder? before, bool isOffered) => _steppedDown is { } stepped ? $"again, after: {stepped}"
        : before is null || before.Incarnation == _services.Incarnation ? "first start"
        : before.Node == _settings.Node ? "this node was started again"
        : before == _ended ? $"took over from {before.Node}, whose process has ended"
        : isOffered ? $"took over from {before.Node}, which handed it over"
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

    private sealed record Acquired(OwnerConnections Connections, LeaseAttempt Attempt, TimeSpan AskedAt, VipOffer? Offer) : INoSerializationVerificationNeeded;

    private sealed record AcquireFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record EvictFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Claim : INoSerializationVerificationNeeded
    {
        public static Claim Instance { get; } = new();
    }

    private sealed record Claimed(Epoch Epoch) : INoSerializationVerificationNeeded;

    private sealed record ClaimFailed(Epoch Epoch, Exception Cause) : INoSerializationVerificationNeeded;

    // All but putting it on is done.
    private sealed record Unclaimed(Epoch Epoch) : INoSerializationVerificationNeeded;

    private sealed record AskForIt : INoSerializationVerificationNeeded
    {
        public static AskForIt Instance { get; } = new();
    }

    private sealed record OfferIsOver : INoSerializationVerificationNeeded
    {
        public static OfferIsOver Instance { get; } = new();
    }

    private sealed record GivenUp : INoSerializationVerificationNeeded
    {
        public static GivenUp Instance { get; } = new();
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
