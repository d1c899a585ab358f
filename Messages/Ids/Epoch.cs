using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>The number of an ownership. Each new owner of a lease gets a higher one; 0 is before any owner.</summary>
/// <param name="Value">Rises by at least one with each new owner.</param>
[JsonConverter(typeof(TextJsonConverter<Epoch>))]
public readonly record struct Epoch(long Value) : IComparable<Epoch>, ITextId<Epoch>
{
    /// <summary>The epoch after this one.</summary>
    public Epoch Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public static Epoch FromText(string text) => new(long.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
}
