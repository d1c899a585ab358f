using Akka.Streams.Implementation;

namespace Akka.Streams.Dsl;

/// <summary>A stream from source to sink that can be run, any number of times.</summary>
/// <typeparam name="TMat">What a run gives.</typeparam>
public interface IRunnableGraph<TMat> : IGraph<ClosedShape, TMat>
{
    /// <summary>The same stream; what a run gives is changed by the function.</summary>
    IRunnableGraph<TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> func);

    /// <summary>Starts the stream.</summary>
    /// <exception cref="Akka.Pattern.IllegalStateException">The materializer has been shut down.</exception>
    TMat Run(IMaterializer materializer);
}

internal sealed class RunnableStream<TMat>(Func<StreamRun, TMat> build) : IRunnableGraph<TMat>, IRunnableBlueprint<TMat>
{
    object IGraph<ClosedShape>.Blueprint => this;

    public IRunnableGraph<TMat2> MapMaterializedValue<TMat2>(Func<TMat, TMat2> func) => new RunnableStream<TMat2>(run => func(build(run)));

    public TMat Run(IMaterializer materializer) => materializer.Materialize(this);

    public TMat Build(StreamRun run) => build(run);
}
