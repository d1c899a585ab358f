using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Mooring.Actors.Files;
using Mooring.Actors.Nodes;
using Mooring.Actors.Vip;
using Mooring.Actors.Volumes;

namespace Mooring.Actors.Hosting;

/// <summary>Mooring in a service that is composed with Microsoft.Extensions.Hosting and Akka.Hosting, such as <c>mooringd</c> itself.</summary>
public static class MooringHosting
{
    /// <summary>
    /// Runs Mooring in the service's actor system. Afterwards <c>IRequiredActor&lt;VipOwnerActor&gt;</c> is the owner of the virtual IP wherever it is
    /// (<see cref="MooringCluster.Owner"/>), and in the same way there are <see cref="DispatcherActor"/>, <see cref="VolumeActor"/> (the region) and
    /// <see cref="NameNodeActor"/> (the region).
    /// </summary>
    /// <param name="akka">The actor system's composition; its provider is <c>cluster</c>.</param>
    /// <param name="services">What Mooring needs from the world.</param>
    /// <returns><paramref name="akka"/>.</returns>
    public static AkkaConfigurationBuilder WithMooring(this AkkaConfigurationBuilder akka, MooringServices services)
    {
        ArgumentNullException.ThrowIfNull(akka);
        return akka.AddHocon(MooringCluster.DefaultConfig(), HoconAddMode.Append).WithActors((system, registry) =>
        {
            var mooring = MooringCluster.Start(system, services);
            registry.Register<VipOwnerActor>(mooring.Owner);
            registry.Register<DispatcherActor>(mooring.Dispatcher);
            registry.Register<VolumeActor>(mooring.Volumes);
            registry.Register<NameNodeActor>(mooring.NameNodes);
        });
    }

    /// <summary>Adds the check whether this node is in the cluster, fit, and knows an owner of the virtual IP.</summary>
    /// <param name="checks">The service's health checks.</param>
    /// <returns><paramref name="checks"/>.</returns>
    public static IHealthChecksBuilder AddMooring(this IHealthChecksBuilder checks)
    {
        ArgumentNullException.ThrowIfNull(checks);
        return checks.AddCheck<MooringHealthCheck>("mooring");
    }
}
