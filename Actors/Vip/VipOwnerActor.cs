using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Actors.Nodes;
using Mooring.Actors.Operations;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Vip;

/// <summary>
/// The owner of the virtual IP: a cluster singleton, moved by membership events, that may act only while it holds the lease (membership
/// says who should, the block store says who may). Takeover: lease and epoch, then the address and the gateway, then the book of
/// requests; the predecessor is fenced beside that.
/// </summary>
public sealed class VipOwnerActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>The singleton manager's name under <c>/user</c>.</summary>
    public const string Name = "vip-owner";

    private static readonly TimeSpan AddressRetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FenceRetryInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WaitLogInterval = TimeSpan.FromSeconds(5);

    private readonly MooringServices _services;
    private readonly MooringSettings _settings;
    private readonly IActorRef _dispatcher;
    private readonly IActorRef _volumes;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private IBlockStore? _store;
    private LeaseHolder? _self;
    private Epoch _epoch;
    private Task? _claim;
    private IActorRef _operations = ActorRefs.Nobody;
    private string _reason = "first start";
    private IActorRef _expiredTo = ActorRefs.Nobody;
    private TimeSpan _waitLoggedAt = TimeSpan.MinValue;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="dispatcher">The node's dispatcher.</param>
    /// <param name="volumes">The region of all volumes.</param>
    public VipOwnerActor(MooringServices services, IActorRef dispatcher, IActorRef volumes)
    {
        (_services, _settings, _dispatcher, _volumes) = (services, services.Settings, dispatcher, volumes);
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
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services, IActorRef dispatcher, IActorRef volumes) =>
        Akka.Actor.Props.Create(() => new VipOwnerActor(services, dispatcher, volumes));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
        _expiredTo = Self;
        _services.Watchdog.Expired += OnExpired;
        Self.Tell(Acquire.Instance);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Cluster.Get(Context.System).Unsubscribe(Self);
        _services.VirtualAddress.Release();
        // What is being put on right now must not stay on without an owner.
        _ = _claim?.ContinueWith(_ => _services.VirtualAddress.Release(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _services.Watchdog.Disarm();
        Health.Tell(new VipHeld(null));
        _stopped.Cancel();
        _stopped.Dispose();
        _services.Watchdog.Expired -= OnExpired;
        _ = GiveUpAsync(_settings.LeaseName, _store, _self, _epoch);
    }

    private static async Task GiveUpAsync(string lease, IBlockStore? store, LeaseHolder? self, Epoch epoch)
    {
        if (store is null)
            return;
        try
        {
            // A successor need not wait for the lease to run out when the owner leaves in order.
            if (self is not null && epoch.Value > 0)
                await store.ReleaseLeaseAsync(lease, self, epoch, CancellationToken.None);
        }
        catch (BlockStoreException)
        {
            // It runs out by itself.
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    // Called on the watchdog's thread, after it has taken the address off.
    private void OnExpired(Epoch epoch) => _expiredTo.Tell(new LeaseExpired(epoch));

    private void Acquiring()
    {
        Common();
        Receive<Acquire>(_ =>
        {
            var asked = _services.Watchdog.Now;
            AcquireAsync().PipeTo(Self, success: result => new Acquired(result.Store, result.Self, result.Attempt, asked), failure: e => new Failed(e));
        });
        Receive<Acquired>(OnAcquired);
        Receive<Failed>(failed =>
        {
            _log.Warning("the lease of the virtual IP cannot be taken: {0}", failed.Cause.GetBaseException().Message);
            if (failed.Cause.GetBaseException() is BlockStoreException { Kind: ErrorKind.Fenced })
                Disconnect();
            AcquireLater(_settings.LeaseRetryInterval);
        });
        Receive<LeaseExpired>(_ => { });
        Receive<Renewed>(_ => { });
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

    private void OnAcquired(Acquired acquired)
    {
        (_store, _self) = (acquired.Store, acquired.Self);
        if (!acquired.Attempt.Acquired)
        {
            if (_waitLoggedAt == TimeSpan.MinValue || acquired.AskedAt - _waitLoggedAt > WaitLogInterval)
            {
                _waitLoggedAt = acquired.AskedAt;
                _log.Info("the lease of the virtual IP is held by {0} with epoch {1}; waiting for its end", acquired.Attempt.Current?.Node, acquired.Attempt.Epoch);
            }
            if (acquired.Attempt.Current is { } current)
                _dispatcher.Tell(new LeaseHeldBy(current.Node));
            AcquireLater(_settings.LeaseRetryInterval);
            return;
        }
        _epoch = acquired.Attempt.Epoch;
        _services.Watchdog.Arm(_epoch, acquired.AskedAt + _settings.LeaseDuration - _settings.LeaseMargin);
        if (acquired.Attempt.Current is { } before && before.Fence != _self.Fence)
            Fence(before);
        _log.Info("lease of the virtual IP taken with epoch {0} ({1})", _epoch, _reason);
        Become(Claiming);
        Timers.StartPeriodicTimer("renew", Renew.Instance, _settings.LeaseRenewInterval);
        Self.Tell(Claim.Instance);
    }

    private void Claiming()
    {
        Common();
        Renewing();
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
            _operations = Context.ActorOf(PendingOperationsActor.Props(_services, _epoch, _volumes), $"{PendingOperationsActor.Name}-{_epoch}");
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
        _claim = _services.VirtualAddress.AcquireAsync(epoch, _stopped.Token);
        _claim.PipeTo(Self, success: () => new Claimed(epoch), failure: e => new ClaimFailed(epoch, e));
    }

    private void Owning()
    {
        Common();
        Renewing();
        Receive<GetVipHistory>(_ => HistoryAsync(_store!).PipeTo(Sender, Self));
        Receive<Terminated>(_ =>
        {
            _log.Warning("the book of requests stopped; this owner starts again");
            StepDown("the journal of pending operations failed");
        });
        ReceiveAny(message => _operations.Forward(message));
    }

    private void Renewing()
    {
        Receive<Renew>(_ =>
        {
            var asked = _services.Watchdog.Now;
            _store!.RenewLeaseAsync(_settings.LeaseName, _self!, _epoch, _settings.LeaseDuration, _stopped.Token).PipeTo(
                Self, success: held => new Renewed(_epoch, held, asked, null), failure: e => new Renewed(_epoch, null, asked, e.GetBaseException().Message));
        });
        Receive<LeaseExpired>(expired =>
        {
            if (expired.Epoch == _epoch)
                StepDown("the lease was not renewed in time");
        });
        Receive<Renewed>(renewed =>
        {
            if (renewed.Epoch != _epoch)
                return;
            switch (renewed.Held)
            {
                case true:
                    _services.Watchdog.Arm(_epoch, renewed.AskedAt + _settings.LeaseDuration - _settings.LeaseMargin);
                    break;
                case false:
                    StepDown("the lease ran out");
                    break;
                case null:
                    // Unknown: the watchdog takes the address off unless a later renewal succeeds in time.
                    _log.Warning("the lease of the virtual IP was not renewed: {0}", renewed.Problem);
                    break;
            }
        });
    }

    private void StepDown(string reason)
    {
        _log.Warning("giving the virtual IP up: {0}", reason);
        _services.VirtualAddress.Release();
        _services.Watchdog.Disarm();
        Health.Tell(new VipHeld(null));
        Timers.CancelAll();
        Context.Unwatch(_operations);
        Context.Stop(_operations);
        _operations = ActorRefs.Nobody;
        _reason = reason;
        _epoch = default;
        Disconnect();
        Become(Acquiring);
        AcquireLater(_settings.LeaseRetryInterval);
    }

    private void Common()
    {
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            _reason = $"{removed.Member.Address} was removed";
            _operations.Tell(new ResendNow());
        });
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
        Receive<FenceAgain>(again => Fence(again.Who));
    }

    private void Fence(LeaseHolder predecessor) =>
        _store!.FenceAsync(predecessor.Fence, _settings.FenceDuration, _stopped.Token).PipeTo(
            Self, success: () => new FenceEnded(predecessor, null), failure: e => new FenceEnded(predecessor, e.GetBaseException().Message));

    private static string Reason(Exception e) => (e is AggregateException several ? several.Flatten().InnerExceptions[0] : e).Message;

    private void AcquireLater(TimeSpan delay) => Timers.StartSingleTimer("acquire", Acquire.Instance, delay);

    private void Disconnect()
    {
        _ = _store?.DisposeAsync().AsTask();
        (_store, _self) = (null, null);
    }

    private async Task<(IBlockStore Store, LeaseHolder Self, LeaseAttempt Attempt)> AcquireAsync()
    {
        var store = _store ?? await _services.Store.ConnectAsync("vip-owner", 1, _stopped.Token);
        try
        {
            var self = new LeaseHolder(_settings.Node, _services.Incarnation, store.Address);
            var attempt = await store.AcquireLeaseAsync(_settings.LeaseName, self, _settings.LeaseDuration, _reason, _stopped.Token);
            return (store, self, attempt);
        }
        catch when (_store is null)
        {
            await store.DisposeAsync();
            throw;
        }
    }

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

    private sealed record Acquired(IBlockStore Store, LeaseHolder Self, LeaseAttempt Attempt, TimeSpan AskedAt) : INoSerializationVerificationNeeded;

    private sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Claim : INoSerializationVerificationNeeded
    {
        public static Claim Instance { get; } = new();
    }

    private sealed record Claimed(Epoch Epoch) : INoSerializationVerificationNeeded;

    private sealed record ClaimFailed(Epoch Epoch, Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Renew : INoSerializationVerificationNeeded
    {
        public static Renew Instance { get; } = new();
    }

    private sealed record Renewed(Epoch Epoch, bool? Held, TimeSpan AskedAt, string? Problem) : INoSerializationVerificationNeeded;

    private sealed record LeaseExpired(Epoch Epoch) : INoSerializationVerificationNeeded;

    private sealed record FenceAgain(LeaseHolder Who) : INoSerializationVerificationNeeded;

    private sealed record FenceEnded(LeaseHolder Who, string? Problem) : INoSerializationVerificationNeeded;
}
