using Akka.Actor;

namespace Petabridge.Cmd.Host;

/// <summary>
/// One running command: the sender that its handler sees. Passes responses on to the connection and ends with the final one. A handler that
/// watches it hears of the user's cancelling, and of the console's end.
/// </summary>
internal sealed class CommandSession : ReceiveActor
{
    private readonly long _id;

    public CommandSession(long id, CmdHostActor.Dispatch run, IActorRef host)
    {
        _id = id;
        Receive<ErroredCommandResponse>(error => Pass(new CommandOutput(_id, error.Msg, error.Final, CommandOutcome.Failed)));
        Receive<CommandResponse>(response => Pass(new CommandOutput(_id, response.Msg, response.Final, CommandOutcome.Ok)));
        Receive<IEnumerable<CommandResponse>>(responses =>
        {
            foreach (var response in responses)
                Self.Forward(response);
        });
        Receive<CmdHostActor.Refused>(refused => Pass(new CommandOutput(_id, refused.Problem, true, CommandOutcome.Usage)));
        Receive<Status.Failure>(failure => Pass(new CommandOutput(_id, failure.Cause.Message.ReplaceLineEndings(" "), true, CommandOutcome.Failed)));
        host.Tell(run);
    }

    public static Props Props(long id, CmdHostActor.Dispatch run, IActorRef host) => Akka.Actor.Props.Create(() => new CommandSession(id, run, host));

    private void Pass(CommandOutput output)
    {
        Context.Parent.Tell(output);
        if (!output.Final)
            return;
        // What comes after the final response has nobody to go to.
        Become(() => ReceiveAny(_ => { }));
        Context.Stop(Self);
    }
}

/// <summary>How a command stands.</summary>
internal enum CommandOutcome
{
    /// <summary>As wished.</summary>
    Ok,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>The command line was wrong; nothing was done.</summary>
    Usage,

    /// <summary>The user cancelled it.</summary>
    Cancelled,
}

/// <summary>Text of a command on its way to the console.</summary>
internal sealed record CommandOutput(long Id, string Text, bool Final, CommandOutcome Outcome) : INoSerializationVerificationNeeded;
