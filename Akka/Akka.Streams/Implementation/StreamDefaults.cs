using System.Runtime.CompilerServices;
using Akka.Actor;

namespace Akka.Streams.Implementation;

/// <summary>What an actor system knows of streams. Names are counted in each system by itself, so that a simulation repeats them.</summary>
internal sealed class StreamDefaults
{
    private static readonly ConditionalWeakTable<ActorSystem, StreamDefaults> Known = [];
    private int _supervisors;

    /// <summary>Of this system; its configuration has the package's defaults from then on.</summary>
    public static StreamDefaults Of(ActorSystem system) => Known.GetValue(system, static system =>
    {
        system.Settings.InjectTopLevelFallback(ActorMaterializer.DefaultConfig());
        return new StreamDefaults();
    });

    public int NextSupervisor() => Interlocked.Increment(ref _supervisors) - 1;
}
