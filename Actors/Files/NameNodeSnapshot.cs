using System.Collections.Immutable;
using Mooring.Messages;

namespace Mooring.Actors.Files;

/// <summary>A name node's state as its journal keeps it. Extend-only.</summary>
/// <param name="Plan">As <see cref="NameNodeState.Plan"/>.</param>
/// <param name="Phase">As <see cref="NameNodeState.Phase"/>.</param>
/// <param name="Areas">As <see cref="NameNodeState.Areas"/>.</param>
/// <param name="NextBase">As <see cref="NameNodeState.NextBase"/>.</param>
public sealed record NameNodeSnapshot(FileSystemPlanned? Plan, FileSystemPhase Phase, IReadOnlyList<AreaState> Areas, Epoch NextBase)
{
    /// <summary>The snapshot of a state.</summary>
    /// <param name="state">The state.</param>
    /// <returns>Its snapshot.</returns>
    public static NameNodeSnapshot Of(NameNodeState state) => new(state.Plan, state.Phase, [.. state.Areas.Values], state.NextBase);

    /// <summary>The state of the snapshot.</summary>
    /// <returns>The state.</returns>
    public NameNodeState State() => new(Plan, Phase, Areas.ToImmutableSortedDictionary(a => a.Number, a => a), NextBase);
}
