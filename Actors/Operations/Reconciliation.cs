namespace Mooring.Operations;

/// <summary>What is left to do of an operation in doubt, from what the store shows after every earlier attempt's connection was fenced.</summary>
public enum Reconciliation
{
    /// <summary>Nothing took effect: execute it.</summary>
    NotBegun,

    /// <summary>It took effect: report it.</summary>
    Done,

    /// <summary>It took effect in part: clear that away, then execute it (delete: go on).</summary>
    Partial,

    /// <summary>What is there was made by somebody else and is never claimed: fail.</summary>
    Foreign,
}
