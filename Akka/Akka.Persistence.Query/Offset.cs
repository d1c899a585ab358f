namespace Akka.Persistence.Query;

/// <summary>A place in a stream of events, from which it goes on.</summary>
public abstract class Offset : IComparable<Offset>
{
    /// <summary>From the beginning.</summary>
    public static Offset NoOffset() => Query.NoOffset.Instance;

    /// <summary>Behind the event with this number.</summary>
    public static Offset Sequence(long value) => new Sequence(value);

    /// <summary>Behind the event with this time-based id.</summary>
    public static Offset TimeBasedUuid(Guid value) => new TimeBasedUuid(value);

    /// <exception cref="InvalidOperationException">The other one is of another kind.</exception>
    public abstract int CompareTo(Offset? other);

    private protected InvalidOperationException CannotCompare(Offset? other) =>
        new($"Can't compare offset of type {GetType()} to offset of type {other?.GetType().ToString() ?? "null"}");
}

/// <summary>The number of an event in the order of its journal.</summary>
public sealed class Sequence : Offset, IComparable<Sequence>
{
    public Sequence(long value) => Value = value;

    public long Value { get; }

    public int CompareTo(Sequence? other) => other is null ? 1 : Value.CompareTo(other.Value);

    public override int CompareTo(Offset? other) => other is Sequence sequence ? CompareTo(sequence) : throw CannotCompare(other);

    public override bool Equals(object? obj) => obj is Sequence other && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode();

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The time-based id of an event.</summary>
public sealed class TimeBasedUuid : Offset, IComparable<TimeBasedUuid>
{
    public TimeBasedUuid(Guid value) => Value = value;

    public Guid Value { get; }

    public int CompareTo(TimeBasedUuid? other) => other is null ? 1 : Value.CompareTo(other.Value);

    public override int CompareTo(Offset? other) => other is TimeBasedUuid uuid ? CompareTo(uuid) : throw CannotCompare(other);

    public override bool Equals(object? obj) => obj is TimeBasedUuid other && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode();

    public override string ToString() => Value.ToString();
}

/// <summary>The beginning.</summary>
public sealed class NoOffset : Offset
{
    private NoOffset()
    {
    }

    public static NoOffset Instance { get; } = new();

    public override int CompareTo(Offset? other) => other is NoOffset ? 0 : throw CannotCompare(other);

    public override string ToString() => "0";
}
