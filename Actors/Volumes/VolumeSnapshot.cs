using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Actors.Volumes;

/// <summary>A volume's state as its journal keeps it. Extend-only.</summary>
/// <param name="Active">As <see cref="VolumeState.Active"/>.</param>
/// <param name="Ended">As <see cref="VolumeState.Ended"/>.</param>
/// <param name="Holds">As <see cref="VolumeState.Holds"/>.</param>
public sealed record VolumeSnapshot(ActiveOperation? Active, IReadOnlyList<EndedOperation> Ended, IReadOnlyDictionary<OperationId, VolumeId> Holds)
{
    /// <summary>As <see cref="VolumeState.RecordedBefore"/>.</summary>
    public long RecordedBefore { get; init; }

    /// <summary>The snapshot of a state.</summary>
    /// <param name="state">The state.</param>
    /// <returns>Its snapshot.</returns>
    public static VolumeSnapshot Of(VolumeState state) =>
        new(state.Active, [.. state.Ended.Values], state.Holds) { RecordedBefore = state.RecordedBefore };

    /// <summary>The state of the snapshot.</summary>
    /// <returns>The state.</returns>
    public VolumeState State() =>
        new(Active, Ended.ToImmutableDictionary(e => e.Operation), Holds.ToImmutableDictionary()) { RecordedBefore = RecordedBefore };
}
