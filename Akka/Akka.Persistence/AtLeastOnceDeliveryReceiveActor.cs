using Akka.Actor;

namespace Akka.Persistence;

/// <summary>
/// A persistent actor, with handlers by message type, that sends messages again until they are confirmed.
/// State of unconfirmed deliveries is the actor's to keep: it persists events for sends and confirmations, or stores
/// <see cref="GetDeliverySnapshot"/> in its snapshots.
/// </summary>
public abstract class AtLeastOnceDeliveryReceiveActor : ReceivePersistentActor
{
    private readonly AtLeastOnceDeliverySemantic _semantic;

    /// <summary>With the configured settings.</summary>
    protected AtLeastOnceDeliveryReceiveActor() => _semantic = new AtLeastOnceDeliverySemantic(Context, Extension.Settings.AtLeastOnceDelivery);

    /// <summary>With these settings.</summary>
    protected AtLeastOnceDeliveryReceiveActor(PersistenceSettings.AtLeastOnceDeliverySettings settings) =>
        _semantic = new AtLeastOnceDeliverySemantic(Context, settings);

    /// <summary>With the configured settings, changed.</summary>
    protected AtLeastOnceDeliveryReceiveActor(
        Func<PersistenceSettings.AtLeastOnceDeliverySettings, PersistenceSettings.AtLeastOnceDeliverySettings> overrideSettings) =>
        _semantic = new AtLeastOnceDeliverySemantic(Context, overrideSettings(Extension.Settings.AtLeastOnceDelivery));

    /// <summary>Time between two attempts.</summary>
    public TimeSpan RedeliverInterval => _semantic.RedeliverInterval;

    /// <summary>Bound of messages sent again in one round.</summary>
    public int RedeliveryBurstLimit => _semantic.RedeliveryBurstLimit;

    /// <summary>Attempts after which the actor gets an <see cref="UnconfirmedWarning"/>.</summary>
    public int WarnAfterNumberOfUnconfirmedAttempts => _semantic.WarnAfterNumberOfUnconfirmedAttempts;

    /// <summary>Bound of unconfirmed messages.</summary>
    public int MaxUnconfirmedMessages => _semantic.MaxUnconfirmedMessages;

    /// <summary>Number of unconfirmed messages.</summary>
    public int UnconfirmedCount => _semantic.UnconfirmedCount;

    /// <inheritdoc />
    public override void AroundPreRestart(Exception cause, object? message)
    {
        _semantic.Cancel();
        base.AroundPreRestart(cause, message);
    }

    /// <inheritdoc />
    public override void AroundPostStop()
    {
        _semantic.Cancel();
        base.AroundPostStop();
    }

    /// <summary>Sends a message until it is confirmed; the mapper puts the delivery id into it.</summary>
    /// <exception cref="MaxUnconfirmedMessagesExceededException">Too many messages are unconfirmed.</exception>
    public void Deliver(ActorPath destination, Func<long, object> deliveryMessageMapper) =>
        _semantic.Deliver(destination, deliveryMessageMapper, IsRecovering);

    /// <summary>Sends a message until it is confirmed; the selection must not have wildcards.</summary>
    /// <exception cref="NotSupportedException">The selection has wildcards.</exception>
    public void Deliver(ActorSelection destination, Func<long, object> deliveryMessageMapper) =>
        _semantic.Deliver(AtLeastOnceDeliverySemantic.PathOf(destination), deliveryMessageMapper, IsRecovering);

    /// <summary>Ends a delivery; false when it was confirmed before.</summary>
    public bool ConfirmDelivery(long deliveryId) => _semantic.ConfirmDelivery(deliveryId);

    /// <summary>State of deliveries, to be stored in a snapshot.</summary>
    public AtLeastOnceDeliverySnapshot GetDeliverySnapshot() => _semantic.GetDeliverySnapshot();

    /// <summary>Takes the state that was stored in a snapshot.</summary>
    public void SetDeliverySnapshot(AtLeastOnceDeliverySnapshot snapshot) => _semantic.SetDeliverySnapshot(snapshot);

    /// <inheritdoc />
    protected override void OnReplaySuccess()
    {
        _semantic.OnReplaySuccess();
        base.OnReplaySuccess();
    }

    /// <inheritdoc />
    protected internal override bool AroundReceive(Receive receive, object message) =>
        _semantic.AroundReceive(receive, message) || base.AroundReceive(receive, message);
}
