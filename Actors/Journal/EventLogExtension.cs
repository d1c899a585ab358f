using Akka.Actor;
using Mooring.Storage;

namespace Mooring.Actors.Journal;

/// <summary>Where the store's journal and snapshot store of an actor system find their log. Registered by the host before anything is
/// persisted.</summary>
public sealed class EventLogExtension : IExtension
{
    private EventLogExtension(IEventLog log) => Log = log;

    /// <summary>The log.</summary>
    public IEventLog Log { get; }

    /// <summary>Gives an actor system its log.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="log">The log; stays the caller's to dispose of, after the system has ended.</param>
    public static void Register(ActorSystem system, IEventLog log) => system.RegisterExtension(new Id(log));

    /// <summary>The log of an actor system.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>Its log.</returns>
    /// <exception cref="InvalidOperationException">None was registered.</exception>
    public static IEventLog Get(ActorSystem system) => system.TryGetExtension<EventLogExtension>(out var extension)
        ? extension.Log
        : throw new InvalidOperationException("the journal on the block store needs an event log: call EventLogExtension.Register first");

    private sealed class Id(IEventLog log) : ExtensionIdProvider<EventLogExtension>
    {
        public override EventLogExtension CreateExtension(ExtendedActorSystem system) => new(log);
    }
}
