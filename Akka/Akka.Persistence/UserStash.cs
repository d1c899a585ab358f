using Akka.Actor;

namespace Akka.Persistence;

/// <summary>
/// The stash that a persistent actor sees. What it gives back goes in front of the commands that were held back while events were
/// persisted: those came later.
/// </summary>
internal sealed class UserStash(IStash stash, IStash internalStash) : IStash
{
    public int Count => stash.Count;

    public bool IsEmpty => stash.IsEmpty;

    public bool NonEmpty => stash.NonEmpty;

    public bool IsFull => stash.IsFull;

    public int Capacity => stash.Capacity;

    public void Stash() => stash.Stash();

    public void Unstash() => stash.Unstash();

    public void UnstashAll() => internalStash.Prepend(stash.ClearStash());

    public void UnstashAll(Func<Envelope, bool> predicate) => internalStash.Prepend(stash.ClearStash().Where(predicate));

    public IEnumerable<Envelope> ClearStash() => stash.ClearStash();

    public void Prepend(IEnumerable<Envelope> envelopes) => stash.Prepend(envelopes);
}
