using Akka.Actor;
using Mooring.Actors;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;

namespace Mooring.Palettes;

/// <summary>The console endpoint of a storage node: Mooring's palettes and those of the cluster.</summary>
public static class MooringConsole
{
    /// <summary>Serves them on the address that <c>petabridge.cmd</c> says.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="mooring">The node.</param>
    /// <param name="settings">How long answers are waited for.</param>
    /// <param name="gate">Who is let in.</param>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static void Start(ActorSystem system, MooringCluster mooring, ConsoleSettings settings, IConsoleGate gate)
    {
        var console = PetabridgeCmd.Get(system);
        console.RegisterCommandPalette(ClusterCommands.Instance);
        console.RegisterCommandPalette(ClusterShardingCommands.Instance);
        console.RegisterCommandPalette(new VolumeCommands(mooring, settings));
        foreach (var described in DescribedCommands.All(mooring, settings))
            console.RegisterCommandPalette(described);
        console.RegisterCommandPalette(new OperationCommands(mooring, settings));
        console.RegisterCommandPalette(new NodeCommands(mooring, settings));
        console.RegisterCommandPalette(new VipCommands(mooring, settings));
        console.Start(gate);
    }
}

/// <summary>Bounds of the palettes' conversations with actors.</summary>
/// <param name="AnswerTimeout">How long an answer is waited for, a failover included.</param>
/// <param name="AskAgainInterval">After how long a question to the owner is repeated: it may have died with it.</param>
/// <param name="OperationTimeout">How long an operation is waited for.</param>
public sealed record ConsoleSettings(TimeSpan AnswerTimeout, TimeSpan AskAgainInterval, TimeSpan OperationTimeout);
