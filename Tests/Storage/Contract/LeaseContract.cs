using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What leases promise (<see cref="ILeases"/>).</summary>
public abstract class LeaseContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    private readonly string _name = FreshText("lease");

    private LeaseHolder Holder(string node, string incarnation = "1") => new(new NodeName(node), incarnation, Store.Address);

    private Task<LeaseAttempt> AcquireAsync(LeaseHolder holder, TimeSpan duration, string reason = "test") =>
        Store.AcquireLeaseAsync(_name, holder, duration, reason, default, default).WaitAsync(StepLimit);

    [StoreFact]
    public async Task The_first_to_ask_gets_it_without_a_predecessor()
    {
        var attempt = await AcquireAsync(Holder("a"), Long);
        Assert.True(attempt.Acquired);
        Assert.True(attempt.Epoch.Value >= 1);
        Assert.Null(attempt.Current);
    }

    [StoreFact]
    public async Task While_one_holds_it_another_is_told_who()
    {
        var mine = await AcquireAsync(Holder("a"), Long);
        var other = await ConnectAsync("other");
        var attempt = await other.AcquireLeaseAsync(_name, Holder("b"), Long, "test", default, default);
        Assert.False(attempt.Acquired);
        Assert.Equal(mine.Epoch, attempt.Epoch);
        Assert.Equal(Holder("a"), attempt.Current);
    }

    [StoreFact]
    public async Task Another_incarnation_of_the_same_node_is_another_holder()
    {
        await AcquireAsync(Holder("a", "1"), Long);
        Assert.False((await AcquireAsync(Holder("a", "2"), Long)).Acquired);
    }

    [StoreFact]
    public async Task A_holder_that_asks_again_keeps_it_with_a_new_epoch()
    {
        var first = await AcquireAsync(Holder("a"), Long);
        var second = await AcquireAsync(Holder("a"), Long);
        Assert.True(second.Acquired);
        Assert.True(second.Epoch.CompareTo(first.Epoch) > 0);
        Assert.False(Store.RenewLease(_name, Holder("a"), first.Epoch, Long));
        Assert.True(Store.RenewLease(_name, Holder("a"), second.Epoch, Long));
    }

    [StoreFact]
    public async Task A_holder_may_ask_again_through_another_connection()
    {
        var first = await AcquireAsync(Holder("a"), Long);
        var other = await ConnectAsync("other");
        var second = await other.AcquireLeaseAsync(_name, Holder("a"), Long, "test", default, default);
        Assert.True(second.Acquired);
        Assert.True(second.Epoch.CompareTo(first.Epoch) > 0);
        Assert.Equal(Holder("a"), second.Current);
        Assert.True(other.RenewLease(_name, Holder("a"), second.Epoch, Long));
        Assert.False(Store.RenewLease(_name, Holder("a"), first.Epoch, Long));
    }

    [StoreFact]
    public async Task When_its_time_has_run_out_another_gets_it_with_a_higher_epoch_and_the_predecessor()
    {
        var first = await AcquireAsync(Holder("a"), Short);
        var taken = await AcquireAsync(Holder("b"), Long);
        await UntilAsync("the lease runs out", async () => taken.Acquired || (taken = await AcquireAsync(Holder("b"), Long)).Acquired);
        Assert.True(taken.Epoch.CompareTo(first.Epoch) > 0);
        Assert.Equal(Holder("a"), taken.Current);
        Assert.False(Store.RenewLease(_name, Holder("a"), first.Epoch, Long));
    }

    [StoreFact]
    public async Task A_lease_that_ran_out_is_not_renewed_even_if_nobody_else_took_it()
    {
        var first = await AcquireAsync(Holder("a"), Short);
        await Task.Delay(Short + TimeSpan.FromMilliseconds(100));
        Assert.False(Store.RenewLease(_name, Holder("a"), first.Epoch, Long));
        Assert.True((await AcquireAsync(Holder("b"), Long)).Acquired);
    }

    [StoreFact]
    public async Task Renewing_makes_it_last()
    {
        var mine = await AcquireAsync(Holder("a"), TimeSpan.FromSeconds(2));
        Assert.True(Store.RenewLease(_name, Holder("a"), mine.Epoch, Long));
        await Task.Delay(TimeSpan.FromMilliseconds(2100));
        Assert.False((await AcquireAsync(Holder("b"), Long)).Acquired);
        Assert.True(Store.RenewLease(_name, Holder("a"), mine.Epoch, Long));
    }

    [StoreFact]
    public async Task Only_the_holder_with_its_epoch_renews()
    {
        var mine = await AcquireAsync(Holder("a"), Long);
        Assert.False(Store.RenewLease(_name, Holder("b"), mine.Epoch, Long));
        Assert.False(Store.RenewLease(_name, Holder("a", "2"), mine.Epoch, Long));
        Assert.False(Store.RenewLease(_name, Holder("a"), mine.Epoch.Next, Long));
        Assert.False(Store.RenewLease(FreshText("no-lease"), Holder("a"), mine.Epoch, Long));
        Assert.True(Store.RenewLease(_name, Holder("a"), mine.Epoch, Long));
    }

    [StoreFact]
    public async Task A_released_lease_goes_to_another_at_once()
    {
        var mine = await AcquireAsync(Holder("a"), Long);
        await Store.ReleaseLeaseAsync(_name, Holder("a"), mine.Epoch, default);
        Assert.False(Store.RenewLease(_name, Holder("a"), mine.Epoch, Long));
        var next = await AcquireAsync(Holder("b"), Long);
        Assert.True(next.Acquired);
        Assert.True(next.Epoch.CompareTo(mine.Epoch) > 0);
        Assert.Equal(Holder("a"), next.Current);
    }

    [StoreFact]
    public async Task One_that_has_agreed_may_be_followed_while_it_holds_it_and_renews_no_more()
    {
        var first = await AcquireAsync(Holder("a"), Long);
        var other = await ConnectAsync("other");
        Assert.False((await other.AcquireLeaseAsync(_name, Holder("b"), Long, "test", first.Epoch.Next, default)).Acquired);
        var second = await other.AcquireLeaseAsync(_name, Holder("b"), Long, "test", first.Epoch, default);

        Assert.True(second.Acquired);
        Assert.True(second.Epoch.CompareTo(first.Epoch) > 0);
        Assert.Equal(Holder("a"), second.Current);
        Assert.False(Store.RenewLease(_name, Holder("a"), first.Epoch, Long));
        Assert.True(other.RenewLease(_name, Holder("b"), second.Epoch, Long));
        Assert.Equal(["b", "a"], (await Store.GetLeaseHistoryAsync(_name, default)).Select(h => h.Holder.Node.Value));
        // What it has agreed to is one successor.
        Assert.False((await (await ConnectAsync("third")).AcquireLeaseAsync(_name, Holder("c"), Long, "test", first.Epoch, default)).Acquired);
    }

    [StoreFact]
    public async Task While_one_that_has_agreed_may_act_nobody_gets_the_lease_but_its_successor()
    {
        var first = await AcquireAsync(Holder("a"), Long);
        var (other, third) = (await ConnectAsync("other"), await ConnectAsync("third"));
        var second = await other.AcquireLeaseAsync(_name, Holder("b"), Long, "test", first.Epoch, default);
        await other.ReleaseLeaseAsync(_name, Holder("b"), second.Epoch, default);
        Assert.False((await third.AcquireLeaseAsync(_name, Holder("c"), Long, "test", default, default)).Acquired);

        await Store.ReleaseLeaseAsync(_name, Holder("a"), first.Epoch, default);
        var last = await third.AcquireLeaseAsync(_name, Holder("c"), Long, "test", default, default);
        Assert.True(last.Acquired);
        Assert.Equal(Holder("b"), last.Current);
    }

    [StoreFact]
    public async Task One_that_has_agreed_ends_by_itself_or_by_being_shut_out()
    {
        var dead = await ConnectAsync("dead");
        var holder = new LeaseHolder(new NodeName("a"), "1", dead.Address);
        var first = await dead.AcquireLeaseAsync(_name, holder, Long, "test", default, default);
        var second = await Store.AcquireLeaseAsync(_name, Holder("b"), Short, "test", first.Epoch, default);
        Assert.True(second.Acquired);
        await Store.EvictAsync(_name, holder, Long, default).WaitAsync(StepLimit);

        var other = await ConnectAsync("other");
        var third = await other.AcquireLeaseAsync(_name, Holder("c"), Short, "test", default, default);
        await UntilAsync("the lease runs out", async () =>
            third.Acquired || (third = await other.AcquireLeaseAsync(_name, Holder("c"), Short, "test", default, default)).Acquired);
        var fourth = await Store.AcquireLeaseAsync(_name, Holder("d"), Long, "test", third.Epoch, default);
        Assert.True(fourth.Acquired);
        await Store.ReleaseLeaseAsync(_name, Holder("d"), fourth.Epoch, default);
        var fifth = await AcquireAsync(Holder("e"), Long);
        await UntilAsync("what is left of the lease runs out", async () => fifth.Acquired || (fifth = await AcquireAsync(Holder("e"), Long)).Acquired);
    }

    [StoreFact]
    public async Task Releasing_what_is_not_ones_own_does_nothing()
    {
        var mine = await AcquireAsync(Holder("a"), Long);
        await Store.ReleaseLeaseAsync(_name, Holder("b"), mine.Epoch, default);
        await Store.ReleaseLeaseAsync(_name, Holder("a"), mine.Epoch.Next, default);
        await Store.ReleaseLeaseAsync(FreshText("no-lease"), Holder("a"), mine.Epoch, default);
        Assert.True(Store.RenewLease(_name, Holder("a"), mine.Epoch, Long));
    }

    [StoreFact]
    public async Task A_dead_holders_lease_goes_to_another_at_once_and_the_dead_one_is_shut_out()
    {
        var dead = await ConnectAsync("dead");
        var holder = new LeaseHolder(new NodeName("a"), "1", dead.Address);
        var held = await dead.AcquireLeaseAsync(_name, holder, Long, "test", default, default);
        await Store.EvictAsync(_name, holder, Long, default).WaitAsync(StepLimit);

        var next = await AcquireAsync(Holder("b"), Long);
        Assert.True(next.Acquired);
        Assert.True(next.Epoch.CompareTo(held.Epoch) > 0);
        Assert.Equal(holder, next.Current);
        Assert.Equal(ErrorKind.Fenced, Assert.Throws<BlockStoreException>(() => dead.RenewLease(_name, holder, held.Epoch, Long)).Kind);
        await FailsAsync(ErrorKind.Fenced, () => dead.AcquireLeaseAsync(_name, holder, Long, "test", default, default));
    }

    [StoreFact]
    public async Task Evicting_a_holder_leaves_the_lease_of_its_successor_alone()
    {
        var dead = await ConnectAsync("dead");
        var holder = new LeaseHolder(new NodeName("a"), "1", dead.Address);
        var held = await dead.AcquireLeaseAsync(_name, holder, Long, "test", default, default);
        await dead.ReleaseLeaseAsync(_name, holder, held.Epoch, default);
        var mine = await AcquireAsync(Holder("b"), Long);
        await Store.EvictAsync(_name, holder, Long, default).WaitAsync(StepLimit);

        Assert.True(Store.RenewLease(_name, Holder("b"), mine.Epoch, Long));
        await Store.EvictAsync(FreshText("no-lease"), holder, Long, default).WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task Of_many_that_ask_at_once_exactly_one_gets_it()
    {
        IBlockStore[] stores = [Store, await ConnectAsync("second"), await ConnectAsync("third")];
        var attempts = await Task.WhenAll(Enumerable.Range(0, 15).Select(i =>
            stores[i % 3].AcquireLeaseAsync(_name, Holder($"n{i}"), Long, "race", default, default))).WaitAsync(StepLimit);
        Assert.Single(attempts, a => a.Acquired);
    }

    [StoreFact]
    public async Task The_history_tells_the_latest_32_newest_first()
    {
        Assert.Empty(await Store.GetLeaseHistoryAsync(_name, default));
        for (var i = 0; i < 40; i++)
            Assert.True((await AcquireAsync(Holder("a"), Long, $"reason {i}")).Acquired);
        var history = await Store.GetLeaseHistoryAsync(_name, default);
        Assert.Equal(32, history.Count);
        Assert.Equal(Enumerable.Range(8, 32).Reverse().Select(i => $"reason {i}"), history.Select(h => h.Reason));
        Assert.Equal(history.OrderByDescending(h => h.Epoch).Select(h => h.Epoch), history.Select(h => h.Epoch));
        Assert.All(history, h => Assert.Equal(Holder("a"), h.Holder));
        Assert.InRange(history[0].Since, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [StoreFact]
    public async Task A_lease_needs_a_good_name_and_a_duration()
    {
        foreach (var name in new[] { "", new string('x', 65), "a/b", "a b", "ä" })
            await FailsAsync(ErrorKind.InvalidArgument, () => Store.AcquireLeaseAsync(name, Holder("a"), Long, "test", default, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => AcquireAsync(Holder("a"), TimeSpan.Zero));
    }
}
