using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Actors.Requests;

/// <summary>The owner's book as its journal keeps it. Extend-only.</summary>
/// <param name="Entries">Every request that is in memory.</param>
/// <param name="Sequence">As <see cref="OperationsState.Sequence"/>.</param>
/// <param name="Epoch">As <see cref="OperationsState.Epoch"/>.</param>
public sealed record OperationsSnapshot(IReadOnlyList<OperationEntry> Entries, long Sequence, Epoch Epoch)
{
    /// <summary>As <see cref="OperationsState.Parts"/>; null from before there was an archive.</summary>
    public IReadOnlyList<ResultPart>? Parts { get; init; }

    /// <summary>The snapshot of a book.</summary>
    /// <param name="state">The book.</param>
    /// <returns>Its snapshot.</returns>
    public static OperationsSnapshot Of(OperationsState state) =>
        new([.. state.Entries.Values.OrderBy(e => e.Sequence)], state.Sequence, state.Epoch) { Parts = state.Parts.IsEmpty ? null : state.Parts };

    /// <summary>The book of the snapshot.</summary>
    /// <returns>The book.</returns>
    public OperationsState State() => new(Entries.ToImmutableDictionary(e => e.Id), Sequence, Epoch, Entries.Count(e => e.Outcome is null))
    {
        Parts = [.. Parts ?? []],
        UndeliveredCount = Entries.Count(e => e.Undelivered),
        ArchivedCount = Parts?.Sum(p => p.Count) ?? 0,
    };
}
