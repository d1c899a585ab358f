namespace Akka.Util;

/// <summary>A random number generator that threads may use without a lock.</summary>
public static class ThreadLocalRandom
{
    public static Random Current => Random.Shared;
}
