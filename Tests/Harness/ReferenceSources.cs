using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Mooring.Harness;

/// <summary>
/// C# sources with the public signatures of a library and no bodies, made from listings of its API ("namespace N", types at the margin,
/// members indented). They compile to an assembly that code can be compiled against where the library itself cannot be had.
/// </summary>
/// <remarks>
/// A listing does not show generic constraints, the values of constants, explicit implementations of interfaces, constructors that are not
/// public, and ToString. So constraints are not checked, constants have the value of their name, what an interface wants is implemented
/// explicitly where a listing is silent, every class has a constructor of its own for derived ones to call, and every type has text.
/// </remarks>
public sealed class ReferenceSources
{
    private const string Hidden = "global::ReferenceAssembly.Hidden";

    private static readonly Dictionary<string, string> Operators = new()
    {
        ["op_Equality"] = "==",
        ["op_Inequality"] = "!=",
        ["op_LessThan"] = "<",
        ["op_GreaterThan"] = ">",
        ["op_Addition"] = "+",
        ["op_Subtraction"] = "-",
        ["op_Division"] = "/",
    };

    private readonly List<ListedType> _all = [];
    private readonly List<string> _omitted = [];
    private TypeNames _names = new([]);

    /// <summary>What was left out because it mentions a type that is neither listed nor the platform's, a line each.</summary>
    public IReadOnlyList<string> Omitted => _omitted;

    /// <summary>How many types there are.</summary>
    public int Types => _all.Count;

    /// <summary>Reads a listing; all are read before the source is made.</summary>
    /// <param name="lines">Its lines.</param>
    public void Add(IEnumerable<string> lines)
    {
        var space = "";
        foreach (var line in lines.Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line.StartsWith("namespace ", StringComparison.Ordinal))
                space = line[10..];
            else if (line[0] == ' ')
                _all[^1].Lines.Add(line.Trim());
            else
                _all.Add(ListedType.Parse(space, line));
        }
    }

    /// <summary>The source of everything that was read.</summary>
    /// <returns>C#, without usings.</returns>
    public string Write()
    {
        _names = new(_all);
        foreach (var type in _all)
        {
            foreach (var text in type.BaseTexts)
            {
                if (Known(() => _names.Find(text, type, Own(type)), $"{type.FullName} : {text}") is { } name)
                    type.Bases.Add(name);
            }
            foreach (var line in type.Kind == "enum" ? [] : type.Lines)
            {
                if (Known(() => MemberOf(type, line, Own(type)), $"{type.FullName}: {line}") is { } member)
                    type.Members.Add(member);
            }
        }
        var source = new StringBuilder("namespace ReferenceAssembly { internal enum Hidden { } }\n");
        foreach (var space in _all.Where(t => t.Outer.Length == 0).GroupBy(t => t.Namespace))
        {
            source.Append($"namespace {space.Key}\n{{\n");
            foreach (var type in space)
                Write(source, type);
            source.Append("}\n");
        }
        return source.ToString();
    }

    private void Write(StringBuilder source, ListedType type)
    {
        if (type.Kind == "delegate")
        {
            foreach (var signature in type.Members)
                source.Append($"public delegate {signature.Type} {type.Name}({Text(signature.Parameters)});\n");
            return;
        }
        var bases = string.Join(", ", type.Bases.Select(b => b.Text));
        source.Append($"public {type.Kind} {type.Name}{(bases.Length > 0 ? " : " : "")}{bases}\n{{\n");
        if (type.Kind == "enum")
            source.Append(string.Join(", ", type.Lines));
        if (type.IsClass)
            source.Append($"internal {type.Identifier}({Hidden} _){(type.BaseClass?.Listed is null ? "" : " : base(_)")} {{ }}\n");
        if (type.IsClass || type.Kind == "struct")
            source.Append("public override string ToString() => throw null!;\n");
        foreach (var member in type.Members)
            source.Append(Text(member, type)).Append('\n');
        foreach (var member in type.IsClass || type.Kind == "struct" ? Unimplemented(type) : [])
            source.Append(member).Append('\n');
        foreach (var nested in _all.Where(t => t.Namespace == type.Namespace && t.Outer == type.Key))
            Write(source, nested);
        source.Append("}\n");
    }

    private string Text(ListedMember member, ListedType type)
    {
        var isInterface = type.Kind == "interface";
        var modifier = isInterface ? "" : Modifier(member, type);
        var head = isInterface ? "" : $"{member.Access} {modifier} ";
        var (parameters, bodiless) = (Text(member.Parameters), isInterface || modifier == "abstract");
        var body = bodiless ? ";" : " => throw null!;";
        var constant = member.Type == "string" ? $"\"{member.Name}\"" : "0";
        return member.Kind switch
        {
            MemberKind.Constructor when type.BaseClass?.Listed is null => $"{member.Access} {type.Identifier}({parameters}) => throw null!;",
            MemberKind.Constructor => $"{member.Access} {type.Identifier}({parameters}) : base(default({Hidden})) => throw null!;",
            MemberKind.Field => $"{head}{member.Type} {member.Name}{(modifier == "const" ? $" = {constant}" : "")};",
            MemberKind.Event => $"{head}event {member.Type} {member.Name}{(bodiless ? ";" : " { add { } remove { } }")}",
            MemberKind.Property => $"{head}{member.Type} {Indexed(member)} {{ {(bodiless ? member.Accessors : Throwing(member.Accessors))} }}",
            _ when Operators.TryGetValue(member.Name, out var sign) => $"{head}{member.Type} operator {sign}({parameters}){body}",
            _ when member.Name == "op_Implicit" => $"{head}implicit operator {member.Type}({parameters}){body}",
            _ when member.Name == "op_Explicit" => $"{head}explicit operator {member.Type}({parameters}){body}",
            _ => $"{head}{member.Type} {member.Name}{Generic(member)}({parameters}){body}",
        };
    }

    // An override that is sealed is listed without any word; one of a member that is not listed stands for it.
    private string Modifier(ListedMember member, ListedType type) => member.Modifier switch
    {
        "" when Overrides(member, type.BaseClass) => "sealed override",
        "override" when !Overrides(member, type.BaseClass) => type.Kind == "sealed class" ? "" : "virtual",
        var modifier => modifier,
    };

    private bool Overrides(ListedMember member, TypeName? ancestor)
    {
        if (ancestor is null || member.Kind is not (MemberKind.Method or MemberKind.Property))
            return false;
        if (ancestor.Listed is null)
        {
            const BindingFlags any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
            return member.Modifier == "override" && ancestor.Platform?.GetMember(member.Name, any).Length is null or > 0;
        }
        return MembersOf(ancestor).FirstOrDefault(m => m.Signature == member.Signature) is { } same
            ? same.Modifier is "virtual" or "abstract" or "override"
            : Overrides(member, BaseOf(ancestor));
    }

    // What a type's interfaces want and neither it nor its base classes show.
    private IEnumerable<string> Unimplemented(ListedType type)
    {
        var own = type.Members.AsEnumerable();
        var inherited = new HashSet<string>();
        for (var ancestor = type.BaseClass; ancestor?.Listed is not null; ancestor = BaseOf(ancestor))
        {
            own = own.Concat(MembersOf(ancestor));
            inherited.UnionWith(Interfaces(ancestor).Select(i => i.Text));
        }
        var shown = own.Where(m => m is { Access: "public", Modifier: not "static" }).Select(m => (m.Type, m.Signature)).ToHashSet();
        var contracts = type.Bases.Where(b => b.IsInterface).SelectMany(b => Interfaces(b).Prepend(b)).DistinctBy(b => b.Text);
        foreach (var contract in contracts.Where(b => !inherited.Contains(b.Text)))
        {
            foreach (var m in MembersOf(contract).Where(m => !shown.Contains((m.Type, m.Signature))))
            {
                var parameters = Text(m.Parameters.Select(p => p with { Default = "" }));
                yield return m.Kind switch
                {
                    MemberKind.Property => $"{m.Type} {contract.Text}.{Indexed(m)} {{ {Throwing(m.Accessors)} }}",
                    MemberKind.Event => $"event {m.Type} {contract.Text}.{m.Name} {{ add {{ }} remove {{ }} }}",
                    _ => $"{m.Type} {contract.Text}.{m.Name}{Generic(m)}({parameters}) => throw null!;",
                };
            }
        }
    }

    private IEnumerable<TypeName> Interfaces(TypeName of) => of.Listed is { } listed
        ? listed.Bases.Select(b => Rebase(b, of)).SelectMany(b => b.IsInterface ? Interfaces(b).Prepend(b) : Interfaces(b))
        : of.Platform?.GetInterfaces().Select(of.Mentioned) ?? [];

    private TypeName? BaseOf(TypeName type) => type.Listed!.BaseClass is { } ancestor ? Rebase(ancestor, type) : null;

    // The base of a generic type, in terms of the arguments that it has been given.
    private TypeName Rebase(TypeName ancestor, TypeName type) => _names.Find(ancestor.Source, type.Listed!, type.Scope);

    private IEnumerable<ListedMember> MembersOf(TypeName type)
    {
        if (type.Listed is { } listed)
        {
            return listed.Lines.Select(line => Known(() => MemberOf(listed, line, type.Scope), null)).OfType<ListedMember>()
                .Where(m => m.Kind != MemberKind.Constructor);
        }
        var members = type.Platform?.GetMembers(BindingFlags.Instance | BindingFlags.Public) ?? [];
        return members.Where(m => m is MethodInfo { IsSpecialName: false } or PropertyInfo).Select(m => MemberOf(type, m));
    }

    private ListedMember MemberOf(ListedType type, string line, Dictionary<string, string> scope) => ListedMember.Parse(line, (text, generics) =>
    {
        var inner = scope.Where(s => !generics.Contains(s.Key)).Concat(generics.Select(Self));
        return _names.Find(text, type, generics.Length == 0 ? scope : new(inner)).Text;
    });

    private static ListedMember MemberOf(TypeName type, MemberInfo member)
    {
        List<ListedParameter> Parameters(ParameterInfo[] of) =>
            [.. of.Select(p => new ListedParameter("", type.Mentioned(p.ParameterType).Text, p.Name!, ""))];
        if (member is MethodInfo method)
        {
            var returns = type.Mentioned(method.ReturnType).Text;
            return new("public", "", MemberKind.Method, returns, method.Name, [], Parameters(method.GetParameters()), "");
        }
        var property = (PropertyInfo)member;
        var index = Parameters(property.GetIndexParameters());
        var (name, accessors) = (index.Count > 0 ? "this" : property.Name, property.CanWrite ? "get; set;" : "get;");
        return new("public", "", MemberKind.Property, type.Mentioned(property.PropertyType).Text, name, [], index, accessors);
    }

    private T? Known<T>(Func<T> find, string? what)
        where T : class
    {
        try
        {
            return find();
        }
        catch (UnknownTypeException e)
        {
            if (what is not null)
                _omitted.Add($"{what} ({e.Message})");
            return null;
        }
    }

    private static Dictionary<string, string> Own(ListedType type) => new(type.Parameters.Select(Self));

    private static KeyValuePair<string, string> Self(string parameter) => new(parameter, parameter);

    private static string Text(IEnumerable<ListedParameter> parameters) =>
        string.Join(", ", parameters.Select(p => $"{p.Prefix}{p.Type} @{p.Name}{Default(p)}"));

    private static string Default(ListedParameter p) => p.Default switch
    {
        "" => "",
        _ when char.IsAsciiLetterUpper(p.Default[0]) => $" = {p.Type}.{p.Default}",
        _ => $" = {p.Default}",
    };

    private static string Generic(ListedMember m) => m.Generics.Length == 0 ? "" : $"<{string.Join(", ", m.Generics)}>";

    private static string Indexed(ListedMember m) => m.Name == "this" ? $"this[{Text(m.Parameters)}]" : m.Name;

    private static string Throwing(string accessors) => Regex.Replace(accessors, "(get|set|init);", "$1 => throw null!;");
}
