using Mooring.Messages;

namespace Mooring.Actors.Requests;

/// <summary>The requests of each volume whose settled result is not in the owner's journal yet, by their place in the order of acceptance.</summary>
public sealed class OpenRequests
{
    private readonly Dictionary<VolumeId, SortedSet<long>> _byVolume = [];

    /// <summary>A request is accepted, or was found open in the journal.</summary>
    /// <param name="entry">Its entry.</param>
    public void Add(OperationEntry entry)
    {
        if (!_byVolume.TryGetValue(entry.Command.Volume, out var open))
            _byVolume[entry.Command.Volume] = open = [];
        open.Add(entry.Sequence);
    }

    /// <summary>The journal says that it is settled.</summary>
    /// <param name="entry">Its entry.</param>
    public void Remove(OperationEntry entry)
    {
        if (_byVolume.TryGetValue(entry.Command.Volume, out var open) && open.Remove(entry.Sequence) && open.Count == 0)
            _byVolume.Remove(entry.Command.Volume);
    }

    /// <summary>How many such requests a volume has. While it has any, what becomes of it is theirs to say.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>The number.</returns>
    public int CountOf(VolumeId volume) => _byVolume.TryGetValue(volume, out var open) ? open.Count : 0;

    /// <summary>Before which place every request of a volume is recorded.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="next">The place that the next request gets.</param>
    /// <returns>The place.</returns>
    public long RecordedBefore(VolumeId volume, long next) => _byVolume.TryGetValue(volume, out var open) ? open.Min : next;
}
