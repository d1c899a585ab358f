namespace Mooring.Client;

/// <summary>How a client of files behaves.</summary>
public sealed record FileClientOptions
{
    /// <summary>How long one call may go without progress, failovers included, before it fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The certificate of the CA of the nodes, in PEM: data nodes are spoken to by TLS and have to show one of its. Null: without TLS.</summary>
    public string? CaFile { get; init; }

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a data node may be silent when something is expected of it before it is reported to the name node.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How many bytes of a stream may be on their way without being durable. Kept in memory when the source cannot be read again.</summary>
    public int WindowBytes { get; init; } = 32 << 20;

    /// <summary>The first pause between attempts; doubles up to <see cref="RetryPauseMax"/>, with full jitter.</summary>
    public TimeSpan RetryPauseMin { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause between attempts.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Unused connections that are kept for each data node.</summary>
    public int IdleConnectionCountMax { get; init; } = 32;
}
