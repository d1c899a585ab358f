using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>Marks the messages between singleton managers of different nodes.</summary>
public interface IClusterSingletonMessage;

/// <summary>Marks what a singleton manager knows in one of its states.</summary>
public interface IClusterSingletonData;

/// <summary>The states of a singleton manager.</summary>
public enum ClusterSingletonState
{
    Start,
    AcquiringLease,
    Oldest,
    Younger,
    BecomingOldest,
    WasOldest,
    HandingOver,
    TakeOver,
    Stopping,
    End,
}

/// <summary>The new oldest asks the previous one to stop its singleton.</summary>
internal sealed class HandOverToMe : IClusterSingletonMessage, IDeadLetterSuppression
{
    public static readonly HandOverToMe Instance = new();
}

/// <summary>The previous oldest is stopping its singleton.</summary>
internal sealed class HandOverInProgress : IClusterSingletonMessage
{
    public static readonly HandOverInProgress Instance = new();
}

/// <summary>The singleton of the previous oldest has stopped.</summary>
internal sealed class HandOverDone : IClusterSingletonMessage
{
    public static readonly HandOverDone Instance = new();
}

/// <summary>The previous oldest asks the new one to begin the hand-over.</summary>
internal sealed class TakeOverFromMe : IClusterSingletonMessage, IDeadLetterSuppression
{
    public static readonly TakeOverFromMe Instance = new();
}

/// <summary>Coordinated shutdown of this node has come to the exiting phase.</summary>
internal sealed class SelfExiting : INoSerializationVerificationNeeded
{
    public static readonly SelfExiting Instance = new();
}
