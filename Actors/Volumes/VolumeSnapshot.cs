using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Actors.Volumes;

/// <summary>A volume's state as its journal keeps it. Extend-only.</summary>
/// <param name="Active">As <see cref="VolumeState.Active"/>.</param>
/// <param name="Ended">As <see cref="VolumeState.Ended"/>.</param>
/// <param name="Holds">As <see cref="VolumeState.Holds"/>: the operations and the volumes that they make.</param>
public sealed record VolumeSnapshot(ActiveOperation? Active, IReadOnlyList<EndedOperation> Ended, IReadOnlyDictionary<OperationId, VolumeId> Holds)
{
    /// <summary>As <see cref="VolumeState.RecordedBefore"/>.</summary>
    public long RecordedBefore { get; init; }

    /// <summary>The places of the holds in the order of acceptance, as far as they are known.</summary>
    public IReadOnlyDictionary<OperationId, long>? HoldSequences { get; init; }

    /// <summary>Which of the holds are exclusive; null when none is.</summary>
    public IReadOnlyList<OperationId>? ExclusiveHolds { get; init; }

    /// <summary>The snapshot of a state.</summary>
    /// <param name="state">The state.</param>
    /// <returns>Its snapshot.</returns>
    public static VolumeSnapshot Of(VolumeState state) => new(state.Active, [.. state.Ended.Values], state.Holds.ToDictionary(h => h.Key, h => h.Value.Target))
    {
        RecordedBefore = state.RecordedBefore,
        HoldSequences = state.Holds.Where(h => h.Value.Sequence is not null).ToDictionary(h => h.Key, h => h.Value.Sequence!.Value),
        ExclusiveHolds = state.Holds.Values.Any(h => h.Exclusive) ? [.. state.Holds.Where(h => h.Value.Exclusive).Select(h => h.Key)] : null,
    };

    /// <summary>The state of the snapshot.</summary>
    /// <returns>The state.</returns>
    public VolumeState State() => new(
        Active,
        Ended.ToImmutableDictionary(e => e.Operation),
        Holds.ToImmutableDictionary(h => h.Key, h => new SourceHold(
            h.Value,
            HoldSequences?.TryGetValue(h.Key, out var sequence) == true ? sequence : null,
            ExclusiveHolds?.Contains(h.Key) == true)))
    {
        RecordedBefore = RecordedBefore,
    };
}
