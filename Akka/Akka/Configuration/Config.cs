using Akka.Configuration.Hocon;

namespace Akka.Configuration;

/// <summary>
/// An immutable HOCON document and, behind it, the documents that answer for paths it does not have. Looking a number up
/// allocates nothing: paths are walked as spans and each fallback is asked in turn.
/// </summary>
public class Config
{
    public static readonly Config Empty = new(new HoconRoot(new HoconValue()));

    private readonly HoconRoot _root;

    public Config() : this(new HoconRoot(new HoconValue()))
    {
    }

    public Config(HoconRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        _root = root;
        Substitutions = root.Substitutions;
    }

    public Config(Config source, Config fallback)
    {
        ArgumentNullException.ThrowIfNull(source);
        _root = source._root;
        Substitutions = source.Substitutions;
        Fallback = fallback;
    }

    public Config Fallback { get; private set; } = null!;

    public virtual bool IsEmpty => Root.IsEmpty && (Fallback is null || Fallback.IsEmpty);

    public virtual HoconValue Root => _root.Value;

    public IEnumerable<HoconSubstitution> Substitutions { get; set; }

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);

    public static Config operator +(Config config, string fallback) => config.WithFallback(ConfigurationFactory.ParseString(fallback));

    public static Config operator +(string configHocon, Config fallbackConfig) =>
        ConfigurationFactory.ParseString(configHocon).WithFallback(fallbackConfig);

    public virtual bool GetBoolean(string path, bool @default = false) => Find(path) is { } value ? Convert(path, value, static v => v.GetBoolean()) : @default;

    public virtual long? GetByteSize(string path) => GetByteSize(path, null);

    public virtual long? GetByteSize(string path, long? def = null) => Find(path) is { } value ? Convert(path, value, static v => v.GetByteSize()) : def;

    public virtual int GetInt(string path, int @default = 0) => Find(path) is { } value ? Convert(path, value, static v => v.GetInt()) : @default;

    public virtual long GetLong(string path, long @default = 0) => Find(path) is { } value ? Convert(path, value, static v => v.GetLong()) : @default;

    public virtual string GetString(string path, string? @default = null) => (Find(path) is { } value ? value.GetString() : @default)!;

    public virtual float GetFloat(string path, float @default = 0) => Find(path) is { } value ? Convert(path, value, static v => v.GetFloat()) : @default;

    public virtual decimal GetDecimal(string path, decimal @default = 0) => Find(path) is { } value ? Convert(path, value, static v => v.GetDecimal()) : @default;

    public virtual double GetDouble(string path, double @default = 0) => Find(path) is { } value ? Convert(path, value, static v => v.GetDouble()) : @default;

    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true)
    {
        if (Find(path) is not { } value) return @default.GetValueOrDefault();
        return allowInfinite
            ? Convert(path, value, static v => v.GetTimeSpan(allowInfinite: true))
            : Convert(path, value, static v => v.GetTimeSpan(allowInfinite: false));
    }

    public virtual IList<bool> GetBooleanList(string path) => List(path, static v => v.GetBooleanList());

    public virtual IList<decimal> GetDecimalList(string path) => List(path, static v => v.GetDecimalList());

    public virtual IList<float> GetFloatList(string path) => List(path, static v => v.GetFloatList());

    public virtual IList<double> GetDoubleList(string path) => List(path, static v => v.GetDoubleList());

    public virtual IList<int> GetIntList(string path) => List(path, static v => v.GetIntList());

    public virtual IList<long> GetLongList(string path) => List(path, static v => v.GetLongList());

    public virtual IList<byte> GetByteList(string path) => List(path, static v => v.GetByteList());

    public virtual IList<string> GetStringList(string path) => List(path, static v => v.GetStringList());

    public virtual IList<string> GetStringList(string path, string[] defaultPaths) => Find(path) is { } value ? value.GetStringList() : defaultPaths;

    /// <summary>The object at the path, with its counterparts in the fallbacks behind it; null when nothing has it.</summary>
    public virtual Config GetConfig(string path)
    {
        Config? result = null;
        // from the last fallback to the front, so that each level has the rest behind it
        foreach (var level in Levels().Reverse())
        {
            if (level.Root.Find(path) is not { } value) continue;
            var root = new HoconRoot(value);
            result = result is null ? new Config(root) : new Config(new Config(root), result);
        }

        return result!;
    }

    public HoconValue GetValue(string path) => Find(path)!;

    public virtual bool HasPath(string path) => Find(path) is not null;

    public virtual Config WithFallback(Config fallback)
    {
        if (ReferenceEquals(fallback, this)) throw new ArgumentException("Config can not have itself as fallback", nameof(fallback));
        if (fallback is null || fallback.IsEmpty) return this;
        return IsEmpty ? fallback : Copy(fallback);
    }

    public virtual IEnumerable<KeyValuePair<string, HoconValue>> AsEnumerable()
    {
        var seen = new HashSet<string>();
        foreach (var level in Levels())
        {
            if (level.Root.GetObject() is not { } items) continue;
            foreach (var item in items.Items)
            {
                if (seen.Add(item.Key)) yield return item;
            }
        }
    }

    public override string ToString() => Root.ToString();

    /// <summary>This chain again, with <paramref name="fallback"/> behind its end.</summary>
    protected Config Copy(Config? fallback = null) =>
        new(_root) { Fallback = Fallback is null ? fallback! : Fallback.Copy(fallback), Substitutions = Substitutions };

    /// <summary>The whole chain as text, one document after the other.</summary>
    internal string ToStringWithFallbacks() => string.Join(Environment.NewLine, Levels().Select(level => level.Root.ToString()));

    private IEnumerable<Config> Levels()
    {
        for (var level = this; level is not null; level = level.Fallback) yield return level;
    }

    private HoconValue? Find(string path)
    {
        for (var level = this; level is not null; level = level.Fallback)
        {
            if (level.Root.Find(path) is { } value) return value;
        }

        return null;
    }

    private IList<T> List<T>(string path, Func<HoconValue, IList<T>> read) => Find(path) is { } value ? Convert(path, value, read) : [];

    private static T Convert<T>(string path, HoconValue value, Func<HoconValue, T> read)
    {
        try
        {
            return read(value);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path} = {value}: {e.Message}", e);
        }
        catch (OverflowException e)
        {
            throw new FormatException($"{path} = {value}: {e.Message}", e);
        }
    }
}
