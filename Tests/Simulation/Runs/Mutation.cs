namespace Mooring.Tests.Simulation.Runs;

/// <summary>A safeguard that is taken out, to see that the checks notice. All act through the ports that a test gives to the nodes.</summary>
public enum Mutation
{
    None,

    /// <summary>The owner acts without holding the lease.</summary>
    NoLeaseCheck,

    /// <summary>What is fenced goes on.</summary>
    NoFencing,

    /// <summary>Answers leave before the event behind them is in the journal.</summary>
    ReplyBeforePersist,

    /// <summary>A request that is asked for again counts as a new one.</summary>
    RequestIdIgnored,

    /// <summary>Nobody takes the address off when the lease ends.</summary>
    WatchdogOff,

    /// <summary>Messages to entities overtake each other.</summary>
    OrderLost,

    /// <summary>The journal takes an event although another writer has got ahead.</summary>
    TwoWriters,

    /// <summary>A new owner does not read what the one before had accepted.</summary>
    PendingForgotten,

    /// <summary>Old results are not where the owner has put them.</summary>
    ArchiveForgotten,

    /// <summary>A successor puts the virtual IP on while its predecessor, which hands it over, has it still.</summary>
    PredecessorNotWaitedFor,
}
