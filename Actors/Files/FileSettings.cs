namespace Mooring.Actors.Files;

/// <summary>The part <c>mooring.files { … }</c> of akka.hocon; units and reasons stand there.</summary>
public sealed record FileSettings
{
    /// <summary>Where this node takes files, <c>host:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>How often a data node tests itself (F9).</summary>
    public required TimeSpan SelfTestInterval { get; init; }

    /// <summary>How long one test of an area may take.</summary>
    public required TimeSpan SelfTestTimeout { get; init; }

    /// <summary>How often nodes report when nothing changes.</summary>
    public required TimeSpan ReportInterval { get; init; }

    /// <summary>How long a data node that a client complains about may take to answer the name node.</summary>
    public required TimeSpan CheckTimeout { get; init; }

    /// <summary>How long a request for access waits for a writer.</summary>
    public required TimeSpan AccessWaitMax { get; init; }

    /// <summary>How many requests for access may wait at one name node.</summary>
    public required int AccessWaiterCountMax { get; init; }

    /// <summary>How long a token holds.</summary>
    public required TimeSpan TokenLifetime { get; init; }

    /// <summary>How long name nodes sign with one key before there is another.</summary>
    public required TimeSpan TokenKeyLifetime { get; init; }

    /// <summary>How long a writer waits for a reader to take a batch before it goes on without it.</summary>
    public required TimeSpan PushTimeout { get; init; }

    /// <summary>How long a reader may be out of a writer's reach before the name node is told that it has failed.</summary>
    public required TimeSpan ReaderLagMax { get; init; }

    /// <summary>How long a connection may be silent in the middle of a request.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>How many connections a node takes at once.</summary>
    public required int ConnectionCountMax { get; init; }

    /// <summary>How many requests that were sent more than once a node remembers, each for as long as a token holds.</summary>
    public required int RepeatedRequestCountMax { get; init; }

    /// <summary>How many bytes a stream gathers before they go to the image at once.</summary>
    public required int WriteChunkBytes { get; init; }

    /// <summary>How many calls of one area may run at once on its connection to the block store.</summary>
    public required int AreaSlots { get; init; }

    /// <summary>How many shards name nodes are spread over.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Events between two snapshots of a name node's journal.</summary>
    public required int SnapshotEvery { get; init; }
}
