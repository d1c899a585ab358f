using Mooring.Messages;

namespace Mooring.Storage;

/// <summary>An expected failure of the block store, with its kind and errno.</summary>
public sealed class BlockStoreException : Exception
{
    /// <summary>Makes one from an error value.</summary>
    /// <param name="error">The error.</param>
    /// <param name="inner">What led to it, if anything.</param>
    public BlockStoreException(OperationError error, Exception? inner = null)
        : base(error.Detail, inner) => Error = error;

    /// <summary>Makes one.</summary>
    /// <param name="kind">The class of the failure.</param>
    /// <param name="detail">One line for a person.</param>
    /// <param name="errno">The positive errno, where there was one.</param>
    public BlockStoreException(ErrorKind kind, string detail, int? errno = null)
        : this(new OperationError(kind, detail, errno))
    {
    }

    /// <summary>The failure as a value.</summary>
    public OperationError Error { get; }

    /// <summary>The class of the failure.</summary>
    public ErrorKind Kind => Error.Kind;

    /// <summary>The volumes that stand in the way, such as clones, when those do.</summary>
    public IReadOnlyList<VolumeId> InTheWay { get; init; } = [];

    /// <summary>Itself: what led to it is not what it means.</summary>
    /// <returns>This.</returns>
    public override Exception GetBaseException() => this;
}
