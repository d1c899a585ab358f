using System.Collections.Concurrent;
using System.Reflection;
using System.Text;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>Names of types without versions of assemblies, and types by such names.</summary>
internal static class TypeNames
{
    private static readonly ConcurrentDictionary<Type, string> s_names = new();

    /// <summary>"Namespace.Type, Assembly"; arguments of generic types likewise, in double brackets.</summary>
    public static string Of(Type type) => s_names.GetOrAdd(type, static type => Build(type) + ", " + type.Assembly.GetName().Name);

    private static string Build(Type type)
    {
        if (type.IsSZArray)
            return Build(type.GetElementType()!) + "[]";
        if (!type.IsGenericType || type.IsGenericTypeDefinition)
            return type.FullName!;
        var text = new StringBuilder(type.GetGenericTypeDefinition().FullName).Append('[');
        var separator = "";
        foreach (var argument in type.GetGenericArguments())
        {
            text.Append(separator).Append('[').Append(Of(argument)).Append(']');
            separator = ",";
        }

        return text.Append(']').ToString();
    }

    /// <summary>The type of that name, or nothing. Only assemblies of the program itself are looked at.</summary>
    public static Type? Find(string name) => Type.GetType(name, FindAssembly, null, throwOnError: false);

    private static Assembly? FindAssembly(AssemblyName name)
    {
        foreach (var loaded in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (string.Equals(loaded.GetName().Name, name.Name, StringComparison.Ordinal))
                return loaded;
        }

        try
        {
            return Assembly.Load(new AssemblyName(name.Name!));
        }
        catch (Exception cause) when (cause is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            // The program does not have it: the type is unknown, which the caller reports.
            return null;
        }
    }

    /// <summary>FNV-1a of a field's name; part of the format.</summary>
    public static uint Hash(string name)
    {
        var hash = 2166136261u;
        foreach (var next in name)
            hash = (hash ^ next) * 16777619u;
        return hash;
    }
}
