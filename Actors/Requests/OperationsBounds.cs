namespace Mooring.Actors.Requests;

/// <summary>The bounds of the owner's book.</summary>
/// <param name="OpenMax">At most so many requests without result.</param>
/// <param name="OpenOfVolumeMax">At most so many of them of one volume.</param>
/// <param name="RecentMax">So many results stay in memory; older ones go to the archive. Twice as many when that cannot be written.</param>
/// <param name="KnownMax">At most so many requests are remembered, in memory and in the archive.</param>
/// <param name="Retention">How long a result is kept.</param>
public readonly record struct OperationsBounds(int OpenMax, int OpenOfVolumeMax, int RecentMax, int KnownMax, TimeSpan Retention)
{
    /// <summary>How many results go to the archive together.</summary>
    public int PartSize => Math.Max(1, RecentMax / 10);

    /// <summary>The bounds that are configured.</summary>
    /// <param name="settings">The configuration.</param>
    /// <returns>The bounds.</returns>
    public static OperationsBounds Of(MooringSettings settings) =>
        new(settings.OpenOperationsMax, settings.VolumeQueueMax, settings.ResultsInMemoryMax, settings.ResultCountMax, settings.ResultRetention);
}
