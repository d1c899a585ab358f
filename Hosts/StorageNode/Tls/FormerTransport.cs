using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;

namespace Mooring.StorageNode.Tls;

/// <summary>
/// The protocol that the nodes do not speak: with TLS the one without it, and the other way round. It reaches nobody. Without it Akka.NET resolves what was
/// persisted under that protocol (the regions of sharding's coordinators) all to the same nobody, and the coordinators do not recover.
/// </summary>
internal sealed class FormerTransport : Transport
{
    private readonly Address _address;

    /// <summary>Made by remoting.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="config">Its part of the configuration.</param>
    public FormerTransport(ActorSystem system, Config config)
    {
        (System, Config, SchemeIdentifier) = (system, config, config.GetString("scheme"));
        _address = new Address(SchemeIdentifier, system.Name, "none", 1);
    }

    /// <summary>What names it in the configuration of a node.</summary>
    /// <param name="tls">Whether the node speaks TLS.</param>
    /// <returns>HOCON.</returns>
    public static string Hocon(bool tls) =>
        $$"""
        akka.remote {
          enabled-transports = ["akka.remote.dot-netty.tcp", "akka.remote.former"]
          former { transport-class = "{{typeof(FormerTransport).AssemblyQualifiedName}}", applied-adapters = [], scheme = "{{(tls ? "tcp" : "ssl.tcp")}}" }
        }
        """;

    /// <inheritdoc/>
    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen() =>
        Task.FromResult((_address, new TaskCompletionSource<IAssociationEventListener>()));

    /// <inheritdoc/>
    public override bool IsResponsibleFor(Address remote) => true;

    /// <inheritdoc/>
    public override Task<AssociationHandle> Associate(Address remoteAddress) =>
        Task.FromException<AssociationHandle>(new InvalidAssociationException($"nobody speaks {remoteAddress.Protocol} any more"));

    /// <inheritdoc/>
    public override Task<bool> Shutdown() => Task.FromResult(true);
}
