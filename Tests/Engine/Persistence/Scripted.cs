using Akka.Actor;
using Akka.Persistence;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>A replayed message of a scripted actor.</summary>
public sealed record Recovered(object Message);

public sealed record PersistFailed(object Event, long SequenceNr, string Reason);

public sealed record PersistRejected(object Event, long SequenceNr, string Reason);

public sealed record RecoveryFailed(string Reason);

/// <summary>A persistent actor whose command handler is the test's, and which reports everything else to a probe.</summary>
public sealed class Scripted : ReceivePersistentActor
{
    private readonly IActorRef _probe;
    private readonly Recovery _recovery;

    public Scripted(string id, IActorRef probe, Action<Scripted, object> onCommand, Recovery recovery, Action<Scripted, object>? onRecover)
    {
        PersistenceId = id;
        _probe = probe;
        _recovery = recovery;
        RecoverAny(message =>
        {
            onRecover?.Invoke(this, message);
            Report(new Recovered(message));
        });
        CommandAny(message => onCommand(this, message));
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery => _recovery;

    public static Props Props(string id, IActorRef probe, Action<Scripted, object> onCommand, Recovery? recovery = null, Action<Scripted, object>? onRecover = null)
    {
        var from = recovery ?? Recovery.Default;
        return Akka.Actor.Props.Create(() => new Scripted(id, probe, onCommand, from, onRecover));
    }

    public void Report(object message) => _probe.Tell(message, Self);

    /// <summary>Persists and reports the event when it is stored.</summary>
    public void PersistAndReport(string data) => Persist(new TestEvent(data), e => Report(e));

    public void TellSelf(object message) => Self.Tell(message, ActorRefs.NoSender);

    public void Reply(object message) => Sender.Tell(message, Self);

    public new void RunTask(Func<Task> action) => base.RunTask(action);

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        Report(new PersistFailed(@event, sequenceNr, cause.Message));

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        Report(new PersistRejected(@event, sequenceNr, cause.Message));

    protected override void OnRecoveryFailure(Exception reason, object? message = null) => Report(new RecoveryFailed(reason.Message));
}
