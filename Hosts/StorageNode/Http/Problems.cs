using Microsoft.AspNetCore.WebUtilities;
using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.StorageNode.Http;

/// <summary>Errors as <c>application/problem+json</c> (RFC 9457).</summary>
internal static class Problems
{
    // Long enough for a failover, or for a full queue to have moved on.
    private const string RetrySeconds = "1";

    public static IResult Of(OperationError error, RequestId? request = null, OperationId? operation = null, int? status = null)
    {
        var problem = new Told(new ProblemShape(error.Type, error.Title, status ?? Status(error.Kind), error.Detail, error.Errno, request?.Value, operation?.Value));
        return error.Kind is ErrorKind.Overloaded or ErrorKind.Unavailable ? new Later(problem) : problem;
    }

    public static IResult Invalid(string detail) => Of(new OperationError(ErrorKind.InvalidArgument, detail));

    public static IResult Unavailable(string detail, RequestId? request = null) => Of(new OperationError(ErrorKind.Unavailable, detail), request);

    /// <summary>What the server itself says without a word: an address or a method that is not there, or a fault.</summary>
    /// <param name="response">The response, with its status and no body.</param>
    /// <returns>The problem.</returns>
    public static IResult Of(HttpResponse response)
    {
        var error = response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new OperationError(ErrorKind.NotFound, "there is nothing at this address"),
            StatusCodes.Status405MethodNotAllowed => new OperationError(
                ErrorKind.InvalidArgument, $"{response.HttpContext.Request.Method} is not possible at this address; what is: {response.Headers.Allow}"),
            var status => new OperationError(
                status < StatusCodes.Status500InternalServerError ? ErrorKind.InvalidArgument : ErrorKind.Internal, ReasonPhrases.GetReasonPhrase(status)),
        };
        return new Told(new ProblemShape(error.Type, error.Title, response.StatusCode, error.Detail, null));
    }

    /// <summary>What went wrong with a request.</summary>
    /// <param name="http">The request, answered.</param>
    /// <returns>In one line; null when nothing did.</returns>
    public static string? DetailOf(HttpContext http) => (http.Items[typeof(Told)] as ProblemShape)?.Detail;

    internal static int Status(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.PermissionDenied or ErrorKind.Fenced => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.AlreadyExists or ErrorKind.Busy or ErrorKind.Cancelled or ErrorKind.Damaged => StatusCodes.Status409Conflict,
        ErrorKind.Expired => StatusCodes.Status410Gone,
        ErrorKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorKind.RequestConflict => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.Overloaded => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unsupported => StatusCodes.Status501NotImplemented,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.TimedOut => StatusCodes.Status504GatewayTimeout,
        ErrorKind.NoSpace => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status500InternalServerError,
    };

    private sealed class Told(ProblemShape problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Items[typeof(Told)] = problem;
            return Results.Json(problem, HttpJson.Default.ProblemShape, "application/problem+json", problem.Status).ExecuteAsync(httpContext);
        }
    }

    private sealed class Later(IResult problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.RetryAfter = RetrySeconds;
            return problem.ExecuteAsync(httpContext);
        }
    }
}
