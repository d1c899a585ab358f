using System.Collections.Concurrent;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Vip;

namespace Mooring.Tests.Pure;

/// <summary>The threads that keep the lease, on a real clock: what is waited for are events, never a time.</summary>
public sealed class LeaseKeeperTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<string> _events = [];
    private readonly BlockingCollection<TimeSpan> _holds = [];
    private readonly LeaseKeeper _keeper;

    public LeaseKeeperTests()
    {
        var settings = NodeConfiguration.Load(
            null, ["vip.lease.duration=400ms", "vip.lease.renew-interval=20ms", "vip.lease.margin=50ms"], new Dictionary<string, string>()).Settings;
        _keeper = new LeaseKeeper(settings, () => _events.Add("released"), _holds.Add);
        _keeper.Lost += lost => _events.Add($"lost {lost.Epoch}: {lost.Reason}");
    }

    public void Dispose()
    {
        _keeper.Dispose();
        _events.Dispose();
        _holds.Dispose();
    }

    [Fact]
    public void It_renews_over_and_over()
    {
        using var renewed = new CountdownEvent(50);
        Keep(1, () => !renewed.IsSet && renewed.Signal() || true);

        Assert.True(renewed.Wait(Limit), "50 renewals");
        Assert.Empty(_events);
    }

    [Fact]
    public void It_tells_the_address_until_when_the_lease_holds_when_it_was_taken_and_at_each_renewal()
    {
        var asked = _keeper.Now;
        Keep(1, () => true, asked);

        Assert.Equal(asked + TimeSpan.FromMilliseconds(400), Held());
        var last = asked + TimeSpan.FromMilliseconds(400);
        for (var i = 0; i < 5; i++)
        {
            var until = Held();
            // Counted from when it was asked for: never longer than the store holds it.
            Assert.True(until > last && until < _keeper.Now + TimeSpan.FromMilliseconds(400), $"{until} after {last}");
            last = until;
        }
    }

    [Fact]
    public void A_renewal_that_fails_tells_the_address_nothing()
    {
        Keep(1, () => throw new BlockStoreException(ErrorKind.TimedOut, "no answer"));
        Assert.Equal("released", Next());

        Held();
        Assert.Empty(_holds);
    }

    [Fact]
    public void A_lease_that_is_anothers_is_lost_at_once_after_the_address_is_off()
    {
        Keep(1, () => false);

        Assert.Equal("released", Next());
        Assert.Equal("lost 1: the lease ran out", Next());
    }

    [Fact]
    public void A_fenced_node_loses_it_at_once()
    {
        Keep(1, () => throw new BlockStoreException(ErrorKind.Fenced, "shut out"));

        Assert.Equal("released", Next());
        Assert.Equal("lost 1: this node was fenced", Next());
    }

    [Fact]
    public void A_store_that_fails_costs_the_lease_when_its_time_is_over()
    {
        Keep(1, () => throw new BlockStoreException(ErrorKind.TimedOut, "no answer"));

        Assert.Equal("released", Next());
        Assert.Equal("lost 1: the lease was not renewed in time: no answer", Next());
    }

    [Fact]
    public void A_renewal_that_hangs_costs_the_lease_and_does_not_stand_in_the_way_of_the_next()
    {
        using var goOn = new ManualResetEventSlim();
        Keep(1, () =>
        {
            goOn.Wait(Limit);
            return true;
        });
        Assert.Equal("released", Next());
        Assert.Equal("lost 1: the lease was not renewed in time", Next());

        using var renewed = new CountdownEvent(5);
        Keep(2, () => !renewed.IsSet && renewed.Signal() || true);
        Assert.True(renewed.Wait(Limit), "renewals of the next ownership");
        goOn.Set();
        Assert.Empty(_events);
    }

    [Fact]
    public void What_was_asked_for_long_ago_is_lost_at_once()
    {
        Keep(1, () => true, _keeper.Now - TimeSpan.FromSeconds(1));

        Assert.Equal("released", Next());
    }

    [Fact]
    public void One_that_is_let_run_out_is_not_renewed_and_ends_when_its_time_is_over_whatever_its_last_renewal_says()
    {
        using var began = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        Keep(1, () =>
        {
            began.Set();
            goOn.Wait(Limit);
            return false;
        });
        Assert.True(began.Wait(Limit));
        _keeper.LetRunOut();
        goOn.Set();

        Assert.Equal("released", Next());
        Assert.Equal("lost 1: the lease was not renewed in time", Next());
    }

    [Fact]
    public void What_was_given_up_is_neither_renewed_nor_lost()
    {
        using var began = new ManualResetEventSlim();
        Keep(1, () =>
        {
            began.Set();
            return true;
        });
        Assert.True(began.Wait(Limit));
        _keeper.Stop();
        Keep(2, () => false);

        Assert.Equal("released", Next());
        Assert.Equal("lost 2: the lease ran out", Next());
    }

    private void Keep(long epoch, Func<bool> renew, TimeSpan? askedAt = null)
    {
        var store = StoreStub.Of(renew);
        _keeper.Keep(new HeldLease(store, new LeaseHolder(new NodeName("node-1"), "here", new FenceAddress("lease")), new Epoch(epoch), askedAt ?? _keeper.Now));
    }

    private TimeSpan Held() => _holds.TryTake(out var until, Limit) ? until : throw new TimeoutException("the address was told nothing");

    private string Next() => _events.TryTake(out var happened, Limit) ? happened : throw new TimeoutException("nothing happened");

    /// <summary>A block store that only renews.</summary>
    public class StoreStub : System.Reflection.DispatchProxy
    {
        private Func<bool> _renew = () => true;

        public static IBlockStore Of(Func<bool> renew)
        {
            var stub = Create<IBlockStore, StoreStub>();
            ((StoreStub)(object)stub)._renew = renew;
            return stub;
        }

        protected override object? Invoke(System.Reflection.MethodInfo? targetMethod, object?[]? args) =>
            targetMethod?.Name == nameof(ILeases.RenewLease) ? _renew() : throw new NotSupportedException(targetMethod?.Name);
    }
}
