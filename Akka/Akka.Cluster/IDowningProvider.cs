using Akka.Actor;
using Akka.Configuration;

namespace Akka.Cluster;

/// <summary>Decides what is to become of unreachable members. Implementations have a constructor (ActorSystem, Cluster).</summary>
public interface IDowningProvider
{
    /// <summary>How long singletons and shards wait after the removal of a member, so that it has surely noticed and stopped.</summary>
    TimeSpan DownRemovalMargin { get; }

    /// <summary>The actor that watches the cluster and calls <see cref="Cluster.Down"/>; null: none.</summary>
    Props? DowningActorProps { get; }
}

/// <summary>Downs nobody: an operator has to.</summary>
public sealed class NoDowning : IDowningProvider
{
#pragma warning disable IDE0060 // The constructor is the contract of downing providers.
    public NoDowning(ActorSystem system, Cluster cluster)
    {
    }
#pragma warning restore IDE0060

    public TimeSpan DownRemovalMargin => TimeSpan.Zero;

    public Props? DowningActorProps => null;
}

internal static class DowningProvider
{
    public static IDowningProvider Load(Type type, ActorSystem system, Cluster cluster)
    {
        try
        {
            return (IDowningProvider)Activator.CreateInstance(type, system, cluster)!;
        }
        catch (Exception e)
        {
            throw new ConfigurationException($"Could not create the downing provider [{type}]: it needs a constructor (ActorSystem, Cluster)", e);
        }
    }
}
