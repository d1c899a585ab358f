using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Mooring.StorageNode.Configuration;

/// <summary>Finds keys of <c>mooring { }</c> that akka.hocon does not name: a mistyped key must not be passed over in silence.</summary>
internal static class ConfigurationCheck
{
    /// <summary>The first unknown key, or null.</summary>
    /// <param name="given">What the operator gave.</param>
    /// <param name="known">The commented default.</param>
    /// <returns>The key with its path, or null.</returns>
    public static string? UnknownKey(Config given, Config known) =>
        UnknownKey(given.GetValue("mooring"), known.GetValue("mooring"), "mooring");

    private static string? UnknownKey(HoconValue? given, HoconValue? known, string path)
    {
        if (given is null || !given.IsObject())
            return null;
        if (known is null || !known.IsObject())
            return path;
        var names = known.GetObject().Items;
        foreach (var (name, value) in given.GetObject().Items)
        {
            var key = $"{path}.{name}";
            if (!names.TryGetValue(name, out var standard))
                return key;
            if (UnknownKey(value, standard, key) is { } unknown)
                return unknown;
        }
        return null;
    }
}
