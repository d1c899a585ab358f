using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Akka.Util;

/// <summary>Questions about types.</summary>
public static partial class TypeExtensions
{
    private static readonly ConcurrentDictionary<Type, string> QualifiedNames = new();

    public static bool Implements<T>(this Type type) => Implements(type, typeof(T));

    public static bool Implements(this Type type, Type moreGeneralType) => moreGeneralType.IsAssignableFrom(type);

    /// <summary>Type and assembly name without version, culture and key: what a manifest may carry between versions.</summary>
    public static string TypeQualifiedName(this Type type) =>
        QualifiedNames.GetOrAdd(type, static t => AssemblyDetails().Replace(t.AssemblyQualifiedName ?? t.ToString(), string.Empty));

    [GeneratedRegex(@", (Version|Culture|PublicKeyToken)=[^,\]]+", RegexOptions.CultureInvariant)]
    private static partial Regex AssemblyDetails();
}
