using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What fencing promises (<see cref="IFencing"/>).</summary>
public abstract class FencingContract(IStoreFixture fixture) : StoreContract(fixture)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private Task FenceAsync(IBlockStore victim) => Store.FenceAsync(victim.Address, Hour, default).WaitAsync(Fixture.Limit);

    [StoreFact]
    public async Task Each_connection_has_an_address_of_its_own()
    {
        var other = await ConnectAsync("other");
        Assert.NotEqual(Store.Address, other.Address);
        Assert.NotEmpty(other.Address.Value);
        Assert.False(await Store.IsFencedAsync(other.Address, default));
    }

    [StoreFact]
    public async Task After_a_fence_no_changing_call_takes_effect()
    {
        var victim = await ConnectAsync("victim");
        var volume = await CreateAsync(2 * MiB, MiB);
        await Store.SetMetadataAsync(volume, "k", "before", default);
        var key = FreshText("record");
        var version = (await Store.PutRecordAsync(key, new byte[] { 1 }, 0, default))!.Value;
        var lease = FreshText("lease");
        var holder = new LeaseHolder(new NodeName("n"), "1", victim.Address);
        var epoch = (await victim.AcquireLeaseAsync(lease, holder, Hour, "test", default, default)).Epoch;
        Assert.Equal(2 * MiB, (await victim.GetAsync(volume, default)).SizeBytes);

        await FenceAsync(victim);
        Assert.True(await Store.IsFencedAsync(victim.Address, default));

        var created = Fresh("created");
        var copied = Fresh("copied");
        var renamed = Fresh("renamed");
        await FailsAsync(ErrorKind.Fenced, () => victim.CreateAsync(created, MiB, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.RemoveAsync(volume, null, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.ResizeAsync(volume, 4 * MiB, Shrinking.Never, null, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.RenameAsync(volume, renamed, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.CopyAsync(volume, copied, null, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.WriteAsync(volume, 0, Pattern(0, 4096, seed: 9), default));
        await FailsAsync(ErrorKind.Fenced, () => victim.SetMetadataAsync(volume, "k", "after", default));
        await FailsAsync(ErrorKind.Fenced, () => victim.PutRecordAsync(key, new byte[] { 2 }, version, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.RemoveRecordAsync(key, version, default));
        await FailsAsync(ErrorKind.Fenced, () => victim.AcquireLeaseAsync(FreshText("lease"), holder, Hour, "test", default, default));
        Assert.Equal(ErrorKind.Fenced, Assert.Throws<BlockStoreException>(() => victim.RenewLease(lease, holder, epoch, Hour)).Kind);
        await FailsAsync(ErrorKind.Fenced, () => victim.ProbeAsync(Fixture.Limit, default));

        Assert.Null(await Store.FindAsync(created, default));
        Assert.Null(await Store.FindAsync(copied, default));
        Assert.Null(await Store.FindAsync(renamed, default));
        Assert.Equal(2 * MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        Assert.Equal(Pattern(0, 4096), await ReadAsync(Store, volume, 0, 4096));
        Assert.Equal("before", (await Store.GetMetadataAsync(volume, default))["k"]);
        Assert.Equal(1, (await Store.GetRecordAsync(key, default))!.Value.Span[0]);
    }

    [StoreFact]
    public async Task A_fence_hits_one_connection_alone()
    {
        var victim = await ConnectAsync("victim");
        var neighbour = await ConnectAsync("neighbour");
        await FenceAsync(victim);
        await FenceAsync(victim);
        await neighbour.CreateAsync(Fresh(), MiB, default);
        await neighbour.ProbeAsync(Fixture.Limit, default);
        var again = await ConnectAsync("again");
        Assert.NotEqual(victim.Address, again.Address);
        await again.CreateAsync(Fresh(), MiB, default);
    }

    [StoreFact]
    public async Task An_address_that_is_long_gone_can_be_fenced()
    {
        var gone = await Fixture.ConnectAsync("gone");
        var address = gone.Address;
        await gone.DisposeAsync();
        await Store.FenceAsync(address, Hour, default).WaitAsync(Fixture.Limit);
        Assert.True(await Store.IsFencedAsync(address, default));
    }

    [StoreFact]
    public async Task A_copy_that_runs_when_its_connection_is_fenced_never_ends_and_holds_nothing()
    {
        var victim = await ConnectAsync("victim", longCopies: true);
        var source = await CreateAsync(Fixture.LongCopyBytes, Fixture.LongCopyBytes);
        var target = Fresh("partial");
        var reports = new Reports();
        var copy = victim.CopyAsync(source, target, reports, default);
        await reports.Begun.WaitAsync(StepLimit);

        await FenceAsync(victim);
        await Store.RemoveAsync(target, null, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Fenced, () => copy);

        Assert.Null(await Store.FindAsync(target, default));
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);
        await Store.RemoveAsync(source, null, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, target, 0, MiB));
    }

    [StoreFact]
    public async Task A_lease_outlives_the_fence_of_its_holder_until_its_time_has_run_out()
    {
        var victim = await ConnectAsync("victim");
        var lease = FreshText("lease");
        var holder = new LeaseHolder(new NodeName("victim"), "1", victim.Address);
        await victim.AcquireLeaseAsync(lease, holder, Hour, "test", default, default);
        await FenceAsync(victim);
        var attempt = await Store.AcquireLeaseAsync(lease, new LeaseHolder(new NodeName("b"), "1", Store.Address), Hour, "test", default, default);
        Assert.False(attempt.Acquired);
        Assert.Equal(holder, attempt.Current);
    }
}
