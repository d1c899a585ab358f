namespace Mooring.Storage;

/// <summary>How much may wait for, and go out in, one write of an event log.</summary>
public sealed record EventLogLimits
{
    /// <summary>How many appends may wait for one writer; further ones fail as overloaded.</summary>
    public int WaitingCountMax { get; init; } = 4096;

    /// <summary>How many bytes of events may wait for one writer; further ones fail as overloaded.</summary>
    public long WaitingBytesMax { get; init; } = 64 << 20;

    /// <summary>How many appends go out in one write.</summary>
    public int BatchCountMax { get; init; } = 256;

    /// <summary>How many bytes go out in one write, unless a single append is larger.</summary>
    public long BatchBytesMax { get; init; } = 4 << 20;
}
