using Akka.Simulation;
using Mooring.Actors.Requests;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Store;

/// <summary>One node's way to the journal, on which a safeguard of Mooring does nothing; without a mutation it is the plain one.</summary>
internal sealed class MutatedEventLog(SimulatedCeph ceph, SimulatedProcess process, Mutation mutation) : SimulatedEventLog(ceph, process)
{
    private static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(100);

    private readonly SimulatedProcess _process = process;

    public override Task<bool> AppendAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken) =>
        mutation == Mutation.ReplyBeforePersist ? AppendBehindAsync(stream, firstNumber, events) : base.AppendAsync(stream, firstNumber, events, cancellationToken);

    public override IAsyncEnumerable<(long Number, ReadOnlyMemory<byte> Event)> ReadAsync(
        string stream, long fromNumber, long toNumber, long limit, CancellationToken cancellationToken) =>
        base.ReadAsync(stream, fromNumber, toNumber, IsForgotten(stream) ? 0 : limit, cancellationToken);

    public override async Task<IReadOnlyList<(long Number, DateTime Timestamp)>> ListSnapshotsAsync(string stream, CancellationToken cancellationToken)
    {
        var snapshots = await base.ListSnapshotsAsync(stream, cancellationToken);
        return IsForgotten(stream) ? [] : snapshots;
    }

    // Whoever writes believes that nobody else does.
    protected override bool Append(SimulatedJournal journal, string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events) =>
        base.Append(journal, stream, mutation == Mutation.TwoWriters ? journal.Of(stream).Highest + 1 : firstNumber, events);

    private bool IsForgotten(string stream) => mutation switch
    {
        Mutation.PendingForgotten => stream == PendingOperationsActor.Name,
        Mutation.ArchiveForgotten => stream == ResultArchiveActor.Id,
        _ => false,
    };

    // As if Mooring replied before it persisted.
    private Task<bool> AppendBehindAsync(string stream, long firstNumber, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        var said = new TaskCompletionSource<bool>();
        _process.World.Schedule(_process, TimeSpan.FromMilliseconds(1), "says that it is there", () => said.TrySetResult(true));
        _process.World.Schedule(_process, Behind, "writes it", () => _ = base.AppendAsync(stream, firstNumber, events, CancellationToken.None));
        return said.Task;
    }
}
