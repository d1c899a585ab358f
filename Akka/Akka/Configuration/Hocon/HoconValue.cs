using System.Globalization;

namespace Akka.Configuration.Hocon;

/// <summary>
/// What stands behind a key: one element, or several that make one text (<c>a ${b} c</c>), list or object.
/// </summary>
public class HoconValue : IMightBeAHoconObject
{
    private HoconObject? _merged;

    public HoconValue() : this([])
    {
    }

    public HoconValue(List<IHoconElement> values, bool adoptedFromFallback = true)
    {
        Values = values;
        AdoptedFromFallback = adoptedFromFallback;
    }

    public bool IsEmpty => Values.Count == 0 || Values is [HoconObject { Items.Count: 0 }];

    public List<IHoconElement> Values { get; }

    internal bool AdoptedFromFallback { get; }

    /// <summary>Where this value begins in the text; 0 when unknown.</summary>
    internal int Line { get; init; }

    /// <summary>What the key held before this value, which counts again when this one is made of unset optional substitutions.</summary>
    internal HoconValue? Overridden { get; set; }

    public Config ToConfig() => new(new HoconRoot(this));

    /// <summary>A configuration with this value at a key.</summary>
    public Config AtKey(string key)
    {
        var holder = new HoconObject();
        holder.Items[key] = this;
        var root = new HoconValue();
        root.AppendValue(holder);
        return root.ToConfig();
    }

    public HoconObject GetObject()
    {
        if (Values.Count == 1) return ObjectOf(Values[0])!;
        if (Values.Count == 0) return null!;
        if (_merged is not null) return _merged;

        HoconObject? merged = null;
        foreach (var element in Values)
        {
            if (ObjectOf(element) is not { } part) continue;
            merged ??= new HoconObject();
            merged.Merge(part);
        }

        return (_merged = merged)!;
    }

    public bool IsObject() => GetObject() is not null;

    public void AppendValue(IHoconElement value)
    {
        Values.Add(value);
        _merged = null;
    }

    public void Clear()
    {
        Values.Clear();
        _merged = null;
    }

    public void NewValue(IHoconElement value)
    {
        Clear();
        AppendValue(value);
    }

    public bool IsString()
    {
        foreach (var element in Values)
        {
            if (!element.IsString()) return false;
        }

        return Values.Count > 0;
    }

    public HoconValue GetChildObject(string key) => GetObject()?.GetKey(key)!;

    public string GetString()
    {
        if (Values.Count == 1)
        {
            return Values[0] switch
            {
                HoconLiteral { IsQuoted: false, Value: "null" } => null!,
                HoconLiteral literal => literal.Value,
                var element when element.IsString() => element.GetString(),
                _ => null!,
            };
        }

        return IsString() ? string.Concat(Values.Select(element => element.GetString())) : null!;
    }

    public bool GetBoolean()
    {
        var text = GetString();
        return text switch
        {
            "on" or "true" or "yes" => true,
            "off" or "false" or "no" => false,
            _ => throw new NotSupportedException($"Unknown boolean format: {text}"),
        };
    }

    public decimal GetDecimal() => decimal.Parse(Number(), NumberStyles.Number | NumberStyles.AllowExponent, NumberFormatInfo.InvariantInfo);

    public float GetFloat() => float.Parse(Number(), NumberFormatInfo.InvariantInfo);

    public double GetDouble() => double.Parse(Number(), NumberFormatInfo.InvariantInfo);

    public long GetLong()
    {
        var text = Number();
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.Parse(text.AsSpan(2), NumberStyles.HexNumber, NumberFormatInfo.InvariantInfo)
            : long.Parse(text, NumberFormatInfo.InvariantInfo);
    }

    public int GetInt() => checked((int)GetLong());

    public byte GetByte() => checked((byte)GetLong());

    public IList<byte> GetByteList() => Convert(static value => value.GetByte());

    public IList<int> GetIntList() => Convert(static value => value.GetInt());

    public IList<long> GetLongList() => Convert(static value => value.GetLong());

    public IList<bool> GetBooleanList() => Convert(static value => value.GetBoolean());

    public IList<float> GetFloatList() => Convert(static value => value.GetFloat());

    public IList<double> GetDoubleList() => Convert(static value => value.GetDouble());

    public IList<decimal> GetDecimalList() => Convert(static value => value.GetDecimal());

    public IList<string> GetStringList() => Convert(static value => value.GetString());

    public IList<HoconValue> GetArray()
    {
        if (Values.Count == 1) return Values[0].IsArray() ? Values[0].GetArray() : [];
        var all = new List<HoconValue>();
        foreach (var element in Values)
        {
            if (element.IsArray()) all.AddRange(element.GetArray());
        }

        return all;
    }

    public bool IsArray()
    {
        foreach (var element in Values)
        {
            if (element.IsArray()) return true;
        }

        return false;
    }

    public TimeSpan GetTimeSpan(bool allowInfinite = true) => HoconUnits.ParseTimeSpan(GetString(), allowInfinite);

    public long? GetByteSize() => HoconUnits.ParseByteSize(GetString());

    public override string ToString()
    {
        if (GetObject() is { } nested) return "{" + Environment.NewLine + nested + "}";
        if (IsArray()) return "[" + string.Join(",", GetArray()) + "]";
        if (!IsString()) return "";
        var text = GetString();
        if (text is null) return "null";
        return Values is [HoconLiteral { IsQuoted: false }] ? text : HoconPath.Escape(text);
    }

    /// <summary>The value at a path below this one, or null. Allocates nothing.</summary>
    internal HoconValue? Find(ReadOnlySpan<char> path)
    {
        var current = this;
        while (path.Length > 0)
        {
            var key = HoconPath.Next(ref path);
            if (current.GetObject()?.Find(key) is not { } child) return null;
            current = child;
        }

        return current;
    }

    private static HoconObject? ObjectOf(IHoconElement element) => element switch
    {
        HoconObject direct => direct,
        IMightBeAHoconObject indirect when indirect.IsObject() => indirect.GetObject(),
        _ => null,
    };

    private string Number() => GetString()?.Trim() ?? throw new FormatException("A number is expected.");

    private List<T> Convert<T>(Func<HoconValue, T> read)
    {
        var values = GetArray();
        var converted = new List<T>(values.Count);
        foreach (var value in values) converted.Add(read(value));
        return converted;
    }
}
