using System.Diagnostics;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Mooring.Tests.Assumptions;

/// <summary>A failure detector of one's own, named in the configuration: suspects nobody until it is switched on.</summary>
public sealed class SwitchedFailureDetector : FailureDetector
{
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(1);

    private static volatile bool _suspects;

    private long _latest;

    /// <summary>As Akka.NET makes it.</summary>
    public SwitchedFailureDetector(Config config, EventStream events)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(events);
    }

    /// <summary>Whether silence makes suspect.</summary>
    public static bool Suspects
    {
        get => _suspects;
        set => _suspects = value;
    }

    public override bool IsAvailable => !_suspects || Volatile.Read(ref _latest) == 0 || Stopwatch.GetElapsedTime(Volatile.Read(ref _latest)) < SilenceMax;

    public override bool IsMonitoring => Volatile.Read(ref _latest) != 0;

    public override void HeartBeat() => Volatile.Write(ref _latest, Stopwatch.GetTimestamp());
}
