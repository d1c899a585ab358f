namespace Mooring.Cli;

/// <summary>The exit statuses that scripts rely on.</summary>
internal static class ExitStatus
{
    public const int Done = 0;

    /// <summary>The operation failed; the reason stands on stderr.</summary>
    public const int Failed = 1;

    public const int WrongUsage = 2;

    /// <summary>Not reachable or timed out; the request id is printed, so that the same request can be asked for again.</summary>
    public const int Unreachable = 3;

    /// <summary>Refused: authentication, quota, fenced.</summary>
    public const int Refused = 4;
}
