namespace Mooring.Operations;

/// <summary>What an error of the block store means for the operation that met it.</summary>
public enum ErrorMeaning
{
    /// <summary>It is the operation's result: trying again changes nothing.</summary>
    Final,

    /// <summary>The store has answered that it does not do it now: it is tried again later, for a bounded time. Nothing is on its way any more.</summary>
    PutOff,

    /// <summary>
    /// There was no answer: something may still be on its way. Its connection is fenced, then the store is looked at, then it is finished or done
    /// again; it has no other end.
    /// </summary>
    InDoubt,
}
