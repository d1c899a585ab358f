using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.Client;

/// <summary>Mooring answered with an error.</summary>
public sealed class MooringException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="problem">The answer.</param>
    public MooringException(ProblemShape problem)
        : base(problem.Detail) => Problem = problem;

    /// <summary>Makes one of an error that did not come over HTTP.</summary>
    /// <param name="error">The error.</param>
    /// <param name="requestId">The request that failed, if it had an id.</param>
    /// <param name="operationId">Its operation, if there is one.</param>
    public MooringException(OperationError error, string? requestId = null, string? operationId = null)
        : this(new ProblemShape(error.Type, error.Title, 0, error.Detail, error.Errno, requestId, operationId))
    {
    }

    /// <summary>Throws when an operation has failed.</summary>
    /// <param name="operation">One that has ended.</param>
    /// <exception cref="MooringException">It has failed.</exception>
    public static void ThrowIfFailed(OperationShape operation)
    {
        if (operation.Error is { } error)
            throw new MooringException(new ProblemShape(error.Type, error.Title, 0, error.Detail, error.Errno, operation.RequestId, operation.Id));
    }

    /// <summary>The answer.</summary>
    public ProblemShape Problem { get; }

    /// <summary>The class of the failure; null when whatever answered is not Mooring.</summary>
    public ErrorKind? Kind => OperationError.KindOf(Problem.Type);

    /// <summary>Whether the request was carried out and failed, rather than refused before.</summary>
    public bool Executed => Problem.OperationId is not null;
}

/// <summary>Mooring was not reached, or did not answer in time. What was asked for may still happen: ask again with the same request id.</summary>
public sealed class MooringUnreachableException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">One line.</param>
    /// <param name="requestId">The request's id, when it was a changing one.</param>
    /// <param name="inner">The last failure.</param>
    public MooringUnreachableException(string message, string? requestId, Exception? inner)
        : base(message, inner) => RequestId = requestId;

    /// <summary>The request's id, when it was a changing one.</summary>
    public string? RequestId { get; }
}
