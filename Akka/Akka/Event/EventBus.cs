using System.Collections.Concurrent;

namespace Akka.Event;

/// <summary>
/// Publishes events to subscribers of their classifier or of one above it. Publishing takes no lock: who gets a class of
/// events is worked out once and forgotten when a subscription changes.
/// </summary>
public abstract class EventBus<TEvent, TClassifier, TSubscriber>
    where TEvent : notnull
    where TClassifier : notnull
    where TSubscriber : notnull
{
    private readonly Dictionary<TClassifier, List<Subscription<TSubscriber, TClassifier>>> _subscriptions = [];
    private readonly Lock _gate = new();
    private volatile ConcurrentDictionary<TClassifier, TSubscriber[]> _receivers = new();

    public virtual bool Subscribe(TSubscriber subscriber, TClassifier classifier)
    {
        lock (_gate)
        {
            if (!_subscriptions.TryGetValue(classifier, out var list)) _subscriptions[classifier] = list = [];
            if (list.Exists(s => s.Subscriber.Equals(subscriber))) return false;
            list.Add(new Subscription<TSubscriber, TClassifier>(subscriber));
            _receivers = new ConcurrentDictionary<TClassifier, TSubscriber[]>();
            return true;
        }
    }

    public virtual bool Unsubscribe(TSubscriber subscriber)
    {
        lock (_gate)
        {
            var removed = 0;
            foreach (var list in _subscriptions.Values) removed += list.RemoveAll(s => s.Subscriber.Equals(subscriber));
            if (removed > 0) _receivers = new ConcurrentDictionary<TClassifier, TSubscriber[]>();
            return removed > 0;
        }
    }

    public virtual bool Unsubscribe(TSubscriber subscriber, TClassifier classifier)
    {
        lock (_gate)
        {
            var changed = _subscriptions.TryGetValue(classifier, out var list)
                && list.RemoveAll(s => s.Subscriber.Equals(subscriber)) > 0;
            // a subscription above this classifier stays, without this part
            foreach (var (above, subscriptions) in _subscriptions)
            {
                if (above.Equals(classifier) || !IsSubClassification(above, classifier)) continue;
                foreach (var subscription in subscriptions)
                {
                    if (subscription.Subscriber.Equals(subscriber)) changed |= subscription.Unsubscriptions.Add(classifier);
                }
            }

            if (changed) _receivers = new ConcurrentDictionary<TClassifier, TSubscriber[]>();
            return changed;
        }
    }

    public virtual void Publish(TEvent @event)
    {
        var classifier = GetClassifier(@event);
        if (!_receivers.TryGetValue(classifier, out var receivers)) receivers = FindReceivers(classifier);
        foreach (var receiver in receivers) Publish(@event, receiver);
    }

    protected string SimpleName(object source) => SimpleName(source.GetType());

    protected string SimpleName(Type source) => source.Name;

    protected abstract bool IsSubClassification(TClassifier parent, TClassifier child);

    protected abstract void Publish(TEvent @event, TSubscriber subscriber);

    protected abstract bool Classify(TEvent @event, TClassifier classifier);

    protected abstract TClassifier GetClassifier(TEvent @event);

    internal bool HasSubscriptions(TSubscriber subscriber)
    {
        lock (_gate) return _subscriptions.Values.Any(list => list.Exists(s => s.Subscriber.Equals(subscriber)));
    }

    private TSubscriber[] FindReceivers(TClassifier classifier)
    {
        lock (_gate)
        {
            return _receivers[classifier] = _subscriptions
                .Where(entry => IsSubClassification(entry.Key, classifier))
                .SelectMany(entry => entry.Value)
                .Where(s => !s.Unsubscriptions.Any(excluded => IsSubClassification(excluded, classifier)))
                .Select(s => s.Subscriber)
                .Distinct()
                .ToArray();
        }
    }
}

/// <summary>A subscriber, and the parts of what it subscribed to that it does not want.</summary>
public class Subscription<TSubscriber, TClassifier>
{
    public Subscription(TSubscriber subscriber, IEnumerable<TClassifier> unsubscriptions)
    {
        Subscriber = subscriber;
        Unsubscriptions = new HashSet<TClassifier>(unsubscriptions);
    }

    public Subscription(TSubscriber subscriber) : this(subscriber, [])
    {
    }

    public TSubscriber Subscriber { get; }

    public ISet<TClassifier> Unsubscriptions { get; }
}
