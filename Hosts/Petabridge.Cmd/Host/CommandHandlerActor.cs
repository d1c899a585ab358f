using Akka.Actor;

namespace Petabridge.Cmd.Host;

/// <summary>
/// Carries out the commands of one palette. The sender of a command stands for the console: it takes <see cref="CommandResponse"/>s, or
/// a sequence of them, up to a final one, and terminates when the user cancels or the console goes away.
/// </summary>
public abstract class CommandHandlerActor : ReceiveActor
{
    private readonly Dictionary<string, Action<Command>> _handlers = new(StringComparer.Ordinal);

    /// <summary>Makes one.</summary>
    protected CommandHandlerActor(CommandPalette palette)
    {
        Palette = palette;
        Receive<Command>(Run);
    }

    /// <summary>The palette.</summary>
    protected CommandPalette Palette { get; }

    /// <summary>Says how a command is carried out.</summary>
    /// <exception cref="ArgumentException">The palette has no such command, or this was said already.</exception>
    protected void Process(string commandName, Action<Command> handler)
    {
        if (Palette.Commands.All(c => c.Name != commandName))
            throw new ArgumentException($"palette '{Palette.ModuleName}' has no command '{commandName}'", nameof(commandName));
        _handlers.Add(commandName, handler);
    }

    // The console hears of a failure in any case; the supervisor decides about the actor.
    private void Run(Command command)
    {
        if (!_handlers.TryGetValue(command.Name, out var handler))
        {
            Sender.Tell(new ErroredCommandResponse($"'{Palette.ModuleName} {command.Name}' is not carried out here"));
            return;
        }
        try
        {
            handler(command);
        }
        catch (Exception e)
        {
            Sender.Tell(new ErroredCommandResponse(e.Message.ReplaceLineEndings(" ")));
            throw;
        }
    }
}
