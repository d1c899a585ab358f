using Akka.Actor;
using Akka.Event;
using Akka.Persistence.Serialization;

namespace Akka.Persistence;

/// <summary>State of at-least-once delivery, to be stored in a snapshot.</summary>
public sealed class AtLeastOnceDeliverySnapshot : IMessage, IEquatable<AtLeastOnceDeliverySnapshot>
{
    /// <summary>The delivery counter and what is unconfirmed.</summary>
    public AtLeastOnceDeliverySnapshot(long currentDeliveryId, UnconfirmedDelivery[] unconfirmedDeliveries)
    {
        CurrentDeliveryId = currentDeliveryId;
        UnconfirmedDeliveries = unconfirmedDeliveries ?? throw new ArgumentNullException(nameof(unconfirmedDeliveries));
    }

    /// <summary>Last delivery id given out.</summary>
    public long CurrentDeliveryId { get; }

    /// <summary>Deliveries without confirmation.</summary>
    public UnconfirmedDelivery[] UnconfirmedDeliveries { get; }

    /// <inheritdoc />
    public bool Equals(AtLeastOnceDeliverySnapshot? other) => other is not null
        && CurrentDeliveryId == other.CurrentDeliveryId
        && UnconfirmedDeliveries.SequenceEqual(other.UnconfirmedDeliveries);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as AtLeastOnceDeliverySnapshot);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(CurrentDeliveryId, UnconfirmedDeliveries.Length);
}

/// <summary>A delivery without confirmation.</summary>
public sealed record UnconfirmedDelivery
{
    /// <summary>Its id, where it goes and what it says.</summary>
    public UnconfirmedDelivery(long deliveryId, ActorPath destination, object message)
    {
        DeliveryId = deliveryId;
        Destination = destination;
        Message = message;
    }

    /// <summary>Id to confirm it with.</summary>
    public long DeliveryId { get; }

    /// <summary>Where it goes.</summary>
    public ActorPath Destination { get; }

    /// <summary>What it says.</summary>
    public object Message { get; }
}

/// <summary>Sent to the actor itself when deliveries stay unconfirmed after the configured number of attempts.</summary>
public sealed class UnconfirmedWarning : IEquatable<UnconfirmedWarning>
{
    /// <summary>Which ones.</summary>
    public UnconfirmedWarning(UnconfirmedDelivery[] unconfirmedDeliveries) =>
        UnconfirmedDeliveries = unconfirmedDeliveries ?? throw new ArgumentNullException(nameof(unconfirmedDeliveries));

    /// <summary>Deliveries without confirmation.</summary>
    public UnconfirmedDelivery[] UnconfirmedDeliveries { get; }

    /// <inheritdoc />
    public bool Equals(UnconfirmedWarning? other) => other is not null && UnconfirmedDeliveries.SequenceEqual(other.UnconfirmedDeliveries);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as UnconfirmedWarning);

    /// <inheritdoc />
    public override int GetHashCode() => UnconfirmedDeliveries.Length;
}

/// <summary>The bound of unconfirmed messages is reached.</summary>
public class MaxUnconfirmedMessagesExceededException : Exception
{
    /// <summary>Without text.</summary>
    public MaxUnconfirmedMessagesExceededException()
    {
    }

    /// <summary>With the text to show.</summary>
    public MaxUnconfirmedMessagesExceededException(string message)
        : base(message)
    {
    }

    /// <summary>With the text to show and what led to it.</summary>
    public MaxUnconfirmedMessagesExceededException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Sends messages again until they are confirmed. Used by the at-least-once delivery actors.</summary>
public class AtLeastOnceDeliverySemantic
{
    private readonly IActorContext _context;
    private readonly PersistenceSettings.AtLeastOnceDeliverySettings _settings;
    private readonly SortedDictionary<long, Delivery> _unconfirmed = [];
    private ICancelable? _redeliverTask;
    private long _deliverySequenceNr;

    /// <summary>For the actor with this context.</summary>
    public AtLeastOnceDeliverySemantic(IActorContext context, PersistenceSettings.AtLeastOnceDeliverySettings settings)
    {
        _context = context;
        _settings = settings;
    }

    /// <summary>Time between two attempts.</summary>
    public TimeSpan RedeliverInterval => _settings.RedeliverInterval;

    /// <summary>Bound of messages sent again in one round.</summary>
    public int RedeliveryBurstLimit => _settings.RedeliveryBurstLimit;

    /// <summary>Attempts after which the actor is warned.</summary>
    public int WarnAfterNumberOfUnconfirmedAttempts => _settings.WarnAfterNumberOfUnconfirmedAttempts;

    /// <summary>Bound of unconfirmed messages.</summary>
    public int MaxUnconfirmedMessages => _settings.MaxUnconfirmedMessages;

    /// <summary>Number of unconfirmed messages.</summary>
    public int UnconfirmedCount => _unconfirmed.Count;

    private DateTime Now => _context.System.Scheduler.Now.UtcDateTime;

    /// <summary>Sends a message, now or, while the actor recovers, when it has recovered and no confirmation was replayed.</summary>
    /// <exception cref="MaxUnconfirmedMessagesExceededException">The bound is reached.</exception>
    public void Deliver(ActorPath destination, Func<long, object> deliveryMessageMapper, bool isRecovering)
    {
        if (_unconfirmed.Count >= MaxUnconfirmedMessages)
            throw new MaxUnconfirmedMessagesExceededException($"{_context.Self} has too many unconfirmed messages. Maximum allowed is {MaxUnconfirmedMessages}");
        var deliveryId = ++_deliverySequenceNr;
        var message = deliveryMessageMapper(deliveryId);
        if (isRecovering)
            _unconfirmed[deliveryId] = new Delivery(destination, message, Now - RedeliverInterval, 0);
        else
            Send(deliveryId, new Delivery(destination, message, Now, 0));
    }

    /// <summary>Ends a delivery; false when it was confirmed before.</summary>
    public bool ConfirmDelivery(long deliveryId) => _unconfirmed.Remove(deliveryId);

    /// <summary>State for a snapshot.</summary>
    public AtLeastOnceDeliverySnapshot GetDeliverySnapshot() => new(
        _deliverySequenceNr,
        _unconfirmed.Select(e => new UnconfirmedDelivery(e.Key, e.Value.Destination, e.Value.Message)).ToArray());

    /// <summary>Takes the state of a snapshot.</summary>
    public void SetDeliverySnapshot(AtLeastOnceDeliverySnapshot snapshot)
    {
        _deliverySequenceNr = snapshot.CurrentDeliveryId;
        _unconfirmed.Clear();
        var overdue = Now - RedeliverInterval;
        foreach (var delivery in snapshot.UnconfirmedDeliveries)
            _unconfirmed[delivery.DeliveryId] = new Delivery(delivery.Destination, delivery.Message, overdue, 0);
    }

    /// <summary>Stops redelivery.</summary>
    public void Cancel()
    {
        _redeliverTask?.Cancel();
        _redeliverTask = null;
    }

    /// <summary>Recovery is over: sends what is unconfirmed and starts redelivery.</summary>
    public void OnReplaySuccess()
    {
        RedeliverOverdue();
        var interval = new TimeSpan(RedeliverInterval.Ticks / 2);
        _redeliverTask ??= _context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            interval, interval, _context.Self, RedeliveryTick.Instance, _context.Self);
    }

    /// <summary>Takes the redelivery tick; false for any other message.</summary>
    public bool AroundReceive(Receive receive, object message)
    {
        if (message is not RedeliveryTick)
            return false;
        RedeliverOverdue();
        return true;
    }

    private void Send(long deliveryId, Delivery delivery)
    {
        _context.ActorSelection(delivery.Destination).Tell(delivery.Message, _context.Self);
        _unconfirmed[deliveryId] = new Delivery(delivery.Destination, delivery.Message, Now, delivery.Attempt + 1);
    }

    private void RedeliverOverdue()
    {
        var deadline = Now - RedeliverInterval;
        var overdue = _unconfirmed.Where(e => e.Value.Timestamp <= deadline).Take(RedeliveryBurstLimit).ToArray();
        List<UnconfirmedDelivery>? warnings = null;
        foreach (var (deliveryId, delivery) in overdue)
        {
            Send(deliveryId, delivery);
            if (delivery.Attempt == WarnAfterNumberOfUnconfirmedAttempts)
                (warnings ??= []).Add(new UnconfirmedDelivery(deliveryId, delivery.Destination, delivery.Message));
        }

        if (warnings is not null)
            _context.Self.Tell(new UnconfirmedWarning([.. warnings]), _context.Self);
    }

    internal static ActorPath PathOf(ActorSelection destination)
    {
        if (destination.PathString.Contains('*'))
            throw new NotSupportedException(
                "Delivering to wildcard actor selections is not supported by AtLeastOnceDelivery. Introduce a mediator actor that receives the message, fans it out and confirms it.");
        return ActorPath.Parse($"{destination.Anchor.Path}/{destination.PathString.TrimStart('/')}");
    }

    /// <summary>A message on its way.</summary>
    public sealed record Delivery
    {
        /// <summary>Where it goes, what it says, when it was last sent, and how often.</summary>
        public Delivery(ActorPath destination, object message, DateTime timestamp, int attempt)
        {
            Destination = destination;
            Message = message;
            Timestamp = timestamp;
            Attempt = attempt;
        }

        /// <summary>How often it was sent.</summary>
        public int Attempt { get; }

        /// <summary>Where it goes.</summary>
        public ActorPath Destination { get; }

        /// <summary>What it says.</summary>
        public object Message { get; }

        /// <summary>When it was last sent (UTC).</summary>
        public DateTime Timestamp { get; }

        /// <summary>The same after one more attempt.</summary>
        public Delivery IncrementedCopy() => new(Destination, Message, Timestamp, Attempt + 1);
    }

    /// <summary>Time to look for overdue deliveries.</summary>
    public sealed class RedeliveryTick : INotInfluenceReceiveTimeout, IDeadLetterSuppression
    {
        private RedeliveryTick()
        {
        }

        /// <summary>The one instance.</summary>
        public static RedeliveryTick Instance { get; } = new();
    }
}
