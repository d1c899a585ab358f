using System.Diagnostics.CodeAnalysis;

namespace Akka.TestKit.Internal;

/// <summary>The messages that a probe received and the test has not taken yet. One test takes, any thread adds.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Probes have no Dispose; no wait handle is ever made.")]
internal sealed class TestMessageQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<MessageEnvelope> _messages = new();
    private readonly SemaphoreSlim _available = new(0);

    public int Count
    {
        get
        {
            lock (_gate) return _messages.Count;
        }
    }

    public void Add(MessageEnvelope envelope)
    {
        lock (_gate) _messages.Enqueue(envelope);
        _available.Release();
    }

    /// <summary>
    /// The first message, or null when there is none in time. With <paramref name="async"/> off it waits on the calling thread,
    /// so that the task is complete when it is returned.
    /// </summary>
    public async Task<MessageEnvelope?> Take(TimeSpan timeout, bool remove, bool async, CancellationToken cancellationToken)
    {
        var available = async
            ? await _available.WaitAsync(timeout, cancellationToken).ConfigureAwait(false)
            : _available.Wait(timeout, cancellationToken);
        if (!available) return null;
        if (!remove) _available.Release();
        lock (_gate) return remove ? _messages.Dequeue() : _messages.Peek();
    }

    public IReadOnlyList<MessageEnvelope> Snapshot()
    {
        lock (_gate) return _messages.ToArray();
    }
}
