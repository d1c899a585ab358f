using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.StorageNode.Http;

/// <summary>Errors that came over HTTP's shape, as values again.</summary>
internal static class Errors
{
    public static OperationError Of(ProblemShape problem)
    {
        foreach (var kind in Enum.GetValues<ErrorKind>())
        {
            var error = new OperationError(kind, problem.Detail, problem.Errno);
            if (error.Type == problem.Type)
                return error;
        }
        return new OperationError(ErrorKind.Internal, problem.Detail, problem.Errno);
    }
}
