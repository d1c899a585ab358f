namespace Akka.Actor.Internal;

/// <summary>Why a cell waits for its children to be gone.</summary>
public abstract class SuspendReason
{
    private SuspendReason() { }

    /// <summary>Somebody stopped children; the cell itself goes on.</summary>
    public sealed class UserRequest : SuspendReason
    {
        public static UserRequest Instance { get; } = new();
    }

    /// <summary>The cell is being restarted.</summary>
    public sealed class Recreation : SuspendReason
    {
        public Recreation(Exception cause) => Cause = cause;

        public Exception Cause { get; }
    }

    /// <summary>The cell's actor could not be created and is about to be created again.</summary>
    public sealed class Creation : SuspendReason
    {
        public static Creation Instance { get; } = new();
    }

    /// <summary>The cell is stopping.</summary>
    public sealed class Termination : SuspendReason
    {
        public static Termination Instance { get; } = new();
    }
}
