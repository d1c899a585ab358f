namespace Mooring.Storage.Embedded;

/// <summary>How the embedded store works. Everything but the directory has a default that suits one machine.</summary>
public sealed record EmbeddedStoreOptions
{
    /// <summary>The largest image, in bytes (1 PiB). A file system with a lower bound for sparse files bounds images too.</summary>
    public const long ImageSizeMaxBytes = 1L << 50;

    /// <summary>Where the store lies; made when it is not there. All processes of one machine that name it share it. Not for network file systems.</summary>
    public required string Directory { get; init; }

    /// <summary>The pools; what another process made stays.</summary>
    public IReadOnlyList<string> Pools { get; init; } = ["rbd"];

    /// <summary>The namespaces besides the default ones, as <c>pool/namespace</c>.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>How long a call waits for another process that holds the database or a part of an image.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most that opening a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a fence waits for a fenced process to notice that it must stop writing, before it moves the image that is being written
    /// to a file of its own. A process that runs notices within one chunk.
    /// </summary>
    public TimeSpan FenceDrain { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Copies and writes go in steps of so many bytes; the fence and cancellation are looked at in between.</summary>
    public int ChunkBytes { get; init; } = 1 << 20;

    /// <summary>Copies go no faster than so many bytes a second each; 0 for no bound. So that a demonstration, or a laptop, stays usable.</summary>
    public long CopyBytesPerSecondMax { get; init; }

    /// <summary>At most so many calls wait for a slot of one connection; further ones get <see cref="Messages.ErrorKind.Overloaded"/>.</summary>
    public int QueueMax { get; init; } = 10_000;

    /// <summary>How much may wait for, and go out in, one transaction of the event log.</summary>
    public EventLogLimits EventLog { get; init; } = new();

    /// <summary>While this file exists every call of this process gets <see cref="Messages.ErrorKind.Unavailable"/>: how a demonstration cuts the link to the store (V7).</summary>
    public string? CutFile { get; init; }

    /// <summary>
    /// Told in one line what an operator should know of: a process that was stopped (SIGSTOP) in the middle of a transaction, so that nobody else
    /// could do anything, was ended.
    /// </summary>
    public Action<string>? Notice { get; init; }

    /// <summary>
    /// Told the name of each step at which a process may be killed or stopped with consequences, on the thread that takes it: <c>write-checked</c>,
    /// <c>file-entered</c>, <c>file-made</c>, <c>copy-entered</c>, <c>copy-checked</c>, <c>copy-flushed</c>, <c>shrink-entered</c>,
    /// <c>remove-entered</c>, <c>append-entered</c> (within the transaction). For tests that do so.
    /// </summary>
    public Action<string>? Step { get; init; }

    /// <summary>The clocks: the monotonic one bounds leases and must be the same for all processes, as the default is.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
