using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Mooring.Actors.Membership;

/// <summary>
/// Judges silence as Akka.NET does, by heartbeats and with a pause that a busy machine may take; a peer whose endpoint refuses connections
/// is unavailable at once. That alone removes nobody: see <see cref="PeerVotes"/>.
/// </summary>
public sealed class RefusalFailureDetector : PhiAccrualFailureDetector
{
    private readonly RefusedPeers _refused;

    /// <summary>Made by Akka.Cluster: <c>akka.cluster.failure-detector.implementation-class</c>.</summary>
    /// <param name="config">The section <c>akka.cluster.failure-detector</c>.</param>
    /// <param name="stream">The actor system's event stream.</param>
    public RefusalFailureDetector(Config config, EventStream stream)
        : base(config, stream) => _refused = RefusedPeers.Of(stream);

    /// <inheritdoc/>
    public override bool IsAvailable => !_refused.Contains(Address) && base.IsAvailable;
}
