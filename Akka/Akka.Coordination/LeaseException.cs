using System.Runtime.Serialization;

namespace Akka.Coordination;

/// <summary>A lease operation failed; whether the lease is held is not known.</summary>
public class LeaseException : Exception
{
    public LeaseException(string message) : base(message) { }

    public LeaseException(string message, Exception innerEx) : base(message, innerEx) { }

#pragma warning disable SYSLIB0051 // The constructor is part of Akka.NET's public API.
    protected LeaseException(SerializationInfo info, StreamingContext context) : base(info, context) { }
#pragma warning restore SYSLIB0051
}

/// <summary>A lease operation gave no answer within the operation timeout.</summary>
public sealed class LeaseTimeoutException : LeaseException
{
    public LeaseTimeoutException(string message) : base(message) { }

    public LeaseTimeoutException(string message, Exception innerEx) : base(message, innerEx) { }
}
