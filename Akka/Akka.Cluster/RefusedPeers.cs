using System.Collections.Concurrent;

namespace Akka.Cluster;

/// <summary>
/// Peers whose process is gone as far as the operating system can tell: it refused a connection after one had been established.
/// A sign of life takes them out again. Shared by the core daemon (which marks) and the heartbeat sender (which hears them).
/// </summary>
internal sealed class RefusedPeers
{
    private readonly ConcurrentDictionary<UniqueAddress, byte> _peers = new();

    public bool IsEmpty => _peers.IsEmpty;

    public ICollection<UniqueAddress> All => _peers.Keys;

    public bool Add(UniqueAddress peer) => _peers.TryAdd(peer, 0);

    public bool Contains(UniqueAddress peer) => !_peers.IsEmpty && _peers.ContainsKey(peer);

    /// <summary>The peer was heard of, or is no longer a member.</summary>
    public bool Remove(UniqueAddress peer) => !_peers.IsEmpty && _peers.TryRemove(peer, out _);
}
