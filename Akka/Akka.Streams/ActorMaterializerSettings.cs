using Akka.Actor;
using Akka.Configuration;
using Akka.Streams.Implementation;

namespace Akka.Streams;

/// <summary>How a materializer runs streams.</summary>
public sealed class ActorMaterializerSettings
{
    /// <summary>Dispatcher of the actors that run streams; empty for the default dispatcher.</summary>
    public readonly string Dispatcher;

    /// <summary>Most elements that a stream handles before it lets other actors have the thread.</summary>
    public readonly int SyncProcessingLimit;

    private ActorMaterializerSettings(string dispatcher, int syncProcessingLimit)
    {
        Dispatcher = dispatcher;
        SyncProcessingLimit = syncProcessingLimit;
    }

    /// <summary>The settings below <c>akka.stream.materializer</c>.</summary>
    /// <exception cref="ConfigurationException">A value is not valid.</exception>
    public static ActorMaterializerSettings Create(ActorSystem system)
    {
        StreamDefaults.Of(system);
        var config = system.Settings.Config.GetConfig("akka.stream.materializer");
        var limit = config.GetInt("sync-processing-limit", 1000);
        return limit > 0
            ? new ActorMaterializerSettings(config.GetString("dispatcher", ""), limit)
            : throw new ConfigurationException($"akka.stream.materializer.sync-processing-limit must be positive, not {limit}");
    }

    /// <summary>A copy with another dispatcher.</summary>
    public ActorMaterializerSettings WithDispatcher(string dispatcher) => new(dispatcher, SyncProcessingLimit);
}
