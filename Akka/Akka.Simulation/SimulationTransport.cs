using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;

namespace Akka.Simulation;

/// <summary>Connections through the network of the world. Named by <c>transport-class</c>.</summary>
internal sealed class SimulationTransport : WireTransport
{
    private readonly SimulatedProcess _process;
    private readonly string _host;
    private readonly int _port;
    private readonly TimeSpan _connectionTimeout;

    public SimulationTransport(ExtendedActorSystem system, Config config)
        : base(system, config)
    {
        _process = ((SimulationScheduler)system.Scheduler).Process;
        _host = config.GetString("hostname", _process.Host) ?? _process.Host;
        _port = config.GetInt("port", 0);
        _connectionTimeout = config.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(15));
        MaximumPayloadBytes = (int)(config.GetByteSize("maximum-frame-size", null) ?? 128000);
    }

    public override string SchemeIdentifier => "tcp";

    public override int MaximumPayloadBytes { get; }

    private SimulatedNetwork Network => _process.World.Network;

    public override Task<Address> Listen(Action<WireConnection> onInbound)
    {
        Network.Listen(_host, _port, _process, onInbound);
        return Task.FromResult(new Address($"{RemoteSettings.AkkaScheme}.{SchemeIdentifier}", System.Name, _host, _port));
    }

    public override Task<WireConnection> Connect(Address remote, CancellationToken cancellation) =>
        Network.Connect(_process, remote.Host!, remote.Port ?? 0, _connectionTimeout);

    public override void StopListening() => Network.StopListening(_host, _port, _process);

    public override Task Shutdown()
    {
        StopListening();
        return Task.CompletedTask;
    }
}
