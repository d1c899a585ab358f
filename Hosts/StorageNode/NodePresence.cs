using Akka.Actor;
using Mooring.Actors;
using Mooring.Palettes;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Files;
using Mooring.StorageNode.Tls;
using Petabridge.Cmd.Host;

namespace Mooring.StorageNode;

/// <summary>What a node shows of itself beside its actors while they run: the data port, the console; and whether they ended by themselves.</summary>
internal sealed class NodePresence(ActorSystem system, MooringServices services, NodeConfiguration configuration, NodeTls? tls, IConsoleGate consoles, ILogger<NodePresence> log) : IHostedLifecycleService
{
    private DataListener? _data;

    /// <summary>Whether the actor system ended although nobody told the process to stop.</summary>
    public bool EndedByItself => CoordinatedShutdown.Get(system).ShutdownReason is not (null or CoordinatedShutdown.ClrExitReason);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var mooring = MooringCluster.Get(system);
        if (configuration.Flag("console.enabled"))
            MooringConsole.Start(system, mooring, configuration.Console, consoles);
        _data = DataListener.Start(services, mooring.Areas, tls);
        log.LogInformation("{Node} runs on {Address}", services.Settings.Node, configuration.Text("node.address"));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Before anything is stopped: what this node has goes to the others while it still answers, the virtual IP last.
    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("what this node has is not handed over in time: it ends all the same");
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (EndedByItself)
            log.LogWarning("this node is not in the cluster any more: it begins anew");
        services.VirtualAddress.Release();
        if (_data is not null)
            await _data.DisposeAsync();
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
