using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>The named places at which tests and the simulation stop a node dead.</summary>
public enum CrashPoint
{
    /// <summary>The request is in the owner's journal; neither its volume nor the client has heard of that.</summary>
    Accepted,

    /// <summary>The volume is about to journal the intent; nothing was called.</summary>
    BeforeIntent,

    /// <summary>The intent is in the volume's journal; nothing was called.</summary>
    AfterIntent,

    /// <summary>A long operation is half way.</summary>
    InTheMiddle,

    /// <summary>The work is complete under its own name; the rename that makes it visible has not been called.</summary>
    BeforeCommit,

    /// <summary>The effect is in the block store; its result is in no journal.</summary>
    AfterEffect,

    /// <summary>The result is in the volume's journal; nobody was told.</summary>
    BeforeReply,

    /// <summary>A client was given the result; that is in no journal.</summary>
    AfterReply,
}

/// <summary>Told whenever an operation passes a crash point. The default does nothing.</summary>
public interface ICrashPoints
{
    /// <summary>An operation passes a point; may never return.</summary>
    /// <param name="point">Which.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="kind">Its kind, such as <c>volume.copy</c>.</param>
    void Pass(CrashPoint point, OperationId operation, string kind);
}

/// <summary>Passes every point.</summary>
public sealed class NoCrashPoints : ICrashPoints
{
    /// <inheritdoc/>
    public void Pass(CrashPoint point, OperationId operation, string kind)
    {
    }
}
