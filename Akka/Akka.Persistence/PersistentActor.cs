namespace Akka.Persistence;

/// <summary>A persistent actor whose behaviours are functions that say whether they handled a message.</summary>
public abstract class PersistentActor : Eventsourced
{
    /// <inheritdoc />
    protected override bool Receive(object message) => ReceiveCommand(message);
}
