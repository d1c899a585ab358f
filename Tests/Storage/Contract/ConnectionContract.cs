using System.Diagnostics;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What connections promise: slots, probes, cancelling (<see cref="IBlockStore"/>, <see cref="IBlockStoreProvider"/>).</summary>
public abstract class ConnectionContract(IStoreFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public Task A_probe_answers_within_its_time() => Store.ProbeAsync(Fixture.Limit, default).WaitAsync(Fixture.Limit);

    [StoreFact]
    public async Task Calls_that_use_no_slot_answer_while_a_long_call_has_the_only_one()
    {
        var narrow = await ConnectAsync("narrow", slots: 1, longCopies: true);
        var source = await CreateAsync(Fixture.LongCopyBytes, Fixture.LongCopyBytes);
        var reports = new Reports();
        using var cancel = new CancellationTokenSource();
        var copy = narrow.CopyAsync(source, Fresh("copy"), reports, cancel.Token);
        await reports.Begun.WaitAsync(StepLimit);
        var waiting = narrow.CreateAsync(Fresh("waits"), MiB, default);

        await narrow.ProbeAsync(Fixture.Limit, default);
        var key = FreshText("record");
        var version = await narrow.PutRecordAsync(key, new byte[] { 1 }, 0, default);
        await narrow.GetRecordAsync(key, default);
        await narrow.RemoveRecordAsync(key, version!.Value, default);
        var holder = new LeaseHolder(new NodeName("n"), "1", narrow.Address);
        var lease = FreshText("lease");
        var taken = await narrow.AcquireLeaseAsync(lease, holder, TimeSpan.FromMinutes(1), "test", default, default);
        narrow.RenewLease(lease, holder, taken.Epoch, TimeSpan.FromMinutes(1));
        Assert.False(waiting.IsCompleted, "a call that needs a slot must wait for it");
        Assert.False(copy.IsCompleted, "the copy was too short for this test: raise LongCopyBytes");

        await cancel.CancelAsync();
        await FailsAsync(ErrorKind.Cancelled, () => copy);
        await waiting.WaitAsync(StepLimit);
    }

    [StoreFact]
    public async Task A_call_that_waits_for_a_slot_can_be_given_up_and_then_changes_nothing()
    {
        var narrow = await ConnectAsync("narrow", slots: 1, longCopies: true);
        var source = await CreateAsync(Fixture.LongCopyBytes, Fixture.LongCopyBytes);
        var reports = new Reports();
        using var cancelCopy = new CancellationTokenSource();
        using var cancel = new CancellationTokenSource();
        var copy = narrow.CopyAsync(source, Fresh("copy"), reports, cancelCopy.Token);
        await reports.Begun.WaitAsync(StepLimit);
        var never = Fresh("never");
        var waiting = narrow.CreateAsync(never, MiB, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(StepLimit));
        await cancelCopy.CancelAsync();
        await FailsAsync(ErrorKind.Cancelled, () => copy);
        await narrow.CreateAsync(Fresh("after"), MiB, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindAsync(never, default));
    }

    [StoreFact]
    public async Task A_token_that_is_cancelled_already_starts_nothing()
    {
        var volume = Fresh();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CreateAsync(volume, MiB, new CancellationToken(true)));
        Assert.Null(await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task A_connection_needs_at_least_one_slot() =>
        await Assert.ThrowsAnyAsync<Exception>(() => Fixture.ConnectAsync("none", slots: 0));

    [StoreFact]
    public async Task A_connection_that_was_closed_does_nothing_more()
    {
        var closed = await Fixture.ConnectAsync("closed");
        await closed.DisposeAsync();
        await closed.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => closed.CreateAsync(Fresh(), MiB, default).WaitAsync(StepLimit));
    }

    [StoreFact]
    public async Task A_probe_is_cheap()
    {
        await Store.ProbeAsync(Fixture.Limit, default);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
            await Store.ProbeAsync(Fixture.Limit, default);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"20 probes took {clock.Elapsed}");
    }
}
