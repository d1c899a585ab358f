using Akka.Actor;
using Petabridge.Cmd.Host;

namespace Petabridge.Cmd.Cluster;

/// <summary>The palette <c>cluster</c>: membership as this node sees it, and what an operator does about it.</summary>
public sealed class ClusterCommands : CommandPaletteHandler
{
    /// <summary>The one to register.</summary>
    public static readonly ClusterCommands Instance = new();

    internal const string ShowName = "show";
    internal const string StatusName = "status";
    internal const string LeaderName = "leader";
    internal const string JoinName = "join";
    internal const string LeaveName = "leave";
    internal const string DownName = "down";
    internal const string TailName = "tail";
    internal const string Address = "address";
    internal const string Role = "role";

    private ClusterCommands()
        : base(new CommandPalette("cluster",
        [
            new CommandDefinitionBuilder().WithName(ShowName).WithDescription("Lists the members of the cluster.")
                .WithArgument(a => a.WithName(Role).WithDescription("Only members with this role.").WithSwitch("-r").WithSwitch("--role"))
                .Build(),
            new CommandDefinitionBuilder().WithName(StatusName).WithDescription("Shows this node's own status.").Build(),
            new CommandDefinitionBuilder().WithName(LeaderName).WithDescription("Shows the leader, of the cluster or of a role.")
                .WithArgument(a => a.WithName(Role).WithDescription("The leader of this role.").WithSwitch("-r").WithSwitch("--role"))
                .Build(),
            new CommandDefinitionBuilder().WithName(JoinName).WithDescription("Lets this node join the cluster that a node belongs to.")
                .WithArgument(a => AddressOf(a, "The node to join through.").IsMandatory(true))
                .Build(),
            new CommandDefinitionBuilder().WithName(LeaveName).WithDescription("Lets a member leave gracefully; without an address, this node.")
                .WithArgument(a => AddressOf(a, "The member that leaves."))
                .Build(),
            new CommandDefinitionBuilder().WithName(DownName).WithDescription("Declares a member dead: it is removed and cannot come back in its present incarnation.")
                .WithArgument(a => AddressOf(a, "The member that is declared dead.").IsMandatory(true))
                .Build(),
            new CommandDefinitionBuilder().WithName(TailName).WithDescription("Shows the events of the cluster as they happen, until Ctrl-C.").Build(),
        ]))
    {
    }

    /// <inheritdoc/>
    public override Props HandlerProps { get; } = Props.Create(() => new ClusterCommandHandlerActor());

    private static CommandArgumentBuilder AddressOf(CommandArgumentBuilder argument, string description) => argument
        .WithName(Address).WithDescription(description + " Such as akka.tcp://SYSTEM@HOST:PORT.").WithSwitch("-a").WithSwitch("-A").WithSwitch("--address");
}
