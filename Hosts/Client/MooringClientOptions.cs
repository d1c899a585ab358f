namespace Mooring.Client;

/// <summary>How a client behaves.</summary>
public sealed record MooringClientOptions
{
    /// <summary>Where Mooring is: the virtual IP, <c>host:port</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>
    /// A PEM file with the certificate of the CA that nodes' certificates are to be of: with it, and only then, connections are made by TLS, and no other
    /// CA is believed.
    /// </summary>
    public string? CaFile { get; init; }

    /// <summary>The token that is shown, where nodes ask for one; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// The nodes' own addresses, <c>host:port</c>, as far as they are known: while the virtual IP does not answer, they are asked what they can answer
    /// (everything but changes), and why it does not.
    /// </summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Told once, in one line, when a call has had no answer for <see cref="UnansweredAfter"/>, and why; null to be told nothing.</summary>
    public Action<string>? Unanswered { get; init; }

    /// <summary>When <see cref="Unanswered"/> is told: a failover is over by then.</summary>
    public TimeSpan UnansweredAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one call may take in all, failovers included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait for a connection: the address of a node that has died does not answer.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one request waits at the server for a result before it is asked again: bounds how long a stopped node is waited for.</summary>
    public TimeSpan WaitSlice { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How much longer than its wait one request may take.</summary>
    public TimeSpan AnswerMargin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The first pause between attempts; doubles up to <see cref="RetryPauseMax"/>, with full jitter.</summary>
    public TimeSpan RetryPauseMin { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause between attempts.</summary>
    public TimeSpan RetryPauseMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(MooringClientOptions)} {{ Endpoint = {Endpoint} }}";
}
