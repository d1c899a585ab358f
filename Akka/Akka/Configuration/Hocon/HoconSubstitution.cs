namespace Akka.Configuration.Hocon;

/// <summary><c>${path}</c> or <c>${?path}</c>: stands for the value at another path, or in the environment.</summary>
public class HoconSubstitution : IHoconElement, IMightBeAHoconObject
{
    protected HoconSubstitution() => Path = "";

    public HoconSubstitution(string path) => Path = path;

    public string Path { get; set; }

    /// <summary>What it stands for; null for an optional one that has no value.</summary>
    public HoconValue ResolvedValue { get; set; } = null!;

    internal bool IsOptional { get; init; }

    internal int Line { get; init; }

    /// <summary>For a reference to the key it stands in: what that key held before.</summary>
    internal HoconValue? Previous { get; set; }

    internal bool IsSelf { get; set; }

    /// <summary>Prefix of the place where the document with this substitution was included.</summary>
    internal string IncludedAt { get; set; } = "";

    public bool IsString() => ResolvedValue is { } value && value.IsString();

    public string GetString() => ResolvedValue?.GetString()!;

    public bool IsArray() => ResolvedValue is { } value && value.IsArray();

    public IList<HoconValue> GetArray() => ResolvedValue?.GetArray() ?? [];

    public bool IsObject() => ResolvedValue is { } value && value.IsObject();

    public HoconObject GetObject() => ResolvedValue?.GetObject()!;

    public override string ToString() => ResolvedValue is { } value ? value.ToString() : $"${{{(IsOptional ? "?" : "")}{Path}}}";
}
