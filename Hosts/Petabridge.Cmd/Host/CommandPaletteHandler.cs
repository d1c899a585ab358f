using Akka.Actor;

namespace Petabridge.Cmd.Host;

/// <summary>A palette and the actor that carries its commands out.</summary>
public abstract class CommandPaletteHandler
{
    /// <summary>Makes one.</summary>
    protected CommandPaletteHandler(CommandPalette palette) => Palette = palette;

    /// <summary>The palette.</summary>
    public CommandPalette Palette { get; }

    /// <summary>How to make the actor, usually a <see cref="CommandHandlerActor"/>; the endpoint makes one for the palette.</summary>
    public abstract Props HandlerProps { get; }
}
