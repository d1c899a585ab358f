using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mooring.Actors.Nodes;
using Mooring.Messages;

namespace Mooring.Actors.Hosting;

/// <summary>Healthy when this node's dispatcher answers, the node is up in the cluster and knows of a node that owns the virtual IP.</summary>
/// <param name="dispatcher">The node's dispatcher.</param>
/// <param name="system">The node's actor system.</param>
public sealed class MooringHealthCheck(IRequiredActor<DispatcherActor> dispatcher, ActorSystem system) : IHealthCheck
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var actor = await dispatcher.GetAsync(cancellationToken).ConfigureAwait(false);
            var mooring = MooringCluster.Get(system);
            var nodes = await actor.Ask<NodesListed>(new GetNodes(), Limit, cancellationToken).ConfigureAwait(false);
            var own = nodes.Items.FirstOrDefault(n => n.Name == mooring.Node.Value)?.State;
            return own is NodeStates.Draining or NodeStates.Drained ? HealthCheckResult.Unhealthy($"this node is {own}")
                : own != NodeStates.Up ? HealthCheckResult.Unhealthy("this node is not in the cluster yet")
                : nodes.Items.Any(n => n.VipOwner) ? HealthCheckResult.Healthy("ready")
                : HealthCheckResult.Unhealthy("no node owns the virtual IP yet");
        }
        catch (AskTimeoutException)
        {
            return HealthCheckResult.Unhealthy($"this node's dispatcher does not answer within {Limit.TotalSeconds:0} s");
        }
    }
}
