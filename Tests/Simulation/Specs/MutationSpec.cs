using Mooring.Tests.Simulation.Runs;
using Xunit.Abstractions;

namespace Mooring.Tests.Simulation.Specs;

/// <summary>A check that catches nothing is no check: each safeguard, taken out, must be missed.</summary>
public sealed class MutationSpec(ITestOutputHelper output)
{
    private const int SeedsMax = 200;

    [Theory]
    [InlineData(Mutation.NoLeaseCheck)]
    [InlineData(Mutation.NoFencing, 62)]
    [InlineData(Mutation.ReplyBeforePersist)]
    [InlineData(Mutation.RequestIdIgnored)]
    [InlineData(Mutation.WatchdogOff)]
    [InlineData(Mutation.OrderLost)]
    [InlineData(Mutation.TwoWriters)]
    [InlineData(Mutation.PendingForgotten)]
    [InlineData(Mutation.ArchiveForgotten)]
    [InlineData(Mutation.PredecessorNotWaitedFor)]
    public async Task A_safeguard_that_is_taken_out_is_missed_within_200_seeds(Mutation mutation, long known = 1)
    {
        var batch = new SeedBatch(mutation, output.WriteLine) { StopAtFailure = true };
        // The one that missed it last is tried first; it need not do so any more.
        await batch.RunAsync([known], CancellationToken.None);
        if (batch.Failures.Count == 0)
            await batch.RunAsync([.. Enumerable.Range(1, SeedsMax).Select(i => (long)i)], CancellationToken.None);

        Assert.NotEmpty(batch.Failures);
        Assert.DoesNotContain(batch.Failures.SelectMany(f => f.Violations), v => v.StartsWith(SeedBatch.Died, StringComparison.Ordinal));
    }
}
