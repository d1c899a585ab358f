using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Akka.Simulation;

/// <summary>
/// Looks types up by name once: an actor system asks for the same hundreds of them each time a part of its configuration is added, and that
/// is half of what starting one costs. For speed alone.
/// </summary>
public static class TypeCalls
{
    private static readonly ConcurrentDictionary<string, Type> Known = new();

    [Replaces("System.Type", "GetType")]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Type? GetType(string name) => Known.GetValueOrDefault(name) ?? Find(name, throwOnError: false, Assembly.GetCallingAssembly());

    [Replaces("System.Type", "GetType")]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Type? GetType(string name, bool throwOnError) =>
        Known.GetValueOrDefault(name) ?? Find(name, throwOnError, Assembly.GetCallingAssembly());

    // A name without an assembly means the caller's, or the runtime's.
    private static Type? Find(string name, bool throwOnError, Assembly caller)
    {
        if (!name.Contains(','))
            return caller.GetType(name) ?? Type.GetType(name, throwOnError);
        var found = Type.GetType(name, throwOnError);
        if (found is not null)
            Known[name] = found;
        return found;
    }
}
