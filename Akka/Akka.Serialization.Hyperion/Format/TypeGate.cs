using System.Runtime.Serialization;
using System.Text.RegularExpressions;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>
/// Says which types may be written and read. Types of the platform have to be in the set that is known to be plain data; types of the
/// program have to be data too (no delegates, pointers or open generics) and on the list of allowed types when there is one.
/// </summary>
internal sealed class TypeGate
{
    private readonly bool _platformDataOnly;
    private readonly HashSet<string> _allowedNames = new(StringComparer.Ordinal);
    private readonly List<string> _allowedPrefixes = [];
    private readonly bool _everyProgramType;

    public TypeGate(bool disallowUnsafeType, IEnumerable<string> allowedTypes)
    {
        _platformDataOnly = disallowUnsafeType;
        foreach (var entry in allowedTypes)
        {
            if (entry.EndsWith('*'))
                _allowedPrefixes.Add(entry[..^1]);
            else
                _allowedNames.Add(Regex.Replace(entry, @"\s*,\s*", ", "));
        }

        _everyProgramType = _allowedNames.Count == 0 && _allowedPrefixes.Count == 0;
    }

    /// <summary>Throws when objects of the type may not be made.</summary>
    public void Check(Type type)
    {
        if (Refusal(type) is { } reason)
            throw new SerializationException($"Type {TypeNames.Of(type)} is not allowed: {reason}");
    }

    private string? Refusal(Type type)
    {
        if (type.IsSZArray)
            return RefusalOfArgument(type.GetElementType()!);
        if (type.IsArray)
            return "arrays have one dimension";
        if (type.IsPointer || type.IsByRef || type.IsByRefLike || type.IsFunctionPointer || type.ContainsGenericParameters)
            return "it is no data type";
        if (typeof(Delegate).IsAssignableFrom(type) || typeof(System.Reflection.MemberInfo).IsAssignableFrom(type))
            return "it is code, not data";
        if (type.IsGenericType)
        {
            foreach (var argument in type.GetGenericArguments())
            {
                if (RefusalOfArgument(argument) is { } reason)
                    return reason;
            }
        }

        return IsPlatform(type) ? RefusalOfPlatformType(type) : RefusalOfProgramType(type);
    }

    // What stands between brackets is only a slot: interfaces and object are fine there, what fills them is checked by itself.
    private string? RefusalOfArgument(Type type) =>
        type.IsInterface || type.IsAbstract || type == typeof(object) ? null : Refusal(type);

    private string? RefusalOfPlatformType(Type type)
    {
        if (!_platformDataOnly || PlatformTypes.IsData(type))
            return null;
        return "it is a platform type outside the set of plain data";
    }

    private string? RefusalOfProgramType(Type type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            if (IsPlatform(ancestor) && !PlatformTypes.IsData(ancestor) && ancestor != typeof(object) && ancestor != typeof(ValueType) && ancestor != typeof(Enum))
                return $"it derives from {ancestor}";
        }

        return _everyProgramType || IsEngine(type) || IsListed(type) ? null : "it is not in allowed-types";
    }

    private bool IsListed(Type type)
    {
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        var name = TypeNames.Of(definition);
        return _allowedNames.Contains(name) || _allowedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
    }

    internal static bool IsPlatform(Type type)
    {
        var assembly = type.Assembly.GetName().Name!;
        return assembly.StartsWith("System.", StringComparison.Ordinal)
            || assembly is "System" or "mscorlib" or "netstandard"
            || assembly.StartsWith("Microsoft.", StringComparison.Ordinal);
    }

    private static bool IsEngine(Type type)
    {
        var assembly = type.Assembly.GetName().Name!;
        return assembly == "Akka" || assembly.StartsWith("Akka.", StringComparison.Ordinal);
    }
}
