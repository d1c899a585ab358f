namespace Akka.Streams;

/// <summary>Runs streams.</summary>
public interface IMaterializer
{
    /// <summary>Starts a stream; the result is what its parts give.</summary>
    /// <exception cref="Akka.Pattern.IllegalStateException">The materializer has been shut down.</exception>
    TMat Materialize<TMat>(IGraph<ClosedShape, TMat> runnable);
}
