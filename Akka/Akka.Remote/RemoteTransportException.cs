using Akka.Actor;

namespace Akka.Remote;

/// <summary>Remoting could not start, listen or connect.</summary>
public class RemoteTransportException : AkkaException
{
    /// <summary>An exception with a message and its cause.</summary>
    public RemoteTransportException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>There is nobody listening at the address: the process that was there is gone.</summary>
internal sealed class ConnectionRefusedException(string message, Exception? cause = null) : RemoteTransportException(message, cause);

/// <summary>A message that does not fit into a frame.</summary>
internal sealed class OversizedPayloadException(string message) : RemoteTransportException(message);
