namespace Akka.Util;

/// <summary>A random number generator that threads may use without a lock.</summary>
public static class ThreadLocalRandom
{
    /// <summary>Put in the place of chance by a simulation.</summary>
    internal static Random? Source { get; set; }

    public static Random Current => Source ?? Random.Shared;
}
