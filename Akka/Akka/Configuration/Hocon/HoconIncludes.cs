namespace Akka.Configuration.Hocon;

/// <summary>Finds what an include statement names.</summary>
internal sealed class HoconIncludes
{
    private const int DepthMax = 32;

    private readonly Func<string, HoconRoot>? _callback;
    private readonly string? _directory;
    private readonly int _depth;

    public HoconIncludes(Func<string, HoconRoot>? callback, string? directory = null, int depth = 0)
    {
        _callback = callback;
        _directory = directory;
        _depth = depth;
    }

    /// <summary>The document, or null when it is optional and not there.</summary>
    public HoconDocument? Load(HoconIncludeKind kind, string name, bool required)
    {
        if (_depth >= DepthMax) throw new ConfigurationException($"Includes are nested deeper than {DepthMax}: does '{name}' include itself?");
        if (kind == HoconIncludeKind.Resource) return Missing(FromResource(name), "embedded resource", name, required);
        if (_callback is not null && kind == HoconIncludeKind.Any) return FromCallback(_callback(name));
        return Missing(FromFile(name), "file", name, required);
    }

    private static HoconDocument? Missing(HoconDocument? document, string what, string name, bool required) =>
        document is null && required ? throw new ConfigurationException($"The {what} '{name}' to include does not exist.") : document;

    private static HoconDocument? FromCallback(HoconRoot? root)
    {
        if (root is null) return null;
        var document = new HoconDocument();
        if (root.Value.GetObject() is { } fields) document.Fields.Merge(fields);
        return document;
    }

    private HoconDocument? FromFile(string name)
    {
        var path = Path.GetFullPath(name, _directory ?? Directory.GetCurrentDirectory());
        return File.Exists(path) ? Read(File.ReadAllText(path), Path.GetDirectoryName(path)) : null;
    }

    private HoconDocument? FromResource(string name)
    {
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (assembly.IsDynamic) continue;
            using var stream = assembly.GetManifestResourceStream(name);
            if (stream is null) continue;
            using var reader = new StreamReader(stream);
            return Read(reader.ReadToEnd(), _directory);
        }

        return null;
    }

    private HoconDocument Read(string text, string? directory)
    {
        var document = new HoconDocument();
        new HoconReader(text, document, new HoconIncludes(_callback, directory, _depth + 1)).ReadDocument();
        return document;
    }
}

/// <summary>Where an include statement wants its document from.</summary>
internal enum HoconIncludeKind
{
    Any,
    File,
    Resource,
}
