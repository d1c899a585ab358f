using Mooring.Messages;
using Petabridge.Cmd;

namespace Mooring.Palettes;

/// <summary>Errors as consoles get them: the stable name of the error, a colon, and one line for a person.</summary>
internal static class Replies
{
    public static ErroredCommandResponse Of(OperationError error) => new($"{error.Title.Replace(' ', '-')}: {error.Detail}");

    public static ErroredCommandResponse Wrong(string problem) => Of(new OperationError(ErrorKind.InvalidArgument, problem));

    public static ErroredCommandResponse Unexpected(object answer) =>
        Of(new OperationError(ErrorKind.Internal, $"unexpected answer {answer.GetType().Name}"));

    public static ErroredCommandResponse NoAnswer(ConsoleSettings settings, RequestId? id) =>
        Late($"no answer within {settings.AnswerTimeout.TotalSeconds:0.#} s", id);

    public static ErroredCommandResponse Late(string problem, RequestId? id) => Of(new OperationError(
        ErrorKind.TimedOut, id is { } request ? $"{problem} (request id {request}: ask again with --request-id {request})" : problem));
}
