using Akka.Simulation;
using Mooring.Actors;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Simulation.Store;

namespace Mooring.Tests.Simulation.Vip;

/// <summary>A keeper with threads of its own: acts although the actors hang, not while the process is stopped, and first of all when it goes
/// on.</summary>
public sealed class SimulatedLeaseKeeper : ILeaseKeeper
{
    private readonly SimulatedProcess _process;
    private readonly MooringSettings _settings;
    private readonly Action _release;
    private readonly bool _off;
    private HeldLease? _lease;
    private bool _renews;
    private TimeSpan _until = TimeSpan.MaxValue;

    public SimulatedLeaseKeeper(SimulatedProcess process, MooringSettings settings, Action release, bool off)
    {
        (_process, _settings, _release, _off) = (process, settings, release, off);
        process.Resumed += Check;
    }

    public event Action<LeaseLost>? Lost;

    public TimeSpan Now => _process.World.Now;

    public void Keep(HeldLease lease)
    {
        (_lease, _renews) = (lease, true);
        Move(lease.AskedAt);
        RenewLater(lease);
    }

    public void LetRunOut() => _renews = false;

    public void Stop() => (_lease, _until) = (null, TimeSpan.MaxValue);

    private void RenewLater(HeldLease lease) => _process.World.Schedule(
        _process, _settings.LeaseRenewInterval, "renew lease", () => _ = RenewAsync(lease), () => !IsRenewed(lease));

    private bool IsRenewed(HeldLease lease) => _lease == lease && _renews;

    private async Task RenewAsync(HeldLease lease)
    {
        var asked = Now;
        try
        {
            var held = await ((SimulatedBlockStore)lease.Store).RenewLeaseAsync(
                _settings.LeaseName, lease.Holder, lease.Epoch, _settings.LeaseDuration, CancellationToken.None);
            if (!IsRenewed(lease))
                return;
            if (!held)
            {
                Lose("the lease ran out");
                return;
            }
            Move(asked);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Fenced && !_off)
        {
            if (IsRenewed(lease))
                Lose("this node was fenced");
            return;
        }
        catch (Exception e) when (e is BlockStoreException or ObjectDisposedException)
        {
            // Unknown: the watchdog acts unless a later renewal succeeds in time.
        }
        if (IsRenewed(lease))
            RenewLater(lease);
    }

    private void Move(TimeSpan asked)
    {
        var until = asked + _settings.LeaseDuration - _settings.LeaseMargin;
        _until = until;
        _process.World.Schedule(_process, until > Now ? until - Now : TimeSpan.Zero, "watchdog", Check, () => _until != until);
    }

    private void Check()
    {
        if (!_off && Now >= _until)
            Lose("the lease was not renewed in time");
    }

    private void Lose(string reason)
    {
        var lost = new LeaseLost(_lease!.Epoch, reason);
        Stop();
        _release();
        Lost?.Invoke(lost);
    }
}
