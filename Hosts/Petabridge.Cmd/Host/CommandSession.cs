using Akka.Actor;

namespace Petabridge.Cmd.Host;

/// <summary>
/// One running command: the sender that its handler sees. Passes responses on to the connection and ends with the final one. A handler that
/// watches it hears of the user's cancelling, and of the console's end.
/// </summary>
internal sealed class CommandSession : ReceiveActor
{
    private readonly long _id;
    private readonly Task<Action<string?>> _beginning;
    private bool _ended;

    public CommandSession(long id, CmdHostActor.Dispatch run, IActorRef host, IConsoleGuest guest)
    {
        _id = id;
        Receive<Begun>(_ => host.Tell(run));
        Receive<ErroredCommandResponse>(error => Pass(new CommandOutput(_id, error.Msg, error.Final, CommandOutcome.Failed)));
        Receive<CommandResponse>(response => Pass(new CommandOutput(_id, response.Msg, response.Final, CommandOutcome.Ok)));
        Receive<IEnumerable<CommandResponse>>(responses =>
        {
            foreach (var response in responses)
                Self.Forward(response);
        });
        Receive<CmdHostActor.Refused>(refused => Pass(new CommandOutput(_id, refused.Problem, true, CommandOutcome.Usage)));
        Receive<Status.Failure>(failure => Pass(new CommandOutput(_id, failure.Cause.Message.ReplaceLineEndings(" "), true, CommandOutcome.Failed)));
        _beginning = guest.BeginAsync(run.Line);
        _beginning.PipeTo(Self, success: _ => Begun.Instance, failure: e => new Status.Failure(e));
    }

    public static Props Props(long id, CmdHostActor.Dispatch run, IActorRef host, IConsoleGuest guest) =>
        Akka.Actor.Props.Create(() => new CommandSession(id, run, host, guest));

    protected override void PostStop()
    {
        End("it was cancelled, or its console has gone");
        base.PostStop();
    }

    private void Pass(CommandOutput output)
    {
        Context.Parent.Tell(output);
        if (!output.Final)
            return;
        End(output.Outcome == CommandOutcome.Ok ? null : output.Text);
        // What comes after the final response has nobody to go to.
        Become(() => ReceiveAny(_ => { }));
        Context.Stop(Self);
    }

    private void End(string? problem)
    {
        if (_ended)
            return;
        _ended = true;
        _ = TellAsync(_beginning, problem);
    }

    // What did not begin has no end.
    private static async Task TellAsync(Task<Action<string?>> beginning, string? problem)
    {
        await ((Task)beginning).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (beginning.IsCompletedSuccessfully)
            (await beginning.ConfigureAwait(false))(problem);
    }

    private sealed record Begun : INoSerializationVerificationNeeded
    {
        public static readonly Begun Instance = new();
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
