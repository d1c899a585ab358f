using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Event;

namespace Mooring.Actors.Membership;

/// <summary>
/// The members whose cluster endpoint refuses connections, as this node sees it: written by <see cref="PeerWatchActor"/>, read by
/// <see cref="RefusalFailureDetector"/>. Found by the actor system's event stream, which is all that a failure detector is given.
/// </summary>
internal sealed class RefusedPeers
{
    private static readonly ConditionalWeakTable<EventStream, RefusedPeers> OfStreams = [];

    private readonly ConcurrentDictionary<string, bool> _refused = new(StringComparer.Ordinal);

    public static RefusedPeers Of(EventStream stream) => OfStreams.GetValue(stream, _ => new RefusedPeers());

    public bool Contains(string address) => !_refused.IsEmpty && _refused.ContainsKey(address);

    public bool Add(string address) => _refused.TryAdd(address, true);

    public void Remove(string address) => _refused.TryRemove(address, out _);
}
