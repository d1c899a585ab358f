using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster.Tools.PublishSubscribe;

/// <summary>Marks the messages that travel between mediators.</summary>
public interface IDistributedPubSubMessage;

/// <summary>Registers an actor under its path for <see cref="Send"/> and <see cref="SendToAll"/>; it is removed when it stops.</summary>
public sealed record Put
{
    public Put(IActorRef @ref) => Ref = @ref;

    public IActorRef Ref { get; }
}

/// <summary>Takes back what <see cref="Put"/> registered on this node.</summary>
public sealed record Remove
{
    public Remove(string path) => Path = path;

    public string Path { get; }
}

/// <summary>Subscribes to a topic, alone or as one of a group of which one gets what is sent to each group.</summary>
public sealed record Subscribe
{
    /// <exception cref="ArgumentException">The topic is empty.</exception>
    public Subscribe(string topic, IActorRef @ref, string? group = null)
    {
        if (string.IsNullOrEmpty(topic)) throw new ArgumentException("topic must be defined", nameof(topic));
        Topic = topic;
        Ref = @ref;
        Group = group;
    }

    public string Topic { get; }

    public string? Group { get; }

    public IActorRef Ref { get; }
}

/// <summary>Ends what <see cref="Subscribe"/> with the same topic, reference and group began.</summary>
public sealed record Unsubscribe
{
    /// <exception cref="ArgumentException">The topic is empty.</exception>
    public Unsubscribe(string topic, IActorRef @ref, string? group = null)
    {
        if (string.IsNullOrEmpty(topic)) throw new ArgumentException("topic must be defined", nameof(topic));
        Topic = topic;
        Ref = @ref;
        Group = group;
    }

    public string Topic { get; }

    public string? Group { get; }

    public IActorRef Ref { get; }
}

/// <summary>What is published now is received.</summary>
public sealed record SubscribeAck : IDeadLetterSuppression
{
    public SubscribeAck(Subscribe subscribe) => Subscribe = subscribe;

    public Subscribe Subscribe { get; }
}

/// <summary>What is published from now on is not received any more.</summary>
public sealed record UnsubscribeAck
{
    public UnsubscribeAck(Unsubscribe unsubscribe) => Unsubscribe = unsubscribe;

    public Unsubscribe Unsubscribe { get; }
}

/// <summary>To all who subscribe to the topic, on all nodes; or to one of each group.</summary>
public sealed record Publish : IDistributedPubSubMessage, IWrappedMessage
{
    public Publish(string topic, object message, bool sendOneMessageToEachGroup = false)
    {
        Topic = topic;
        Message = message;
        SendOneMessageToEachGroup = sendOneMessageToEachGroup;
    }

    public string Topic { get; }

    public object Message { get; }

    public bool SendOneMessageToEachGroup { get; }
}

/// <summary>To one actor registered under the path.</summary>
public sealed record Send : IDistributedPubSubMessage, IWrappedMessage
{
    public Send(string path, object message, bool localAffinity = false)
    {
        Path = path;
        Message = message;
        LocalAffinity = localAffinity;
    }

    public string Path { get; }

    public object Message { get; }

    /// <summary>To the one on the same node, if there is one.</summary>
    public bool LocalAffinity { get; }
}

/// <summary>To all actors registered under the path, one on each node.</summary>
public sealed record SendToAll : IDistributedPubSubMessage, IWrappedMessage
{
    public SendToAll(string path, object message, bool excludeSelf = false)
    {
        Path = path;
        Message = message;
        ExcludeSelf = excludeSelf;
    }

    public string Path { get; }

    public object Message { get; }

    /// <summary>Not to the one on the same node.</summary>
    public bool ExcludeSelf { get; }
}

/// <summary>Asks for <see cref="CurrentTopics"/>.</summary>
public sealed class GetTopics
{
    private GetTopics()
    {
    }

    public static GetTopics Instance { get; } = new();
}

/// <summary>The topics that the asked mediator knows of, on all nodes.</summary>
public sealed class CurrentTopics : IEquatable<CurrentTopics>
{
    public CurrentTopics(IImmutableSet<string> topics) => Topics = topics;

    public IImmutableSet<string> Topics { get; }

    public bool Equals(CurrentTopics? other) => other is not null && Topics.SetEquals(other.Topics);

    public override bool Equals(object? obj) => Equals(obj as CurrentTopics);

    public override int GetHashCode() => Topics.Aggregate(0, (hash, topic) => hash ^ topic.GetHashCode(StringComparison.Ordinal));

    public override string ToString() => $"CurrentTopics<{string.Join(", ", Topics)}>";
}
