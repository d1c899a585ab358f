namespace Akka.Actor;

/// <summary>Handled by the engine before the actor's own behaviour.</summary>
public interface IAutoReceivedMessage;

/// <summary>Must not be accepted from untrusted senders.</summary>
public interface IPossiblyHarmful;

/// <summary>Never leaves the process, so serialization is not verified.</summary>
public interface INoSerializationVerificationNeeded;

/// <summary>Receiving this does not reset the receive timeout.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>A message inside a message.</summary>
public interface IWrappedMessage
{
    object Message { get; }
}

/// <summary>Takes wrapping off messages.</summary>
public static class WrappedMessage
{
    public static object Unwrap(object message)
    {
        while (message is IWrappedMessage wrapped) message = wrapped.Message;
        return message;
    }
}

/// <summary>Marks actors that want their received messages logged.</summary>
public interface ILogReceive;
