namespace Akka.Configuration.Hocon;

/// <summary>A text: quoted, unquoted, number or the blanks between two of them.</summary>
public class HoconLiteral : IHoconElement
{
    public string Value { get; set; } = "";

    /// <summary>Quoted text is kept as it is; <c>null</c> is only special without quotes.</summary>
    internal bool IsQuoted { get; init; }

    /// <summary>Blanks between two substitutions, which only count when both are texts.</summary>
    internal bool IsBlank { get; init; }

    public bool IsString() => true;

    public string GetString() => Value;

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("This element is a string literal and not an array.");

    public override string ToString() => Value;
}
