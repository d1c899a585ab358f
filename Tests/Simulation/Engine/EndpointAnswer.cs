namespace Akka.Simulation;

/// <summary>What comes of trying to connect to an endpoint.</summary>
public enum EndpointAnswer
{
    /// <summary>Nothing: the way is cut, or the host has no power.</summary>
    Silence,

    /// <summary>The host is there, and no process listens.</summary>
    Refuses,

    /// <summary>A process listens. One that is stopped does too: its kernel answers for it.</summary>
    Accepts,
}
