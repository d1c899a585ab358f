using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Mooring.Actors.Membership;

/// <summary>
/// Judges silence as Akka.NET does, by heartbeats and with a pause that a busy machine may take; a peer whose endpoint refuses connections, or which is
/// silent and whose host does not answer either, is unavailable at once. That alone removes nobody: see <see cref="PeerVotes"/>.
/// </summary>
public sealed class PeerFailureDetector : PhiAccrualFailureDetector
{
    private readonly PeerEvidence _evidence;

    /// <summary>Made by Akka.Cluster: <c>akka.cluster.failure-detector.implementation-class</c>.</summary>
    /// <param name="config">The section <c>akka.cluster.failure-detector</c>.</param>
    /// <param name="stream">The actor system's event stream.</param>
    public PeerFailureDetector(Config config, EventStream stream)
        : base(config, stream) => _evidence = PeerEvidence.Of(stream);

    /// <inheritdoc/>
    public override bool IsAvailable => _evidence[Address] is null && base.IsAvailable;

    /// <inheritdoc/>
    public override void HeartBeat()
    {
        _evidence.Beat(Address);
        base.HeartBeat();
    }
}
