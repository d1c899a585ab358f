using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.StorageNode.Http;

/// <summary>Errors that came over HTTP's shape, as values again.</summary>
internal static class Errors
{
    public static OperationError Of(ProblemShape problem) => new(OperationError.KindOf(problem.Type) ?? ErrorKind.Internal, problem.Detail, problem.Errno);
}
