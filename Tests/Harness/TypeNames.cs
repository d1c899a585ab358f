using System.Reflection;
using System.Text.RegularExpressions;

namespace Mooring.Harness;

/// <summary>A type in full, and what is known of it: that it is listed, or of the platform, or neither.</summary>
/// <param name="Text">As C# takes it anywhere.</param>
/// <param name="Listed">Its listing.</param>
/// <param name="Platform">The platform's type.</param>
/// <param name="Arguments">Its type arguments in full, those of the types around it first.</param>
/// <param name="Source">As it was written.</param>
internal sealed record TypeName(string Text, ListedType? Listed, Type? Platform, List<string> Arguments, string Source)
{
    public bool IsInterface => Listed is { Kind: "interface" } || Platform is { IsInterface: true };

    /// <summary>What a listed type's parameters stand for.</summary>
    public Dictionary<string, string> Scope => Listed!.Parameters.Zip(Arguments).ToDictionary(p => p.First, p => p.Second);

    /// <summary>A type of the platform that a member of this one mentions.</summary>
    /// <param name="type">The type.</param>
    /// <returns>Its name in full.</returns>
    public TypeName Mentioned(Type type)
    {
        if (type.IsGenericParameter)
            return new(Arguments[type.GenericParameterPosition], null, null, [], "");
        if (type.IsArray)
            return new(Mentioned(type.GetElementType()!).Text + "[]", null, type, [], "");
        if (Keyword(type) is { } word)
            return new(word, null, type, [], "");
        var arguments = type.GetGenericArguments().Select(a => Mentioned(a).Text).ToList();
        var name = Regex.Replace(type.IsGenericType ? type.GetGenericTypeDefinition().FullName! : type.FullName!, @"`\d", "").Replace('+', '.');
        return new($"global::{name}{(arguments.Count > 0 ? $"<{string.Join(", ", arguments)}>" : "")}", null, type, arguments, "");
    }

    private static string? Keyword(Type type) => type.IsEnum ? null : type switch
    {
        _ when type == typeof(object) => "object",
        _ when type == typeof(void) => "void",
        _ => Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "bool",
            TypeCode.Int32 => "int",
            TypeCode.Int64 => "long",
            TypeCode.String => "string",
            TypeCode.Double => "double",
            TypeCode.Byte => "byte",
            _ => null,
        },
    };
}

/// <summary>A type that is neither listed nor the platform's.</summary>
internal sealed class UnknownTypeException(string name) : Exception(name);

/// <summary>Finds the types that listings mention by their simple names.</summary>
internal sealed class TypeNames(IEnumerable<ListedType> listed)
{
    private static readonly string[] Keywords = ["void", "bool", "int", "long", "string", "object", "double", "byte"];

    private static readonly string[] PlatformSpaces =
    [
        "System", "System.Collections", "System.Collections.Concurrent", "System.Collections.Generic", "System.Collections.Immutable",
        "System.Diagnostics", "System.IO", "System.Linq.Expressions", "System.Net", "System.Net.Security", "System.Net.Sockets",
        "System.Reflection", "System.Runtime.CompilerServices", "System.Runtime.Serialization", "System.Security.Cryptography.X509Certificates",
        "System.Text", "System.Text.RegularExpressions", "System.Threading", "System.Threading.Channels", "System.Threading.Tasks", "System.Xml",
    ];

    // Types of other packages that can be had.
    private static readonly Dictionary<string, string> Packages = new()
    {
        ["ITestOutputHelper"] = "Xunit.Abstractions.ITestOutputHelper",
        ["FactAttribute"] = "Xunit.FactAttribute",
        ["TheoryAttribute"] = "Xunit.TheoryAttribute",
    };

    private readonly ILookup<string, Type> _platform = Platform();
    private readonly ILookup<string, ListedType> _listed = listed.ToLookup(t => t.Key);

    /// <summary>Finds a type.</summary>
    /// <param name="text">As the listing writes it.</param>
    /// <param name="within">The type whose listing mentions it.</param>
    /// <param name="scope">What the type parameters there stand for.</param>
    /// <returns>The type in full.</returns>
    /// <exception cref="UnknownTypeException">There is none of that name, or it cannot be told which is meant.</exception>
    public TypeName Find(string text, ListedType within, Dictionary<string, string> scope)
    {
        if (text.EndsWith("[]", StringComparison.Ordinal))
            return new(Find(text[..^2], within, scope).Text + "[]", null, typeof(Array), [], text);
        if (scope.TryGetValue(text, out var bound) || (bound = Keywords.FirstOrDefault(k => k == text)) is not null)
            return new(bound, null, null, [], text);
        var segments = Notation.Split(text, ".");
        var key = string.Join(".", segments.Select(Notation.Key));
        var arguments = segments.Select(s => Notation.Arguments(s).Select(a => Find(a, within, scope).Text).ToList()).ToList();
        var name = string.Join(".", segments.Zip(arguments, (s, a) => s.Split('<')[0] + (a.Count > 0 ? $"<{string.Join(", ", a)}>" : "")));
        // The nearest namespace outwards, as C# looks names up; then any other that is the only one.
        var listed = _listed[key].OrderByDescending(t => Encloses(t, within) ? t.Namespace.Length : 0).ToList();
        if (listed.Count == 1 || (listed.Count > 1 && Encloses(listed[0], within)))
            return new($"global::{listed[0].Namespace}.{name}", listed[0], null, [.. arguments.SelectMany(a => a)], text);
        if (_platform[key].FirstOrDefault() is { } platform)
            return new($"global::{platform.Namespace}.{name}", null, platform, [.. arguments.SelectMany(a => a)], text);
        if (Packages.TryGetValue(key, out var external))
            return new("global::" + external, null, null, [], text);
        throw new UnknownTypeException(listed.Count == 0 ? key : $"{key} is one of {string.Join(", ", listed.Select(t => t.FullName))}");
    }

    private static bool Encloses(ListedType type, ListedType within) =>
        $"{within.Namespace}.".StartsWith($"{type.Namespace}.", StringComparison.Ordinal);

    private static ILookup<string, Type> Platform()
    {
        var files = Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System.*.dll");
        return files.Select(f => Path.GetFileNameWithoutExtension(f)).Where(name => !name.EndsWith(".Native", StringComparison.Ordinal))
            .SelectMany(name => Assembly.Load(name).GetExportedTypes()).Where(t => PlatformSpaces.Contains(t.Namespace))
            .ToLookup(t => t.FullName![(t.Namespace!.Length + 1)..].Replace('+', '.'));
    }
}
