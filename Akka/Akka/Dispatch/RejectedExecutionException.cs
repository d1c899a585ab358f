using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>An executor takes no work any more.</summary>
public class RejectedExecutionException : AkkaException
{
    public RejectedExecutionException(string? message = null, Exception? inner = null) : base(message, inner) { }
}
