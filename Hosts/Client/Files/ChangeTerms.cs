using Mooring.Messages.Wire;

namespace Mooring.Client;

/// <summary>How often, and on what condition, a file system is to be changed.</summary>
/// <param name="Request">
/// An id, when the same request may be made again, by anybody: within the area's last 4,096 changes it changes something once, and is answered as it was the
/// first time. Null: it is made once, by this client, however often it must send it.
/// </param>
/// <param name="Condition">What stands there must be this; else the change fails (<see cref="Mooring.Messages.ErrorKind.PreconditionFailed"/>). Null for anything.</param>
public readonly record struct ChangeTerms(Guid? Request = null, EntryCondition? Condition = null)
{
    private static readonly DateTimeOffset SendingsBegin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The number of the sending before the first one: sendings by several clients come one after the other by the time of day.</summary>
    internal int SentBefore => Request is null ? 0 : (int)(DateTimeOffset.UtcNow - SendingsBegin).TotalSeconds;
}
