using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;

namespace Akka.Simulation;

/// <summary>Connections through the network of the world. Named by <c>transport-class</c>.</summary>
public sealed class SimulationTransport : Transport
{
    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new();
    private readonly SimulatedProcess _process;
    private readonly TimeSpan _connectionTimeout;
    private readonly Address _local;

    /// <summary>Made by Akka.Remote.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="config">The transport's configuration, as for DotNetty's.</param>
    public SimulationTransport(ActorSystem system, Config config)
    {
        ArgumentNullException.ThrowIfNull(system);
        (System, Config) = (system, config);
        _process = SimulatedProcess.Of(system.Settings.Config);
        SchemeIdentifier = "tcp";
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size", null) ?? 128000;
        _connectionTimeout = config.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(15));
        _local = new Address(SchemeIdentifier, system.Name, config.GetString("hostname", _process.Host), config.GetInt("port", 0));
    }

    private SimulatedNetwork Network => _process.World.Network;

    /// <inheritdoc/>
    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        Network.Listen(_local, _process, inbound =>
            _listener.Task.ContinueWith(l => l.Result.Notify(new InboundAssociation(inbound)), TaskContinuationOptions.ExecuteSynchronously));
        return Task.FromResult((_local, _listener));
    }

    /// <inheritdoc/>
    public override bool IsResponsibleFor(Address remote) => true;

    /// <inheritdoc/>
    public override async Task<AssociationHandle> Associate(Address remoteAddress) =>
        await Network.Connect(_process, _local, remoteAddress, _connectionTimeout);

    /// <inheritdoc/>
    public override Task<bool> Shutdown()
    {
        Network.StopListening(_local, _process);
        return Task.FromResult(true);
    }
}
