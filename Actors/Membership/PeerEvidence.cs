using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Event;
using Mooring.Messages;

namespace Mooring.Actors.Membership;

/// <summary>
/// What this node has found out of members beside that their heartbeats stay away: written by <see cref="PeerWatchActor"/>, read by
/// <see cref="PeerFailureDetector"/>, which counts the heartbeats here. Found by the actor system's event stream, which is all that a failure detector is
/// given.
/// </summary>
internal sealed class PeerEvidence
{
    private static readonly ConditionalWeakTable<EventStream, PeerEvidence> OfStreams = [];

    private readonly ConcurrentDictionary<string, PeerVerdict> _verdicts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _beats = new(StringComparer.Ordinal);

    public static PeerEvidence Of(EventStream stream) => OfStreams.GetValue(stream, _ => new PeerEvidence());

    /// <summary>What has been found out; null when nothing speaks against it.</summary>
    public PeerVerdict? this[string address] => !_verdicts.IsEmpty && _verdicts.TryGetValue(address, out var verdict) ? verdict : null;

    /// <summary>Whether it is new.</summary>
    public bool Add(string address, PeerVerdict verdict)
    {
        var before = this[address];
        _verdicts[address] = verdict;
        return before != verdict;
    }

    public void Remove(string address) => _verdicts.TryRemove(address, out _);

    public void Beat(string address) => _beats.AddOrUpdate(address, 1, (_, beats) => beats + 1);

    /// <summary>How many heartbeats have come from it; 0 from one that is not listened to.</summary>
    public long BeatsOf(string address) => _beats.GetValueOrDefault(address);
}
