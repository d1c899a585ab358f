using System.Collections.Immutable;

namespace Akka.Persistence.Journal;

/// <summary>What an event adapter makes of a stored event.</summary>
public interface IEventSequence
{
    /// <summary>The events in order.</summary>
    IEnumerable<object> Events { get; }
}

/// <summary>No event.</summary>
public interface IEmptyEventSequence : IEventSequence
{
}

/// <summary>No event.</summary>
public sealed class EmptyEventSequence : IEmptyEventSequence, IEquatable<IEventSequence>
{
    /// <summary>The one instance.</summary>
    public static readonly EmptyEventSequence Instance = new();

    private EmptyEventSequence()
    {
    }

    /// <inheritdoc />
    public IEnumerable<object> Events => [];

    /// <inheritdoc />
    public bool Equals(IEventSequence? other) => other is IEmptyEventSequence;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as IEventSequence);

    /// <inheritdoc />
    public override int GetHashCode() => 0;
}

/// <summary>Several events.</summary>
public class EventSequence<T> : IEventSequence, IEquatable<IEventSequence>
{
    /// <summary>The events in order.</summary>
    public EventSequence(IEnumerable<object> events) => Events = events.ToArray();

    /// <inheritdoc />
    public IEnumerable<object> Events { get; }

    /// <inheritdoc />
    public bool Equals(IEventSequence? other) => other is not null && Events.SequenceEqual(other.Events);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as IEventSequence);

    /// <inheritdoc />
    public override int GetHashCode() => Events.Aggregate(0, HashCode.Combine);
}

/// <summary>One event.</summary>
public readonly struct SingleEventSequence : IEventSequence, IEquatable<IEventSequence>
{
    private readonly object[] _events;

    /// <summary>The event.</summary>
    public SingleEventSequence(object e) => _events = [e];

    /// <inheritdoc />
    public IEnumerable<object> Events => _events;

    /// <inheritdoc />
    public bool Equals(IEventSequence? other) => other is not null && Events.SequenceEqual(other.Events);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as IEventSequence);

    /// <inheritdoc />
    public override int GetHashCode() => _events[0].GetHashCode();
}

/// <summary>Makes event sequences.</summary>
public static class EventSequence
{
    /// <summary>No event.</summary>
    public static IEventSequence Empty = EmptyEventSequence.Instance;

    /// <summary>One event.</summary>
    public static IEventSequence Single(object e) => new SingleEventSequence(e);

    /// <summary>Several events.</summary>
    public static IEventSequence Create(params object[] events) => new EventSequence<object>(events);

    /// <summary>Several events.</summary>
    public static IEventSequence Create(IEnumerable<object> events) => new EventSequence<object>(events);
}

/// <summary>An event with tags by which it can be found. Made by event adapters; journals store the payload and the tags.</summary>
public readonly struct Tagged
{
    /// <summary>An event and its tags.</summary>
    public Tagged(object payload, IEnumerable<string> tags)
        : this(payload, tags.ToImmutableHashSet())
    {
    }

    /// <summary>An event and its tags.</summary>
    public Tagged(object payload, IImmutableSet<string> tags)
    {
        Payload = payload;
        Tags = tags;
    }

    /// <summary>The event.</summary>
    public object Payload { get; }

    /// <summary>Its tags.</summary>
    public IImmutableSet<string> Tags { get; }
}
