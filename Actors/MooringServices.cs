using Akka.Actor;
using Mooring.Actors.Files;
using Mooring.Actors.Membership;
using Mooring.Actors.Nodes;
using Mooring.Actors.Vip;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Actors;

/// <summary>What a node's actors need from the world around them. Made by the host, once for each start of its actor system.</summary>
public sealed record MooringServices
{
    /// <summary>The settings.</summary>
    public required MooringSettings Settings { get; init; }

    /// <summary>The block store.</summary>
    public required IBlockStoreProvider Store { get; init; }

    /// <summary>The virtual IP and the gateway on it.</summary>
    public required IVirtualAddress VirtualAddress { get; init; }

    /// <summary>Renews the lease behind the virtual IP, and takes the address off when that fails.</summary>
    public required ILeaseKeeper LeaseKeeper { get; init; }

    /// <summary>Unique for each start of the node's actor system.</summary>
    public required string Incarnation { get; init; }

    /// <summary>Opens connections to other data nodes.</summary>
    public required ConnectData ConnectData { get; init; }

    /// <summary>The nodes by which this one finds its cluster, or founds it with them; none when whoever embeds Mooring joins by other means.</summary>
    public IReadOnlyList<Address> Seeds { get; init; } = [];

    /// <summary>Tries the cluster endpoints of other nodes.</summary>
    public ProbePeer ProbePeer { get; init; } = TcpPeerProbe.ProbeAsync;

    /// <summary>What happens when this node must begin anew.</summary>
    public BeginAnew BeginAnew { get; init; } = LeaveCluster.BeginAnew;

    /// <summary>Where keys and ids come from.</summary>
    public IEntropy Entropy { get; init; } = new SystemEntropy();

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where the bytes that clients send come; by default none do, and an operation that needs some fails.</summary>
    public Uploads Uploads { get; init; } = new(TimeSpan.Zero, TimeProvider.System);

    /// <summary>Where tests stop the node dead.</summary>
    public ICrashPoints CrashPoints { get; init; } = new NoCrashPoints();
}
