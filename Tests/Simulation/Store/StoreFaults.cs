namespace Mooring.Tests.Simulation.Store;

/// <summary>How often calls of the block store or the journal go wrong, each a share from 0 to 1.</summary>
public sealed class StoreFaults
{
    /// <summary>Takes up to a second.</summary>
    public double Slow { get; set; }

    /// <summary>Fails, and nothing was done.</summary>
    public double Error { get; set; }

    /// <summary>Is answered with "later" or an input or output error; now and then it was done all the same.</summary>
    public double PutOff { get; set; }

    /// <summary>Is carried out long after the caller has given up.</summary>
    public double Late { get; set; }

    /// <summary>Is carried out, and nobody hears of it.</summary>
    public double Silent { get; set; }

    /// <summary>Whether no space is left: what would take some is refused.</summary>
    public bool Full { get; set; }

    /// <summary>What happens to the next call.</summary>
    public CallFault Draw(Random chance)
    {
        var drawn = chance.NextDouble();
        if ((drawn -= Slow) < 0)
            return CallFault.Slow;
        if ((drawn -= Error) < 0)
            return CallFault.Error;
        if ((drawn -= PutOff) < 0)
            return CallFault.PutOff;
        if ((drawn -= Late) < 0)
            return CallFault.Late;
        return drawn - Silent < 0 ? CallFault.Silent : CallFault.None;
    }

    public void Clear() => (Slow, Error, PutOff, Late, Silent, Full) = (0, 0, 0, 0, 0, false);
}

public enum CallFault
{
    None,
    Slow,
    Error,
    PutOff,
    Late,
    Silent,
}
