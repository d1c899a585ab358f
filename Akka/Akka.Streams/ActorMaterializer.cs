using Akka.Actor;
using Akka.Configuration;
using Akka.Streams.Implementation;

namespace Akka.Streams;

/// <summary>
/// Runs each stream in an actor of its own. The streams end with the materializer, and that with the actor system or actor that it was
/// made in; what has not ended by itself then fails with <see cref="AbruptTerminationException"/>.
/// </summary>
public abstract class ActorMaterializer : IMaterializer, IDisposable
{
    private protected ActorMaterializer()
    {
    }

    /// <summary>How it runs streams.</summary>
    public abstract ActorMaterializerSettings Settings { get; }

    /// <summary>Whether it has been shut down.</summary>
    public abstract bool IsShutdown { get; }

    /// <summary>The package's reference configuration.</summary>
    public static Config DefaultConfig() => ConfigurationFactory.FromResource("Akka.Streams.reference.conf", typeof(ActorMaterializer).Assembly);

    /// <summary>A materializer in an actor system, or in an actor: there it can only be made by that actor itself.</summary>
    /// <param name="context">The actor system or the actor's context.</param>
    /// <param name="settings">How to run streams; as configured when null.</param>
    /// <param name="namePrefix">What the names of the streams' actors begin with; <c>Flow</c> when null.</param>
    /// <exception cref="ArgumentException">The context is of another kind.</exception>
    public static ActorMaterializer Create(IActorRefFactory context, ActorMaterializerSettings? settings = null, string? namePrefix = null)
    {
        var system = context switch
        {
            ExtendedActorSystem s => s,
            IActorContext c => (ExtendedActorSystem)c.System,
            _ => throw new ArgumentException($"ActorRefFactory context must be an ActorSystem or ActorContext, got [{context?.GetType()}]", nameof(context)),
        };
        var supervisor = context.ActorOf(StreamSupervisor.Props(), $"StreamSupervisor-{StreamDefaults.Of(system).NextSupervisor()}");
        return new ActorMaterializerImpl(system, settings ?? ActorMaterializerSettings.Create(system), supervisor, namePrefix ?? "Flow");
    }

    /// <inheritdoc />
    public abstract TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable);

    /// <summary>Stops its streams; it cannot be used any more.</summary>
    public abstract void Shutdown();

    /// <summary>The same as <see cref="Shutdown"/>.</summary>
    public void Dispose()
    {
        Shutdown();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Shorter way to a materializer.</summary>
public static class ActorMaterializerExtensions
{
    /// <inheritdoc cref="ActorMaterializer.Create" />
    public static ActorMaterializer Materializer(this IActorRefFactory context, ActorMaterializerSettings? settings = null, string? namePrefix = null) =>
        ActorMaterializer.Create(context, settings, namePrefix);
}
