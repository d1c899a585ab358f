namespace Akka.Actor;

/// <summary>The outcome of an operation as a message.</summary>
public abstract class Status
{
    protected Status() { }

    /// <summary>The operation succeeded.</summary>
    public sealed class Success : Status
    {
        public readonly object Status;

        public static readonly Success Instance = new(null);

        public Success(object? status) => Status = status!;

        public override string ToString() => $"Success: {Status ?? "null"}";
    }

    /// <summary>The operation failed.</summary>
    public sealed class Failure : Status
    {
        public readonly Exception Cause;

        public readonly object State;

        public Failure(Exception cause) : this(cause, null) { }

        public Failure(Exception cause, object? state)
        {
            Cause = cause;
            State = state!;
        }

        public override string ToString() => $"Failure: {Cause}";
    }
}

/// <summary>A failure with the time at which it was noticed.</summary>
public class Failure
{
    public Exception? Exception { get; set; }

    public DateTime Timestamp { get; set; }
}

/// <summary>Several failures.</summary>
public class Failures
{
    public List<Failure> Entries { get; } = [];
}
