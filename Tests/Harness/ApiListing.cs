using System.Text.RegularExpressions;

namespace Mooring.Harness;

/// <summary>What a line of a listing of an API says about a member; types as they are written there, or resolved.</summary>
internal sealed record ListedMember(
    string Access, string Modifier, MemberKind Kind, string Type, string Name, string[] Generics, List<ListedParameter> Parameters, string Accessors)
{
    /// <summary>What tells the members of a type apart; parameters of generic methods by their position.</summary>
    public string Signature { get; } = $"{Name}`{Generics.Length}({string.Join(", ", Parameters.Select(p => Positional(p, Generics)))})";

    /// <summary>Reads a line.</summary>
    /// <param name="line">Such as <c>protected abstract bool Receive(object message)</c>.</param>
    /// <param name="resolve">Gives the full name of a type; the second argument holds the type parameters of the method.</param>
    /// <returns>The member.</returns>
    public static ListedMember Parse(string line, Func<string, string[], string> resolve)
    {
        var words = Regex.Match(line, "^((protected|static|virtual|override|abstract|readonly|const|event) )*").Value;
        var rest = line[words.Length..];
        var access = words.Contains("protected ") ? "protected" : "public";
        var modifier = words.Replace("protected ", "").Replace("event ", "").Trim();
        if (rest.StartsWith("new(", StringComparison.Ordinal))
            return new(access, "", MemberKind.Constructor, "", "", [], ParametersOf(rest[4..^1], [], resolve), "");
        var at = Notation.Find(rest, ' ');
        var (type, name) = (rest[..at], rest[(at + 1)..]);
        if (words.Contains("event "))
            return new(access, modifier, MemberKind.Event, resolve(type, []), name, [], [], "");
        if (name.IndexOf(" { ", StringComparison.Ordinal) is > 0 and var brace)
        {
            var index = name.StartsWith("this[", StringComparison.Ordinal) ? name[5..(brace - 1)] : "";
            var accessors = access == "protected" ? name[(brace + 3)..^2].Replace("protected ", "") : name[(brace + 3)..^2];
            name = index.Length > 0 ? "this" : name[..brace];
            return new(access, modifier, MemberKind.Property, resolve(type, []), name, [], ParametersOf(index, [], resolve), accessors);
        }
        var open = Notation.Find(name, '(');
        if (open < 0)
            return new(access, modifier, MemberKind.Field, resolve(type, []), name, [], [], "");
        var generics = Notation.Arguments(name[..open]);
        var parameters = ParametersOf(name[(open + 1)..^1], generics, resolve);
        return new(access, modifier, MemberKind.Method, resolve(type, generics), name[..open].Split('<')[0], generics, parameters, "");
    }

    private static List<ListedParameter> ParametersOf(string text, string[] generics, Func<string, string[], string> resolve) =>
    [
        .. Notation.Split(text, ", ").Select(p => Regex.Match(p, "^((?:this |params |out |ref )*)(.+?) (\\w+)(?: = (.*))?$").Groups)
            .Select(g => new ListedParameter(g[1].Value, resolve(g[2].Value, generics), g[3].Value, g[4].Value)),
    ];

    private static string Positional(ListedParameter parameter, string[] generics) =>
        (parameter.Prefix.Trim() is "ref" or "out" ? "&" : "")
        + generics.Index().Aggregate(parameter.Type, (text, g) => Regex.Replace(text, $@"\b{g.Item}\b", "!" + g.Index));
}

/// <summary>A parameter: <c>out</c> and the like before it, and its default value or nothing.</summary>
internal sealed record ListedParameter(string Prefix, string Type, string Name, string Default);

/// <summary>The kinds of members that listings have.</summary>
internal enum MemberKind { Constructor, Field, Property, Event, Method }

/// <summary>A type of a listing with the lines of its members.</summary>
internal sealed record ListedType(string Namespace, string Kind, string Path, string[] BaseTexts)
{
    public List<string> Lines { get; } = [];

    public List<ListedMember> Members { get; } = [];

    public List<TypeName> Bases { get; } = [];

    public string Name { get; } = Notation.Split(Path, ".")[^1];

    public string Identifier => Name.Split('<')[0];

    public string FullName => $"{Namespace}.{Path}";

    /// <summary>What <see cref="TypeNames"/> looks for: the path with numbers for type parameters.</summary>
    public string Key { get; } = KeyOf(Notation.Split(Path, "."));

    /// <summary>The key of the type around it, or nothing.</summary>
    public string Outer { get; } = KeyOf(Notation.Split(Path, ".")[..^1]);

    public string[] Parameters { get; } = [.. Notation.Split(Path, ".").SelectMany(Notation.Arguments)];

    public bool IsClass => Kind is "class" or "abstract class" or "sealed class";

    public TypeName? BaseClass => IsClass ? Bases.FirstOrDefault(b => !b.IsInterface) : null;

    /// <summary>Reads the line that begins a type.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="line">Such as <c>sealed class Address : ICloneable</c>.</param>
    /// <returns>The type; of a delegate, its signature is the only member.</returns>
    public static ListedType Parse(string space, string line)
    {
        if (line.StartsWith("delegate ", StringComparison.Ordinal))
        {
            var open = Notation.Find(line, '(');
            var start = Notation.Find(line[9..], ' ') + 10;
            return new ListedType(space, "delegate", line[start..open], []) { Lines = { $"{line[9..start]}Invoke{line[open..]}" } };
        }
        var m = Regex.Match(line, "^((?:static |abstract |sealed )?(?:class|interface|struct|enum)) (.+?)(?: : (.*))?$");
        return new ListedType(space, m.Groups[1].Value, m.Groups[2].Value, Notation.Split(m.Groups[3].Value, ", "));
    }

    private static string KeyOf(string[] path) => string.Join(".", path.Select(Notation.Key));
}

/// <summary>Finds and splits outside of the brackets of type arguments.</summary>
internal static class Notation
{
    public static int Find(string text, char sought)
    {
        for (var (i, depth) = (0, 0); i < text.Length; i++)
        {
            if (depth == 0 && text[i] == sought)
                return i;
            depth += text[i] switch { '<' => 1, '>' => -1, _ => 0 };
        }
        return -1;
    }

    public static string[] Split(string text, string by)
    {
        List<string> parts = [];
        for (int at; (at = Find(text, by[0])) >= 0; text = text[(at + by.Length)..])
            parts.Add(text[..at]);
        return text.Length > 0 ? [.. parts, text] : [.. parts];
    }

    public static string[] Arguments(string text) => text.IndexOf('<') is > 0 and var open ? Split(text[(open + 1)..^1], ", ") : [];

    public static string Key(string segment) => segment.Contains('<') ? $"{segment.Split('<')[0]}`{Arguments(segment).Length}" : segment;
}
