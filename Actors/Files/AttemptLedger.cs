using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Actors.Files;

/// <summary>
/// Keeps this true: <b>once a sending of a request has begun at this node, no earlier sending of it changes anything any more</b>, whether that one
/// still lies in a socket, writes its content, or waits for a commit. Otherwise a slow first sending could undo what was acknowledged after the second.
/// <para>
/// It need not survive the node: what waits in a process ends with it, and a writer elsewhere has a later epoch, which the earlier sending's token does
/// not permit. It need not know sendings for longer than the tokens of earlier ones hold. Thread-safe.
/// </para>
/// </summary>
/// <param name="clock">The time.</param>
internal sealed class AttemptLedger(TimeProvider clock)
{
    /// <summary>How far apart the clocks of the name nodes that sign may be.</summary>
    public static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly Queue<(DateTimeOffset End, Guid Request)> _ends = [];

    /// <summary>How many requests are known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Begins a sending and ends earlier ones of the same request.</summary>
    /// <param name="attempt">The sending.</param>
    /// <param name="tokenEnd">When its token ends; that of an earlier sending ends no later, but for <see cref="SkewMax"/>.</param>
    /// <param name="countMax">How many requests may be known for having been sent more than once.</param>
    /// <param name="cancellationToken">Ends it, too.</param>
    /// <returns>To be disposed at its end.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Cancelled"/> when a later sending has begun; <see cref="ErrorKind.PermissionDenied"/> when the token
    /// has ended; <see cref="ErrorKind.Overloaded"/>.</exception>
    public Running Begin(RequestAttempt attempt, DateTimeOffset tokenEnd, int countMax, CancellationToken cancellationToken)
    {
        Running? earlier;
        Running running;
        lock (_lock)
        {
            // Under the same lock as the forgetting: a sending whose token still holds finds what it must know.
            var now = clock.GetUtcNow();
            if (now >= tokenEnd)
                throw new BlockStoreException(ErrorKind.PermissionDenied, "the token has expired");
            Forget(now);
            var known = _entries.GetValueOrDefault(attempt.Request);
            // Of those who count by the time of day two may have the same number: one after the other is as good.
            if (known is not null && (known.Number > attempt.Number || (known.Number == attempt.Number && known.Running is not null)))
                throw new BlockStoreException(ErrorKind.Cancelled, $"sending {attempt.Number} of the request came after sending {known.Number}");
            if (attempt.Number > 1 && _ends.Count >= countMax)
                throw new BlockStoreException(ErrorKind.Overloaded, $"{countMax} requests were sent again of late");
            earlier = known?.Running;
            running = new Running(this, attempt, CancellationTokenSource.CreateLinkedTokenSource(cancellationToken));
            var entry = new Entry(attempt.Number, running, tokenEnd + SkewMax);
            _entries[attempt.Request] = entry;
            if (attempt.Number > 1)
                _ends.Enqueue((entry.KeptUntil, attempt.Request));
        }
        earlier?.Supersede();
        return running;
    }

    private void Forget(DateTimeOffset now)
    {
        while (_ends.TryPeek(out var first) && first.End <= now)
        {
            _ends.Dequeue();
            // One that was sent again since is kept for longer; one that still runs is forgotten at its end.
            if (_entries.TryGetValue(first.Request, out var entry) && entry.Running is null && entry.KeptUntil <= now)
                _entries.Remove(first.Request);
        }
    }

    private void End(Running running)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(running.Attempt.Request, out var entry) || entry.Running != running)
                return;
            // Before the first there is none.
            if (entry.Number == 1 || entry.KeptUntil <= clock.GetUtcNow())
                _entries.Remove(running.Attempt.Request);
            else
                _entries[running.Attempt.Request] = entry with { Running = null };
        }
    }

    private sealed record Entry(int Number, Running? Running, DateTimeOffset KeptUntil);

    /// <summary>A sending that runs.</summary>
    internal sealed class Running(AttemptLedger ledger, RequestAttempt attempt, CancellationTokenSource source) : IDisposable
    {
        public RequestAttempt Attempt => attempt;

        /// <summary>Cancelled when a later sending has begun. Whatever checks it at the moment of the change is safe.</summary>
        public CancellationToken Ended { get; } = source.Token;

        public void Supersede()
        {
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }
        }

        public void Dispose()
        {
            ledger.End(this);
            source.Dispose();
        }
    }
}
