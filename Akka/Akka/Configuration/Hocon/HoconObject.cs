using System.Text;

namespace Akka.Configuration.Hocon;

/// <summary>Keys and their values.</summary>
public class HoconObject : IHoconElement
{
    private readonly Dictionary<string, HoconValue>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public HoconObject() => _bySpan = Items.GetAlternateLookup<ReadOnlySpan<char>>();

    public Dictionary<string, HoconValue> Items { get; } = new(StringComparer.Ordinal);

    /// <summary>Nested dictionaries, lists and strings.</summary>
    public IDictionary<string, object> Unwrapped => Items.ToDictionary(item => item.Key, object (item) => Unwrap(item.Value));

    public bool IsString() => false;

    public string GetString() => throw new NotSupportedException("This element is an object and not a string.");

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("This element is an object and not an array.");

    public HoconValue GetKey(string key) => Items.GetValueOrDefault(key)!;

    public HoconValue GetOrCreateKey(string key)
    {
        if (Items.TryGetValue(key, out var value)) return value;
        return Items[key] = new HoconValue();
    }

    /// <summary>Takes over what the other object has; its values win, objects on both sides are merged.</summary>
    public void Merge(HoconObject other)
    {
        foreach (var (key, theirs) in other.Items)
        {
            if (Items.TryGetValue(key, out var mine) && mine.GetObject() is { } left && theirs.GetObject() is { } right)
            {
                var merged = new HoconObject();
                merged.Merge(left);
                merged.Merge(right);
                var value = new HoconValue();
                value.AppendValue(merged);
                Items[key] = value;
            }
            else
            {
                Items[key] = theirs;
            }
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text, 0);
        return text.ToString();
    }

    internal HoconValue? Find(ReadOnlySpan<char> key) => _bySpan.TryGetValue(key, out var value) ? value : null;

    internal void Write(StringBuilder text, int depth)
    {
        foreach (var (key, value) in Items)
        {
            text.Append(' ', depth * 2).Append(HoconPath.Quote(key)).Append(" : ");
            if (value.GetObject() is { } nested)
            {
                text.Append('{').AppendLine();
                nested.Write(text, depth + 1);
                text.Append(' ', depth * 2).Append('}').AppendLine();
            }
            else
            {
                text.Append(value).AppendLine();
            }
        }
    }

    private static object Unwrap(HoconValue value)
    {
        if (value.GetObject() is { } nested) return nested.Unwrapped;
        return value.IsArray() ? value.GetArray().Select(Unwrap).ToList() : value.GetString();
    }
}
