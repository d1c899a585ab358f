using System.Text;
using Mooring.Cli;
using Mooring.Client;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage.Ceph;
using Mooring.StorageNode.Http;

namespace Mooring.Tests.Pure;

/// <summary>The table of <c>docs/errors.md</c>.</summary>
internal static class ErrorTable
{
    public static string Text()
    {
        var text = new StringBuilder("""
            # What Ceph can answer

            Everything that librados and librbd can answer to a call, and what becomes of the operation that made it. The table is derived from
            [`CephErrors`](../Storage/Ceph/CephErrors.cs) and [`OperationErrors`](../Actors/Operations/OperationErrors.cs).

            * **Final**: the operation fails with it; trying again would change nothing. The error names who or what is in the way where Ceph tells:
              clients that have the image open and holders of locks by their addresses, snapshots by their names.
            * **Put off**: Ceph has answered that it does not do it now, and nothing of it is on its way. The operation is tried again after pauses that
              double from `operations.retry-backoff-min` up to `operations.retry-backoff-max`, up to half shorter by chance, and holds no worker
              meanwhile. `mooring operation show` says why, how often, since when, and when the next try is. After `operations.refused-max` one
              more attempt looks whether it, or a part of it, was done after all; when not, it fails with Ceph's reason.
            * **In doubt**: there was no answer, and something may still be on its way. The connection is given up and fenced, Ceph is looked at, and
              the operation is found done or done again, after the same pauses. It has no other end: to say that it failed would be a guess. What
              was answered needs no fence, so that the OSD blocklist grows only by what was not.

            Before an operation has begun (no worker can connect, or the first look at the image is not answered) nothing can be in doubt: then
            *in doubt* counts as *put off*.

            | errno | name | means | error | for an operation | HTTP | exit status |
            | --- | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var (errno, (name, reason, kind)) in CephErrors.Known.OrderBy(row => row.Key))
            text.Append($"| {errno} | `{name}` | {reason} | {Rest(kind)} |\n");
        text.Append($"| | any other | an unexpected error | {Rest(ErrorKind.Internal)} |\n");
        return text.ToString();
    }

    private static string Rest(ErrorKind kind)
    {
        var error = new OperationError(kind, "");
        return $"{error.Title} | {Words(OperationErrors.MeaningOf(kind))} | {Problems.Status(kind)} | {ExitOf(error)}";
    }

    private static int ExitOf(OperationError error) =>
        Commands.StatusOf(new MooringException(error, "request", "operation"));

    private static string Words(ErrorMeaning meaning) => meaning switch
    {
        ErrorMeaning.PutOff => "put off",
        ErrorMeaning.InDoubt => "in doubt",
        _ => "final",
    };
}
