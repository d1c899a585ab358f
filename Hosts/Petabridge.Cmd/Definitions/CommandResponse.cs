namespace Petabridge.Cmd;

/// <summary>What a handler tells the console: text, and whether it is the last of this command.</summary>
public class CommandResponse
{
    /// <summary>Ends a command without more text.</summary>
    public static readonly CommandResponse Empty = new("");

    /// <summary>Makes one.</summary>
    /// <param name="msg">The text, one or more lines without a closing line break.</param>
    /// <param name="final">Whether the command has ended; <see langword="false"/> streams.</param>
    public CommandResponse(string msg, bool final = true)
    {
        Msg = msg;
        Final = final;
    }

    /// <summary>The text.</summary>
    public string Msg { get; }

    /// <summary>Whether the command has ended.</summary>
    public bool Final { get; }
}

/// <summary>The command failed; the text says why.</summary>
public sealed class ErroredCommandResponse : CommandResponse
{
    /// <summary>Makes one.</summary>
    public ErroredCommandResponse(string msg, bool final = true)
        : base(msg, final)
    {
    }
}
