using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Mooring.Actors.Nodes;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Membership;

/// <summary>
/// Brings the node into the cluster: joins whichever seed is in one; when none is, the node that gets the lease behind the virtual IP founds
/// it. An owner that lives holds that lease, so no second cluster is founded beside it, and of nodes that start together one founds, whichever of
/// them runs. (Akka.NET's own seed nodes need the first one, and decide by a time-out that a busy machine breaks.)
/// </summary>
public sealed class JoinActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher, the same on every node.</summary>
    public const string Name = "join";

    /// <summary>What the history of the lease says of whoever founded the cluster.</summary>
    internal const string FoundingReason = "founds the cluster";

    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SettledAfter = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(5);

    private readonly MooringServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<Address, SeedView?> _seeds;
    private TimeSpan _startedAt;
    private Founding? _founding;
    private Address? _asked;
    private bool _asking;
    private bool _entering;
    private bool? _drained;
    private Epoch? _vipEpoch;
    private TimeSpan? _toldAt;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    public JoinActor(MooringServices services)
    {
        _services = services;
        _startedAt = Now;
        _seeds = services.Seeds.Where(seed => seed != _cluster.SelfAddress).Distinct().ToDictionary(seed => seed, _ => (SeedView?)null);
        Receive<GetMembership>(_ => Sender.Tell(new MembershipTold(_cluster.SelfAddress.ToString(), IsUp) { VipEpoch = _vipEpoch }));
        Receive<OwnerSeen>(seen => _vipEpoch = seen.Epoch);
        Receive<MembershipTold>(OnTold);
        if (services.Seeds.Count == 0)
            return;
        Receive<DrainsKnown>(OnDrains);
        Receive<Look>(_ => OnLook());
        Receive<Probed>(OnProbed);
        Receive<Founding>(OnFounding);
        Receive<Failed>(failed =>
        {
            _asking = false;
            _log.Warning("the block store does not say whether a cluster may be founded: {0}", failed.Cause.GetBaseException().Message);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private bool IsUp => _cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving;

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services) => Akka.Actor.Props.Create(() => new JoinActor(services));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        _ = EndAsync(_founding, release: false);
    }

    // What the block store says of it comes before anybody is asked to let this node in.
    private void OnDrains(DrainsKnown known)
    {
        var drained = known.Items.Any(drain => drain.Node == _services.Settings.Node);
        if (drained == _drained)
            return;
        if (drained)
            _log.Info("this node is drained: it stays out of the cluster until it is told to resume");
        _drained = drained;
        if (drained)
        {
            _ = EndAsync(_founding, release: true);
            _founding = null;
            return;
        }
        // Seeds are asked from now on.
        _startedAt = Now;
        Self.Tell(Look.Instance);
    }

    private void OnLook()
    {
        if (_drained != false)
            return;
        if (_cluster.State.Members.Any(m => m.UniqueAddress == _cluster.SelfUniqueAddress))
        {
            _ = EndAsync(_founding, release: false);
            _founding = null;
            return;
        }
        _entering = false;
        Timers.StartSingleTimer(Look.Instance, Look.Instance, AskInterval);
        foreach (var seed in _seeds.Keys)
            ProbeAsync(seed).PipeTo(Self);
        Step();
    }

    private void Step()
    {
        if (_asking || _entering || _drained != false)
            return;
        var since = _founding?.Since ?? Now - (10 * AskInterval);
        switch (JoinDecision.Decide(_seeds, since, patient: Now - _startedAt < _services.Settings.SilentSeedMax, settled: Now - _toldAt >= SettledAfter))
        {
            case JoinStep.Join join:
                _ = EndAsync(_founding, release: true);
                _founding = null;
                Enter(join.Contact);
                break;
            case JoinStep.Found when _asked is { } contact:
                // What it was asked may reach it, or who has its address by then, at any time: this node would be a member of two clusters, and the
                // one that it does not know would wait for it in vain.
                _entering = true;
                _services.BeginAnew(Context.System, new BeginAnewCause($"{contact} was asked to let this node in, and no seed is in a cluster any more", Departure.Down));
                break;
            case JoinStep.Found when _founding is null:
                _asking = true;
                FoundAsync(Now).PipeTo(Self, failure: e => new Failed(e));
                break;
            case JoinStep.Found:
                _log.Info("no seed is in a cluster: this node founds one");
                Enter(_cluster.SelfAddress);
                break;
        }
    }

    // What becomes of it is seen in the membership; somebody who dies meanwhile is replaced by the next one who answers.
    private void Enter(Address contact)
    {
        _entering = true;
        // What comes of it is waited for first; then seeds are asked anew.
        (_startedAt, _toldAt) = (Now + JoinLimit, null);
        _asked = contact == _cluster.SelfAddress ? null : contact;
        _cluster.Join(contact);
        foreach (var seed in _seeds.Keys)
            _seeds[seed] = null;
        Timers.StartSingleTimer(Look.Instance, Look.Instance, contact == _cluster.SelfAddress ? AskInterval : JoinLimit);
    }

    private async Task<Probed> ProbeAsync(Address seed) => new(seed, await _services.ProbePeer(seed).ConfigureAwait(false));

    private void OnProbed(Probed probed)
    {
        if (IsUp)
            return;
        if (probed.Answer == PeerAnswer.Accepts)
        {
            // Only somebody who listens: Akka.Remote would not try one that refuses again for a while.
            Context.ActorSelection(new RootActorPath(probed.Seed) / "user" / Nodes.DispatcherActor.Name / Name).Tell(GetMembership.Instance);
            return;
        }
        _seeds[probed.Seed] = new SeedView(probed.Answer, null, Now);
        Step();
    }

    private void OnTold(MembershipTold told)
    {
        var seed = Address.Parse(told.Address);
        if (!_seeds.ContainsKey(seed) || _cluster.State.Members.Any(m => m.UniqueAddress == _cluster.SelfUniqueAddress))
            return;
        _seeds[seed] = new SeedView(PeerAnswer.Accepts, told.InCluster, Now, told.VipEpoch);
        if (told.InCluster)
            _toldAt ??= Now;
        Step();
    }

    private void OnFounding(Founding founding)
    {
        _asking = false;
        if (founding.Connection is null)
            return;
        if (_drained != false)
        {
            _ = EndAsync(founding, release: true);
            return;
        }
        // Everybody is asked once more under the lease: who founded one before is seen now.
        _founding = founding with { Since = Now };
        Step();
    }

    private async Task<Founding> FoundAsync(TimeSpan asked)
    {
        var connection = await _services.Store.ConnectAsync("join", 1, _stopped.Token).ConfigureAwait(false);
        try
        {
            var self = new LeaseHolder(_services.Settings.Node, _services.Incarnation, connection.Address);
            var attempt = await connection.AcquireLeaseAsync(
                _services.Settings.LeaseName, self, _services.Settings.LeaseDuration, FoundingReason, default, _stopped.Token).ConfigureAwait(false);
            if (!attempt.Acquired && attempt.Current is { } before && before.Node == _services.Settings.Node)
                await connection.EvictAsync(_services.Settings.LeaseName, before, _services.Settings.FenceDuration, _stopped.Token).ConfigureAwait(false);
            if (attempt.Acquired)
                return new Founding(connection, self, attempt.Epoch, asked);
            await connection.DisposeAsync().ConfigureAwait(false);
            return new Founding(null, self, default, asked);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // The owner's singleton takes the lease over as the same holder; who founds nothing gives it back.
    private async Task EndAsync(Founding? founding, bool release)
    {
        if (founding?.Connection is not { } connection)
            return;
        try
        {
            if (release)
                await connection.ReleaseLeaseAsync(_services.Settings.LeaseName, founding.Self, founding.Epoch, CancellationToken.None).ConfigureAwait(false);
        }
        catch (BlockStoreException)
        {
            // It runs out by itself.
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }

    private sealed record Probed(Address Seed, PeerAnswer Answer) : INoSerializationVerificationNeeded;

    private sealed record Founding(IBlockStore? Connection, LeaseHolder Self, Epoch Epoch, TimeSpan Since) : INoSerializationVerificationNeeded;

    private sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;
}

/// <summary>The owner of the virtual IP that the members of this node's cluster report.</summary>
/// <param name="Epoch">Its epoch; null when they report none.</param>
internal sealed record OwnerSeen(Epoch? Epoch) : INoSerializationVerificationNeeded;
