using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>
/// How far the changes of an area have come: every committed batch has the next sequence number, every writer a higher epoch. Who has seen a position
/// has seen every change that was acknowledged with that position or a lower one.
/// </summary>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Sequence">The number of the last batch.</param>
public readonly record struct AreaPosition(Epoch Epoch, long Sequence) : IComparable<AreaPosition>
{
    /// <inheritdoc/>
    public int CompareTo(AreaPosition other)
    {
        var byEpoch = Epoch.CompareTo(other.Epoch);
        return byEpoch != 0 ? byEpoch : Sequence.CompareTo(other.Sequence);
    }

    /// <summary>Whether this one has seen all that the other one has.</summary>
    /// <param name="other">The other one.</param>
    /// <returns>Whether it has.</returns>
    public bool IsAtLeast(AreaPosition other) => CompareTo(other) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Epoch}:{Sequence}";
}
