namespace Mooring.Tests.Engine;

/// <summary>For every spec that waits for what comes at once when all is well: on a busy machine it comes later, but it comes.</summary>
internal static class Generous
{
    public const string Hocon = "akka.test { single-expect-default = 30s, default-timeout = 30s, filter-leeway = 30s }";
}
