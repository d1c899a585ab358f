using Mooring.Messages.Http;

namespace Mooring.Client;

/// <summary>Mooring answered with an error.</summary>
public sealed class MooringException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="problem">The answer.</param>
    public MooringException(ProblemShape problem)
        : base(problem.Detail) => Problem = problem;

    /// <summary>The answer.</summary>
    public ProblemShape Problem { get; }

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
