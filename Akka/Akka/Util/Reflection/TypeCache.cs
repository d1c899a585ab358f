using System.Collections.Concurrent;

namespace Akka.Util.Reflection;

/// <summary>Looks types up by name and remembers them.</summary>
public static class TypeCache
{
    private static readonly ConcurrentDictionary<string, Type> Types = new();

    /// <summary>The type of that (assembly qualified) name; throws when there is none.</summary>
    public static Type GetType(string typeName) =>
        Types.GetOrAdd(typeName, static name => Type.GetType(name, throwOnError: true)!);
}
